import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { advertisingData } from "../../../../adapters/ble/emulator/advertising-data.ts";
import { Controller, type ControllerOptions } from "../../../../adapters/ble/emulator/controller.ts";
import type { PeripheralSpec } from "../../../../adapters/ble/emulator/peripheral-spec.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { HciHost, hex } from "../../../support/hci-host.ts";

const METER = "a4:c1:38:8f:19:e9";
const NAME = advertisingData({ flags: true, name: "meter" });

const SPEC: PeripheralSpec = {
  address: METER,
  advertising: { data: NAME, scanResponse: Uint8Array.of(2, 0x0a, 4), interval: 100 },
  rssi: -71,
  services: [{ uuid: "180f", characteristics: [{ uuid: "2a19", properties: ["read"], value: Uint8Array.of(88) }] }],
};

function world(options: ControllerOptions = {}) {
  const clock = new FakeClock();
  const controller = new Controller(options, { clock, random: fakeRandom() });
  const host = new HciHost(controller);
  host.prepare();
  return { clock, controller, host };
}

test("a Reset is answered by the very bytes that hosts wait for", () => {
  const { host } = world();
  host.session.push(hex("01030c00"));
  assert.deepEqual(host.packets.at(-1), hex("040e0401030c00"));
});

test("what a host asks about the controller is answered", () => {
  const { host } = world({ address: "02:00:00:00:00:99", aclLength: 27, aclPackets: 3 });
  assert.equal(host.returned(0x1009), "00990000000002");
  assert.equal(host.returned(0x2002), "001b0003");
  assert.equal(host.returned(0x2003), "000000000000000000");
  assert.equal(host.returned(0x1001).slice(0, 4), "000d");
  assert.equal(host.returned(0x202f), "001b0048011b004801");
});

test("data may be longer where the controller takes longer packets", () => {
  const { host } = world({ aclLength: 251 });
  assert.equal(host.returned(0x2003), "002000000000000000");
  assert.equal(host.returned(0x202f), "00fb004808fb004808");
});

test("a command that nobody knows, and one with too few parameters, are refused", () => {
  const { host } = world();
  assert.equal(host.status(0xfc01), 0x01);
  assert.equal(host.status(0x2041, "00"), 0x01);
  assert.equal(host.returned(0x200c, "01"), "12");
});

test("advertisements come at their interval, while a host scans", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC);
  await clock.advance(1000);
  assert.deepEqual(host.reports(), []);
  host.scan("passive");
  assert.equal(controller.scanning, "passive");
  await clock.advance(1000);
  const reports = host.reports();
  assert.equal(reports.length, 10);
  assert.deepEqual(reports[0], {
    type: 0,
    addressType: 0,
    address: "a4c1388f19e9",
    data: Buffer.from(NAME).toString("hex"),
    rssi: -71,
  });
  host.command(0x200c, "0000");
  await clock.advance(1000);
  assert.deepEqual(host.reports(), []);
  assert.equal(clock.next, undefined);
});

test("who scans actively gets the scan response, too", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC);
  host.scan("active");
  assert.equal(controller.scanning, "active");
  await clock.advance(100);
  assert.deepEqual(
    host.reports().map(({ type, data }) => [type, data]),
    [
      [0, Buffer.from(NAME).toString("hex")],
      [4, "020a04"],
    ],
  );
});

test("what is not connectable is neither asked for more nor connected to", async () => {
  const { host, controller, clock } = world();
  controller.add({ ...SPEC, advertising: { data: NAME, interval: 100, type: "non-connectable" } });
  host.scan("active");
  await clock.advance(100);
  assert.deepEqual(
    host.reports().map(({ type }) => type),
    [3],
  );
  assert.equal(host.connect(METER), 0);
  await clock.advance(10_000);
  assert.equal(controller.connecting, METER);
});

test("a host that filters duplicates hears of each once, until it scans anew", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC);
  host.scan("active", true);
  await clock.advance(1000);
  assert.equal(host.reports().length, 2);
  host.command(0x200c, "0001");
  host.command(0x200c, "0101");
  await clock.advance(1000);
  assert.equal(host.reports().length, 2);
});

test("a packet that is made for each advertisement is made as often as somebody hears it", async () => {
  const { host, controller, clock } = world();
  let packet = 0;
  controller.add({ ...SPEC, advertising: { data: () => Uint8Array.of(2, 0xff, packet++), interval: 1000 } });
  await clock.advance(5000);
  host.scan("passive");
  await clock.advance(3000);
  assert.deepEqual(
    host.reports().map(({ data }) => data),
    ["02ff00", "02ff01", "02ff02"],
  );
});

test("scan parameters are not changed while it scans, and stopping twice is no mistake", () => {
  const { host } = world();
  host.scan("passive");
  assert.equal(host.returned(0x200b, "01100010000000"), "0c");
  assert.equal(host.returned(0x200c, "0000"), "00");
  assert.equal(host.returned(0x200c, "0000"), "00");
  assert.equal(host.returned(0x200b, "01100020000000"), "12");
});

test("a host connects at the next advertisement, reads, and ends it", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add(SPEC);
  assert.equal(host.connect(METER), 0);
  await clock.advance(100);
  const [complete] = host.events();
  assert.equal(complete?.parameters.toString("hex"), "010001000000e9198f38c1a428000000900107");
  assert.equal(meter.connected, true);
  assert.deepEqual(host.att(1, "0a0900"), ["0b58"]);
  assert.equal(host.returned(0x1405, "0100"), "000100b9");
  const ended = host.command(0x0406, "010013");
  assert.deepEqual(
    ended.map(({ code, parameters }) => [code, parameters.toString("hex")]),
    [
      [0x0f, "00010604"],
      [0x05, "00010016"],
    ],
  );
  assert.equal(meter.connected, false);
});

test("while somebody is connected it does not advertise; afterwards it does", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add(SPEC);
  host.scan("passive");
  host.connect(METER);
  await clock.advance(100);
  host.events();
  await clock.advance(1000);
  assert.deepEqual(host.reports(), []);
  meter.drop(0x13);
  assert.equal(host.events()[0]?.parameters.toString("hex"), "00010013");
  await clock.advance(100);
  assert.equal(host.reports().length, 1);
});

test("a random address is another than the public one of the same digits", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add({ ...SPEC, addressType: "random" });
  host.connect(METER, "public");
  await clock.advance(1000);
  assert.equal(meter.connected, false);
  host.command(0x200e);
  host.connect(METER, "random");
  await clock.advance(1000);
  assert.equal(meter.connected, true);
});

test("a connect that is cancelled ends with Connection Complete 0x02; there is none to cancel afterwards", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC).present = false;
  host.connect(METER);
  await clock.advance(60_000);
  assert.equal(controller.connecting, METER);
  const events = host.command(0x200e);
  assert.deepEqual(
    events.map(({ code, parameters }) => [code, parameters.subarray(0, 4).toString("hex")]),
    [
      [0x0e, "010e2000"],
      [0x3e, "01020000"],
    ],
  );
  assert.equal(host.returned(0x200e), "0c");
});

test("a second connect at once, one to whom it has already, and one too many are refused", async () => {
  const { host, controller, clock } = world({ connections: 1 });
  controller.add(SPEC);
  controller.add({ ...SPEC, address: "a4:c1:38:00:00:02" });
  assert.equal(host.connect(METER), 0);
  assert.equal(host.connect("a4:c1:38:00:00:02"), 0x0c);
  await clock.advance(100);
  assert.equal(host.connect(METER), 0x0b);
  assert.equal(host.connect("a4:c1:38:00:00:02"), 0x09);
});

test("parameters of a connection that contradict each other are refused", () => {
  const { host } = world();
  // The supervision timeout of 100 ms is shorter than two intervals of 62.5 ms.
  const peer = "e9198f38c1a4";
  assert.equal(host.status(0x200d, `600030000000${peer}003200320000000a0000000000`), 0x12);
  // The smallest interval is larger than the largest.
  assert.equal(host.status(0x200d, `600030000000${peer}00280018000000900100000000`), 0x12);
});

test("parameters are changed, features and version told, and encryption has no key", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC);
  host.connect(METER);
  await clock.advance(100);
  const second = (opcode: number, parameters: string): string | undefined =>
    host.command(opcode, parameters)[1]?.parameters.toString("hex");
  assert.equal(second(0x2013, "0100180018000000c80000000000"), "03000100180000" + "00c800");
  assert.equal(second(0x2016, "0100"), "0400" + "0100" + "2000000000000000");
  assert.equal(second(0x041d, "0100"), "0001000dffff0000");
  assert.equal(second(0x2022, "0100fb004808"), "070100fb004808fb004808");
  assert.equal(second(0x2019, `0100${"00".repeat(26)}`), "06010000");
});

test("commands about a connection that is not there are refused", () => {
  const { host } = world();
  assert.equal(host.status(0x0406, "070013"), 0x02);
  assert.equal(host.status(0x2016, "0700"), 0x02);
  assert.equal(host.status(0x2013, "0700180018000000c80000000000"), 0x02);
  assert.equal(host.returned(0x1405, "0700"), "02070000");
  assert.equal(host.returned(0x2022, "0700fb004808"), "020700");
});

test("the packets of a host are told to be gone, and those that are too long overflow", async () => {
  const { host, controller, clock } = world({ aclLength: 27 });
  controller.add(SPEC);
  host.connect(METER);
  await clock.advance(100);
  host.events();
  host.frame(1, 4, hex("0a0700"));
  assert.deepEqual(
    host
      .events()
      .filter(({ code }) => code === 0x13)
      .map(({ parameters }) => parameters.toString("hex")),
    ["0101000100"],
  );
  host.frame(1, 4, new Uint8Array(40), 251);
  assert.ok(host.events().some(({ code }) => code === 0x1a));
});

test("a Reset ends connections and scans without a word, and peripherals are free again", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add(SPEC);
  host.scan("passive");
  host.connect(METER);
  await clock.advance(100);
  assert.equal(meter.connected, true);
  assert.deepEqual(
    host.command(0x0c03).map(({ code }) => code),
    [0x0e],
  );
  assert.equal(meter.connected, false);
  assert.equal(controller.scanning, "off");
});

test("LE events are heard by those who asked for them", async () => {
  const { host, controller, clock } = world();
  controller.add(SPEC);
  host.command(0x0c03);
  host.scan("passive");
  await clock.advance(1000);
  assert.deepEqual(host.reports(), []);
  host.command(0x0c01, "ffffffffffffff3f");
  await clock.advance(1000);
  assert.equal(host.reports().length, 10);
});

test("two hosts hear the same peripherals, and one of them has the connection", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add(SPEC);
  const other = new HciHost(controller);
  other.prepare();
  host.connect(METER);
  other.connect(METER);
  await clock.advance(1000);
  assert.equal(host.events().length + other.events().length, 1);
  host.session.close();
  await clock.advance(1000);
  assert.equal(meter.connected, true);
  assert.equal(other.events().length, 1);
});

test("a host that leaves leaves nothing behind", async () => {
  const { host, controller, clock } = world();
  const meter = controller.add(SPEC);
  host.scan("passive");
  host.connect(METER);
  await clock.advance(100);
  host.session.close();
  assert.equal(meter.connected, false);
  assert.equal(clock.next, undefined);
  const heard = host.packets.length;
  host.session.push(hex("01030c00"));
  assert.equal(host.packets.length, heard);
});

test("behind bytes that are no packets a host is told so, and a Reset is understood", () => {
  const { host } = world();
  host.events();
  host.session.push(hex("0affa5a501030c"));
  assert.deepEqual(host.events(), [{ code: 0x10, parameters: hex("00") }]);
  host.session.push(hex("00"));
  assert.deepEqual(host.events(), [{ code: 0x0e, parameters: hex("01030c00") }]);
});

test("options and peripherals that cannot be are refused", () => {
  const context = { clock: new FakeClock(), random: fakeRandom() };
  assert.throws(() => new Controller({ aclLength: 26 }, context), /ACL packets of 26 bytes: expected 27 … 251/);
  const controller = new Controller({}, context);
  controller.add(SPEC);
  assert.throws(() => controller.add(SPEC), /there is a peripheral a4:c1:38:8f:19:e9 already/);
  assert.throws(() => controller.add({ address: "a4:c1:38" }), /"a4:c1:38" is no address/);
  assert.throws(() => controller.add({ address: "a4:c1:38:8f:19:zz" }), /is no address/);
  const advertising = { data: new Uint8Array(32), interval: 100 };
  assert.throws(() => controller.add({ address: "00:00:00:00:00:01", advertising }), /32 bytes: expected at most 31/);
  assert.throws(
    () => controller.add({ address: "00:00:00:00:00:01", advertising: { data: NAME, interval: 5 } }),
    /every 5 ms: expected 20 ms or more/,
  );
  assert.throws(
    () => controller.add({ address: "00:00:00:00:00:01", services: [{ uuid: "18", characteristics: [] }] }),
    /"18" is no UUID/,
  );
});

test("whatever a host sends, nothing is thrown, and a Reset is answered", () => {
  const packet = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(
        fc.constantFrom(0x0406, 0x0c01, 0x2001, 0x200b, 0x200c, 0x200d, 0x200e, 0x2013, 0x2022, 0x1405),
        fc.uint8Array({ maxLength: 30 }),
      )
      .map(([opcode, bytes]) => Uint8Array.from([1, opcode & 0xff, opcode >> 8, bytes.length, ...bytes])),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([2, 1, 0, bytes.length, 0, ...bytes])),
  );
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), (packets) => {
      const { host, controller, clock } = world();
      controller.add(SPEC);
      host.connect(METER);
      clock.advanceSync(100);
      for (const bytes of packets) host.session.push(bytes);
      clock.advanceSync(1000);
      // A packet may have begun whose end is still awaited: as long as one can be.
      for (let i = 0; i < 70; i++) host.session.push(new Uint8Array(1000));
      host.events();
      host.session.push(hex("01030c00"));
      assert.ok(host.events().some(({ code, parameters }) => code === 0x0e && parameters.equals(hex("01030c00"))));
    }),
    { numRuns: 200 },
  );
});
