/** What the gateway sends by itself, and a gateway that sleeps, at Leshan. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type LeshanNode, type Sent, valuesOfAll } from "./leshan/messages.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const ROOMS = Array.from({ length: 30 }, (_, i) => `{ id: room-${i}, mapping: simulated-climate, link: trial }`);
const aSession = sharedSession("send", { devices: ROOMS });
const aSleeper = sharedSession("sleeper", { server: "queue_mode: true, awake: 6s, lifetime: 18s" });

/**
 * The real time of two programs is what is tried here. An Update goes every 9 s, and opens a window of 6 s: whatever Leshan asks
 * at its end, one of its repetitions, after 2 to 3 s or three times that, comes into the next one.
 */
const PAST_THE_WINDOW = 6300;

const mute = (muted: boolean): LeshanNode => ({ kind: "singleResource", id: 23, type: "BOOLEAN", value: muted });

/** All values of a Send by path, whatever their times. */
function valuesIn({ timestampedVals }: Sent): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...timestampedVals.map(({ vals }) => valuesOfAll(vals)));
}

for (const [format, number] of [
  ["senml-cbor", 112],
  ["senml-json", 110],
] as const) {
  test(`a Send of the gateway's own paths in ${format} arrives with its values and their times`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway, endpoint } = session;
    const mark = leshan.events.mark;
    const began = Date.now();
    const sent = await gateway.send("--format", format, "/3/0/0", "/3/0/11", "/1/0");
    assert.deepEqual([sent.code, sent.stdout], [0, "101: delivered\n"], sent.stderr);
    const heard = await leshan.events.next(mark, "SEND");
    assert.deepEqual([heard.ep, heard.format], [endpoint, number]);
    const values = valuesIn(heard);
    assert.deepEqual(
      ["/3/0/0", "/3/0/11/0", "/1/0/0", "/1/0/1", "/1/0/6", "/1/0/7"].map((path) => values[path]),
      ["Example", "0", "101", "60", true, "U"],
    );
    for (const { time = "" } of heard.timestampedVals) {
      assert.ok(Math.abs(Date.parse(time) - began) < 20_000, `"${time}" is of now`);
    }
  });
}

test("a large Send comes in blocks", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, gateway, wire } = session;
  const mark = leshan.events.mark;
  const before = wire.datagrams.length;
  const sent = await gateway.send("--format", "senml-json", "/1", "/3", "/25");
  assert.deepEqual([sent.code, sent.stdout], [0, "101: delivered\n"], sent.stderr);
  const values = valuesIn(await leshan.events.next(mark, "SEND"));
  assert.deepEqual([values["/25/0/1"], values["/25/30/1"]], ["meter-1", "room-29"]);
  assert.ok(wire.datagrams.slice(before).filter(({ fromGateway }) => fromGateway).length >= 4);
});

test("a prefix is nothing that Leshan can read: it refuses by 4.00, and that is told", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { code, stdout } = await session.gateway.send("/3/0/0", "/meter-1/3/0/0");
  assert.equal(code, 1);
  assert.match(stdout, /^101: refused, 4\.00/);
});

test("Mute Send, written by Leshan, is obeyed until it is taken back", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, gateway } = session;
  const mark = leshan.events.mark;
  assert.equal((await leshan.write("/1/0/23", mute(true), "SENML_CBOR")).status, "CHANGED(204)");
  const { code, stdout } = await gateway.send("/3/0/0");
  assert.deepEqual([code, stdout.includes("Mute Send (/1/x/23) is true")], [1, true]);
  assert.deepEqual(leshan.events.since(mark, "SEND"), []);
  assert.equal((await leshan.write("/1/0/23", mute(false), "TLV")).status, "CHANGED(204)");
  assert.equal((await gateway.send("/3/0/0")).code, 0);
});

test("queue mode: Leshan reads Q from the Register", async (t) => {
  const session = await aSleeper(t);
  if (session === undefined) return;
  const { bindingMode, queuemode } = await session.leshan.registration();
  assert.deepEqual([bindingMode, queuemode], ["U", true]);
});

test("queue mode: after an Update Leshan reaches the gateway, and before the next one it does not", async (t) => {
  const session = await aSleeper(t);
  if (session === undefined) return;
  const { leshan } = session;
  await leshan.events.next(leshan.events.mark, "UPDATED");
  assert.deepEqual(await leshan.values("/3/0/0", "SENML_CBOR"), { "/3/0/0": "Example" });
  await pause(PAST_THE_WINDOW);
  const mark = leshan.events.mark;
  // Leshan repeats it for some seconds, in which the next Update comes.
  const values = await leshan.values("/3/0/0", "SENML_CBOR");
  assert.deepEqual(values, { "/3/0/0": "Example" });
  assert.equal(leshan.events.since(mark, "UPDATED").length, 1, "not before the gateway was heard of");
});

test("queue mode: a Send wakes the gateway, and an Update goes first", async (t) => {
  const session = await aSleeper(t);
  if (session === undefined) return;
  const { leshan, gateway } = session;
  await leshan.events.next(leshan.events.mark, "UPDATED");
  await pause(PAST_THE_WINDOW);
  const mark = leshan.events.mark;
  assert.equal((await gateway.send("/3/0/0")).code, 0);
  assert.equal(leshan.events.since(mark, "UPDATED").length, 1);
  assert.equal(leshan.events.since(mark, "SEND").length, 1);
});

test("tshark finds nothing malformed in both sessions", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
  const sleeper = await aSleeper(t);
  if (sleeper !== undefined) await checkWellFormed(t, sleeper.wire);
});
