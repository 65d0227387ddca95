/** Leshan observes: formats, levels, attributes, the ways to end it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, TYPE } from "../../src/coap/message.ts";
import { OPTION, uintValue } from "../../src/coap/options.ts";
import { CONTENT_FORMATS, type LeshanServer } from "./leshan/leshan-server.ts";
import { type LeshanValue, type Notification, valuesOf } from "./leshan/messages.ts";
import { type Session, sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("observe");

/** A number that the server itself can change, so that the tests know when it does. */
const NUMBER = "/1/0/5";
/** By how much clocks of one machine may differ, and timers come too early. In milliseconds. */
const TIMER_GRAIN = 10;

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR", "TEXT"] as const) {
  test(`a change is notified in ${format}, the format of the Observe`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    await write(leshan, 1);
    const { status, content, coap } = await leshan.observe(NUMBER, format);
    assert.deepEqual([status, coap.contentFormat], ["CONTENT(205)", CONTENT_FORMATS[format]]);
    assert.deepEqual(valuesOf(content, NUMBER), { [NUMBER]: "1" });
    const mark = leshan.events.mark;
    const before = Date.now();
    await write(leshan, 2 ** 32 - 1);
    const notification = await leshan.events.next(mark, "NOTIFICATION");
    assert.equal(notification.coap.contentFormat, CONTENT_FORMATS[format]);
    assert.deepEqual(valuesIn(notification), { [NUMBER]: String(2 ** 32 - 1) });
    const time = notification.timestamped?.[0]?.time;
    if (format.startsWith("SENML")) {
      const measured = Date.parse(time ?? "");
      assert.ok(measured >= before - TIMER_GRAIN && measured <= Date.now(), time);
    } else assert.equal(time, undefined);
    await leshan.cancelActively(NUMBER);
  });
}

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
  test(`object and instance are notified in ${format}, whole or as what changed`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    for (const path of ["/1", "/1/0"]) {
      await write(leshan, 7);
      await leshan.observe(path, format);
      const mark = leshan.events.mark;
      await write(leshan, 8);
      const values = valuesIn(await leshan.events.next(mark, "NOTIFICATION", ({ res }) => res === path));
      assert.equal(values[NUMBER], "8");
      await leshan.cancelActively(path);
    }
  });
}

test("pmin holds a change back, and then the newest value is told", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await write(leshan, 10);
  await ok(leshan.writeAttributes(NUMBER, "pmin=2"));
  const start = Date.now();
  await leshan.observe(NUMBER, "TLV");
  const mark = leshan.events.mark;
  for (const value of [11, 12, 13]) await write(leshan, value);
  const notification = await leshan.events.next(mark, "NOTIFICATION");
  assert.ok(Date.now() - start >= 2000 - TIMER_GRAIN);
  assert.deepEqual(valuesIn(notification), { [NUMBER]: "13" });
  assert.equal(leshan.events.since(mark, "NOTIFICATION").length, 1);
  await leshan.cancelActively(NUMBER);
  await ok(leshan.writeAttributes(NUMBER, "pmin"));
});

test("pmax tells the time of day each second, although nobody asks", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const path = "/3/0/13";
  await ok(leshan.writeAttributes(path, "pmin=1&pmax=1"));
  const mark = leshan.events.mark;
  await leshan.observe(path, "SENML_CBOR");
  const second = (n: number) => () => leshan.events.since(mark, "NOTIFICATION").length >= n;
  await leshan.events.next(mark, "NOTIFICATION", second(3));
  const times = leshan.events.since(mark, "NOTIFICATION").map((one) => Date.parse(String(valuesIn(one)[path])));
  // Whole seconds of a clock that runs on meanwhile: from one to the next it may be none, or two.
  assert.deepEqual(times, times.toSorted());
  assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) >= 1000);
  await leshan.cancelActively(path);
  await ok(leshan.writeAttributes(path, "pmin&pmax"));
});

test("gt and lt tell what crosses them, st what moves far enough", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  assert.deepEqual(await told(leshan, "gt=100&lt=10", [50, 60, 101, 150, 99, 9, 5, 11]), ["101", "99", "9", "11"]);
  assert.deepEqual(await told(leshan, "st=20", [50, 69, 70, 51, 50, 90]), ["70", "50", "90"]);
});

test("attributes of the instance count for its resources until the resource has its own", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await ok(leshan.writeAttributes("/1/0", "pmin=0&pmax=60"));
  const [own] = (await leshan.discover(NUMBER)).objectLinks ?? [];
  assert.deepEqual(own, { url: NUMBER, attributes: { pmin: "0", pmax: "60" } });
  await ok(leshan.writeAttributes(NUMBER, "pmax=30"));
  const [overridden] = (await leshan.discover(NUMBER)).objectLinks ?? [];
  assert.deepEqual(overridden?.attributes, { pmin: "0", pmax: "30" });
  for (const path of ["/1/0", NUMBER]) await ok(leshan.writeAttributes(path, "pmin&pmax"));
  assert.deepEqual((await leshan.discover(NUMBER)).objectLinks, [{ url: NUMBER, attributes: {} }]);
});

test("attributes that cannot be are refused: a step for a text, lt above the gt that is there", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const attach = async (path: string, query: string): Promise<string> =>
    (await leshan.writeAttributes(path, query)).status;
  assert.equal(await attach("/3/0/0", "st=1"), "BAD_REQUEST(400)");
  assert.equal(await attach("/9/0", "pmin=1"), "NOT_FOUND(404)");
  // Leshan itself refuses to send both at once.
  assert.equal(await attach(NUMBER, "gt=10"), "CHANGED(204)");
  assert.equal(await attach(NUMBER, "lt=20"), "BAD_REQUEST(400)");
  assert.deepEqual((await leshan.discover(NUMBER)).objectLinks, [{ url: NUMBER, attributes: { gt: "10" } }]);
  assert.equal(await attach(NUMBER, "gt"), "CHANGED(204)");
});

test("an observation that Leshan cancels by a request is over", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await write(leshan, 20);
  await leshan.observe(NUMBER, "TLV");
  assert.deepEqual(valuesOf((await leshan.cancelActively(NUMBER)).content, NUMBER), { [NUMBER]: "20" });
  const sent = notifications(session);
  await write(leshan, 21);
  await leshan.values(NUMBER, "TLV");
  assert.equal(notifications(session), sent);
});

test("an observation that Leshan forgets is over when it resets the next notification", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await write(leshan, 30);
  await leshan.observe(NUMBER, "TLV");
  assert.equal(await leshan.cancelPassively(NUMBER), 1);
  const sent = notifications(session);
  await write(leshan, 31);
  while (resets(session) === 0) await leshan.values(NUMBER, "TLV");
  assert.equal(notifications(session), sent + 1);
  await write(leshan, 32);
  await leshan.values(NUMBER, "TLV");
  assert.equal(notifications(session), sent + 1);
});

test("a measurement of a device is notified under its prefix, in TLV and text", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, meter } = session;
  const path = "/26241/0/10";
  for (const [i, format] of (["TLV", "TEXT"] as const).entries()) {
    await leshan.observe(`/meter-1${path}`, format);
    const mark = leshan.events.mark;
    meter.setMeasured(240.5 + i);
    const { res, coap } = await leshan.events.next(mark, "NOTIFICATION");
    // Leshan reads a notification by the gateway's own objects, among which 26241 is not: the bytes say it.
    assert.deepEqual([res, coap.contentFormat], [path, CONTENT_FORMATS[format]]);
    await leshan.cancelActively(`/meter-1${path}`);
  }
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

/** What is notified of the number while these are written, the first of them before the Observe. */
async function told(leshan: LeshanServer, attributes: string, values: readonly number[]): Promise<LeshanValue[]> {
  const [first = 0, ...rest] = values;
  await write(leshan, first);
  await ok(leshan.writeAttributes(NUMBER, attributes));
  await leshan.observe(NUMBER, "TLV");
  const mark = leshan.events.mark;
  for (const value of rest) {
    await write(leshan, value);
    // The answer to a request that came later has passed every notification of the write before it.
    await leshan.values(NUMBER, "TLV");
  }
  await leshan.events.next(mark, "NOTIFICATION", (one) => valuesIn(one)[NUMBER] === String(rest.at(-1)));
  await leshan.cancelActively(NUMBER);
  await ok(leshan.writeAttributes(NUMBER, attributes.replaceAll(/=\d+/g, "")));
  return leshan.events.since(mark, "NOTIFICATION").map((one) => valuesIn(one)[NUMBER] ?? "");
}

function valuesIn({ res, val, timestamped }: Notification): Readonly<Record<string, LeshanValue>> {
  return valuesOf(val ?? timestamped?.[0]?.val, res);
}

async function write(leshan: LeshanServer, value: number): Promise<void> {
  await ok(leshan.write(NUMBER, { kind: "singleResource", id: 5, type: "INTEGER", value: String(value) }, "TLV"));
}

async function ok(answer: ReturnType<LeshanServer["write"]>): Promise<void> {
  const { status, errormessage } = await answer;
  assert.equal(status, "CHANGED(204)", errormessage);
}

/** Responses with Observe that the gateway sent so far, answers to an Observe among them. */
function notifications({ wire }: Session): number {
  const sent = wire.datagrams.filter(({ fromGateway }) => fromGateway).map(({ bytes }) => decodeMessage(bytes));
  return sent.filter((message) => uintValue(message, OPTION.observe) !== undefined).length;
}

function resets({ wire }: Session): number {
  const sent = wire.datagrams.filter(({ fromGateway }) => !fromGateway).map(({ bytes }) => decodeMessage(bytes));
  return sent.filter(({ type }) => type === TYPE.rst).length;
}
