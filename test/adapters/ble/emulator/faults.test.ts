import assert from "node:assert/strict";
import test from "node:test";
import { Controller } from "../../../../adapters/ble/emulator/controller.ts";
import { NOISE, SHORT_EVENTS } from "../../../../adapters/ble/emulator/garbled.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { HciHost, hex } from "../../../support/hci-host.ts";

const METER = "a4:c1:38:8f:19:e9";
/** Of the only characteristic: 1 … 5 are Generic Access, 6 is Generic Attribute. */
const READ = "0a0900";

async function connected() {
  const clock = new FakeClock();
  const controller = new Controller({}, { clock, random: fakeRandom() });
  const meter = controller.add({
    address: METER,
    advertising: { data: hex("020106"), interval: 100 },
    services: [
      {
        uuid: "180f",
        characteristics: [{ uuid: "2a19", properties: ["read", "write", "indicate"], value: hex("58") }],
      },
    ],
  });
  const host = new HciHost(controller);
  host.prepare();
  host.connect(METER);
  await clock.advance(100);
  host.events();
  return { clock, controller, meter, host };
}

test("a link that is lost is told with its reason", async () => {
  const { meter, host } = await connected();
  meter.drop();
  assert.equal(host.events()[0]?.parameters.toString("hex"), "00010008");
});

test("answers are lost: as many as asked for, or all", async () => {
  const { meter, host } = await connected();
  meter.faults = { mute: 1 };
  assert.deepEqual(host.att(1, READ), []);
  assert.deepEqual(host.att(1, READ), ["0b58"]);
  meter.faults = { mute: true };
  assert.deepEqual(host.att(1, "12090001"), []);
  assert.deepEqual(host.att(1, READ), []);
  meter.faults = {};
  assert.deepEqual(host.att(1, READ), ["0b01"]);
});

test("answers come late", async () => {
  const { meter, host, clock } = await connected();
  meter.faults = { delay: 500 };
  assert.deepEqual(host.att(1, READ), []);
  await clock.advance(499);
  assert.deepEqual(host.heardAtt(), []);
  await clock.advance(1);
  assert.deepEqual(host.heardAtt(), ["0b58"]);
});

test("a late answer of a link that is lost never comes", async () => {
  const { meter, host, clock } = await connected();
  meter.faults = { delay: 500 };
  host.att(1, READ);
  meter.drop(0x13);
  await clock.advance(1000);
  assert.deepEqual(host.heardAtt(), []);
});

test("the link is lost after so many requests", async () => {
  const { meter, host } = await connected();
  meter.faults = { dropAfter: 2, dropReason: 0x13 };
  assert.deepEqual(host.att(1, READ), ["0b58"]);
  host.frame(1, 4, hex(READ));
  assert.deepEqual(
    host.events().map(({ code }) => code),
    [0x05],
  );
  assert.equal(meter.connected, false);
});

test("a characteristic refuses with the code that it is given", async () => {
  const { meter, host } = await connected();
  const battery = meter.characteristic("2a19");
  battery.faults = { read: 0x80, write: 0x03, subscribe: 0x05 };
  assert.deepEqual(host.att(1, READ), ["010a090080"]);
  assert.deepEqual(host.att(1, "12090001"), ["0112090003"]);
  assert.deepEqual(host.att(1, "120a000200"), ["01120a0005"]);
  battery.faults = {};
  assert.deepEqual(host.att(1, READ), ["0b58"]);
});

test("who goes out of reach is silent, and lost after the supervision timeout", async () => {
  const { meter, host, clock } = await connected();
  meter.present = false;
  assert.deepEqual(host.att(1, READ), []);
  await clock.advance(3999);
  assert.equal(meter.connected, true);
  await clock.advance(1);
  assert.equal(host.events()[0]?.parameters.toString("hex"), "00010008");
  host.connect(METER);
  await clock.advance(10_000);
  assert.deepEqual(host.events(), []);
  meter.present = true;
  await clock.advance(100);
  assert.equal(meter.connected, true);
});

test("who is back in time is not lost", async () => {
  const { meter, host, clock } = await connected();
  meter.present = false;
  await clock.advance(3000);
  meter.present = true;
  await clock.advance(10_000);
  assert.deepEqual(host.att(1, READ), ["0b58"]);
});

test("connects are refused with the code that is given", async () => {
  const { meter, host, clock } = await connected();
  meter.drop();
  meter.faults = { refuseConnect: 0x3e };
  host.connect(METER);
  await clock.advance(100);
  assert.equal(host.events()[0]?.parameters.subarray(0, 2).toString("hex"), "013e");
  assert.equal(meter.connected, false);
});

test("a controller that is silent hears nothing and says nothing", async () => {
  const { controller, meter, host, clock } = await connected();
  controller.silent = true;
  assert.deepEqual(host.command(0x0c03), []);
  meter.drop();
  await clock.advance(1000);
  assert.deepEqual(host.events(), []);
  controller.silent = false;
  assert.equal(host.returned(0x0c03), "00");
});

test("packets are mangled, and lost", async () => {
  const { controller, host } = await connected();
  controller.mangle = (packet) => (packet[1] === 0x13 ? undefined : packet.subarray(0, 4));
  host.session.push(hex("01030c00"));
  assert.deepEqual(host.packets, [hex("040e0401")]);
});

test("a controller says whatever it is told to", async () => {
  const { controller, host } = await connected();
  for (const packet of [...SHORT_EVENTS, NOISE]) controller.say(packet);
  assert.equal(host.packets.length, SHORT_EVENTS.length + 1);
});

test("values are told to who subscribed, and indications one after the other", async () => {
  const { meter, host } = await connected();
  const battery = meter.characteristic("2a19");
  assert.equal(battery.indicate(hex("01")), false);
  host.att(1, "120a000200");
  assert.equal(battery.subscribed, true);
  assert.equal(battery.notify(), false);
  host.packets.length = 0;
  assert.equal(battery.indicate(hex("02")), true);
  assert.equal(battery.indicate(hex("03")), true);
  assert.deepEqual(host.heardAtt(), ["1d090002"]);
  assert.deepEqual(host.att(1, "1e"), ["1d090003"]);
  assert.deepEqual(host.att(1, READ), ["0b03"]);
});

test("a peripheral asks for other parameters; of pairing, and of what it does not know, it says so", async () => {
  const { meter, host } = await connected();
  host.packets.length = 0;
  meter.requestParameters({ interval: 400, latency: 0, supervision: 600 });
  const said = () => host.frames().map(({ channel, payload }) => [channel, payload.toString("hex")]);
  assert.deepEqual(said(), [[5, "1201080090019001" + "00005802"]]);
  host.frame(1, 6, hex("01030001100001"));
  assert.deepEqual(said(), [[6, "0505"]]);
  host.frame(1, 5, hex("0a010200ffff"));
  assert.deepEqual(said(), [[5, "010102000000"]]);
  host.frame(1, 5, hex("130102000000"));
  host.frame(1, 0x40, hex("00"));
  assert.deepEqual(said(), []);
});

test("a value in pieces goes to a controller of 27 bytes and comes from it", async () => {
  const clock = new FakeClock();
  const controller = new Controller({ aclLength: 27 }, { clock, random: fakeRandom() });
  const value = Uint8Array.from({ length: 200 }, (_, i) => i);
  const properties = ["read", "write"] as const;
  const services = [{ uuid: "180f", characteristics: [{ uuid: "2a19", properties, value }] }];
  const meter = controller.add({ address: METER, advertising: { data: hex("020106"), interval: 100 }, services });
  const host = new HciHost(controller);
  host.prepare();
  host.connect(METER);
  await clock.advance(100);
  host.att(1, "02f700");
  assert.deepEqual(host.att(1, READ), [`0b${Buffer.from(value).toString("hex")}`]);
  host.packets.length = 0;
  host.frame(1, 4, Buffer.concat([hex("120900"), value.toReversed()]), 27);
  assert.deepEqual(host.heardAtt(), ["13"]);
  assert.deepEqual(meter.characteristic("2a19").value, value.toReversed());
});

test("a characteristic is found by service and index, or it is said that there is none", async () => {
  const { meter } = await connected();
  assert.equal(meter.characteristic("2A19", { service: "180F" }).service, "180f");
  assert.throws(() => meter.characteristic("2a19", { index: 1 }), /has no characteristic 2a19/);
});
