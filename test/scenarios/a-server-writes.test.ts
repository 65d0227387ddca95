import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aGateway } from "../support/a-gateway.ts";
import type { WireOptions } from "../support/wire.ts";

const ON_OFF = "/valve-1/3306/0/5850";
const DIMMER = "/valve-1/3306/0/5851";
const MODE = "/valve-1/3306/0/5853";
const REBOOT = "/valve-1/3/0/4";
/** The register of the set point counts tenths of a percent, and is read back for 2 s after a write. */
const SET_POINT = "3306/0/5851";
/** The register behind Reboot: 40099. */
const RESTART = 98;

function aValve(t: TestContext, wire: WireOptions = {}) {
  return aGateway(t, {
    mapping: "valve-actuator",
    prefix: "valve-1",
    wire,
    prepare: ({ meter }) => meter.set(SET_POINT, 500).set("3306/0/5853", 0x13).commands.add(RESTART),
  });
}

test("2.04 comes when the device has confirmed, not before", async (t) => {
  const { meter, server, clock } = await aValve(t);
  meter.latency = 700;
  const asked = clock.monotonic();
  const answer = await server.write(DIMMER, 75);
  assert.equal(answer.code, "2.04");
  assert.deepEqual(meter.written, [[SET_POINT, 750]]);
  assert.ok(clock.monotonic() - asked >= 1400, "written, and read back");
  assert.equal(answer.type, "con", "by itself, since it took its time");
  assert.equal((await server.read(DIMMER)).text, "75");
});

test("what was written is notified to those who observe it, the writer included", async (t) => {
  const { clock, server } = await aValve(t);
  await server.observe(DIMMER);
  await server.observe("/valve-1/3306/0");
  assert.equal((await server.write(DIMMER, 30)).code, "2.04");
  await clock.advance(100);
  assert.deepEqual(server.received(DIMMER), [30, 30]);
  await clock.advance(MINUTE);
  assert.equal(server.notifications.length, 2, "the polls after it bring nothing new");
});

test("each format of a write is read, and several resources go in one request", async (t) => {
  const { meter, server } = await aValve(t);
  for (const [format, value] of [
    [CONTENT_FORMAT.text, 10],
    [CONTENT_FORMAT.tlv, 20],
    [CONTENT_FORMAT.senmlJson, 30],
    [CONTENT_FORMAT.senmlCbor, 40],
  ] as const) {
    assert.equal((await server.write(DIMMER, value, format)).code, "2.04", `format ${format}`);
    assert.equal(meter.get(SET_POINT), 10 * value);
  }
  const answer = await server.update("/valve-1/3306/0", { [ON_OFF]: true, [DIMMER]: 50, [MODE]: "local" });
  assert.equal(answer.code, "2.04");
  assert.deepEqual(meter.written.slice(4), [
    ["3306/0/5850", true],
    [SET_POINT, 500],
    ["3306/0/5853", 0x23],
  ]);
  const payload = new Uint8Array([1, 2, 3]);
  assert.equal((await server.settled(server.ask(CODE.put, DIMMER, { format: 61, payload }))).code, "4.15");
  assert.equal((await server.settled(server.ask(CODE.put, DIMMER, { payload }))).code, "4.00", "no format");
  assert.equal((await server.settled(server.ask(CODE.put, DIMMER, { format: 112, payload }))).code, "4.00", "no SenML");
});

test("what cannot be is refused before the device hears of it", async (t) => {
  const { meter, server } = await aValve(t);
  const range = await server.write(DIMMER, 101);
  assert.equal(range.code, "4.00");
  assert.match(range.text, /3306\/0\/5851.*101/);
  assert.equal((await server.write(MODE, "sideways")).code, "4.00", "no word of the enum");
  const fine = await server.write(DIMMER, 50.05);
  assert.deepEqual([fine.code, (await server.read(DIMMER)).text], ["4.00", "50"], "finer than the register counts");
  assert.equal((await server.write("/valve-1/3/0/0", "me")).code, "4.05", "a constant of the mapping");
  assert.equal((await server.write(REBOOT, "1", CONTENT_FORMAT.text)).code, "4.05");
  assert.equal((await server.write("/valve-1/3306/0/5852", 0)).code, "4.04", "not in the mapping");
  const mixed = await server.update("/valve-1/3306/0", { [ON_OFF]: true, [DIMMER]: 200 });
  assert.equal(mixed.code, "4.00");
  assert.deepEqual(meter.written, [], "nothing is half done");
});

test("a device that refuses, stays silent or does not do it: 5.00 with the reason, and nobody hears of a new value", async (t) => {
  const { clock, meter, server } = await aValve(t);
  await server.observe(DIMMER);
  meter.exception = 4;
  const refused = await server.write(DIMMER, 20);
  assert.equal(refused.code, "5.00");
  assert.match(refused.text, /3306\/0\/5851 was not written: .*exception 4 \(server device failure\)/);
  meter.exception = undefined;
  meter.silent = true;
  const silent = await server.write(DIMMER, 20);
  assert.equal(silent.code, "5.00");
  assert.match(silent.text, /no answer within 1s/);
  meter.silent = false;
  await clock.advance(MINUTE);
  meter.stuck.add(SET_POINT);
  const stuck = await server.write(DIMMER, 20);
  assert.equal(stuck.code, "5.00");
  assert.match(stuck.text, /wrote 00c8 to holding 0xA, but read 01f4 back/);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(DIMMER), []);
  assert.equal((await server.read(DIMMER)).text, "50");
});

test("Execute runs its steps in order, and answers when they are done", async (t) => {
  const { clock, meter, server } = await aValve(t);
  const asked = clock.monotonic();
  assert.equal((await server.execute(REBOOT)).code, "2.04");
  assert.ok(clock.monotonic() - asked >= 3 * SECOND, "the mapping says to wait 3 s");
  assert.deepEqual(meter.written, [[RESTART, 0xa5a5]]);
  assert.equal((await server.execute(ON_OFF)).code, "4.05");
  assert.equal((await server.execute("/3/0/4")).code, "4.05", "the gateway itself is not rebooted by a server");
});

test("a request that arrives twice is done once", async (t) => {
  const { server, meter } = await aValve(t, { duplicates: 1, delay: [1, 400], seed: 7 });
  assert.equal((await server.execute(REBOOT)).code, "2.04");
  assert.equal((await server.write(DIMMER, 80)).code, "2.04");
  assert.deepEqual(meter.written, [
    [RESTART, 0xa5a5],
    [SET_POINT, 800],
  ]);
});

test("over a network that loses a third of the datagrams each write is done once, and answered", async (t) => {
  const { server, meter } = await aValve(t, { loss: 0.33, delay: [5, 200], seed: 3 });
  const values = [11, 12, 13, 14, 15, 16];
  for (const value of values) assert.equal((await server.write(DIMMER, value)).code, "2.04");
  assert.deepEqual(
    meter.written,
    values.map((value) => [SET_POINT, 10 * value]),
  );
});

test("a write overtakes the polls that wait for a slow line", async (t) => {
  const { bus, meter, server, clock } = await aValve(t);
  meter.latency = 800;
  await clock.advance(10 * SECOND);
  bus.requests.length = 0;
  const asked = clock.monotonic();
  assert.equal((await server.write(ON_OFF, true)).code, "2.04");
  assert.ok(clock.monotonic() - asked < 4 * SECOND);
  const write = bus.requests.findIndex((request) => request.includes("write coil"));
  assert.ok(write >= 0 && write <= 1, "after the request that was under way at most");
});
