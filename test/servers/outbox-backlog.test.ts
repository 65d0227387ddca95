import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { makeOutbox } from "../support/an-outbox.ts";
import { settle } from "../support/fake-clock.ts";
import {
  A,
  anOutbox,
  B,
  deliverAll,
  MANY,
  OTHER_REPORT,
  payloadOf,
  REPORT,
  report,
  textOf,
  valuesOf,
} from "../support/outbox-world.ts";

test("what is live goes first: the newest that one message takes; then the backlog, the oldest first, and nothing twice", async () => {
  const { outbox, sent, counters } = anOutbox({ most: 40 });
  for (let value = 1; value <= 100; value++) outbox.add(A, report(value), MANY);
  outbox.resume();
  await deliverAll(outbox, sent);
  assert.deepEqual(
    valuesOf(sent[0]).slice(0, 3),
    [50, 51, 52].slice(0, 3).map((value) => value + 0),
  );
  assert.deepEqual(counters(), { waiting: 0, delivered: 100, dropped: 0 });
  const all = sent.flatMap(valuesOf);
  assert.equal(new Set(all).size, 100);
  const backlog = all.filter((value) => value < 50);
  assert.deepEqual(
    backlog,
    [...backlog].sort((a, b) => a - b),
  );
});

test("a message that fails while more was due than is live goes again with the backlog, and takes nothing of it along", async () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.resume();
  outbox.add(A, report(0), MANY);
  for (let value = 1; value <= 80; value++) outbox.add(A, report(value), MANY);
  outbox.pause();
  outbox.onFailed(1);
  outbox.resume();
  await deliverAll(outbox, sent, 2);
  const all = sent.slice(1).flatMap(valuesOf);
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from({ length: 81 }, (_, value) => value),
  );
  assert.deepEqual(counters(), { waiting: 0, delivered: 81, dropped: 0 });
});

test("what waited and is not confirmed by the server leaves at the pace of what is (RFC 7641 §4.5.1)", async () => {
  const { outbox, sent, clock, counters } = anOutbox({ delivery: "replay", carriesTime: false });
  for (let value = 1; value <= 8; value++) outbox.add(A, report(value, false), MANY);
  outbox.resume();
  await settle();
  const atOnce = sent.length;
  await clock.advance(9 * SECOND);
  assert.deepEqual([atOnce, sent.length], [1, 4]);
  await clock.advance(12 * SECOND);
  assert.deepEqual(counters(), { waiting: 0, delivered: 8, dropped: 0 });
});

test("a live report overtakes the backlog that is being drained", async () => {
  const { outbox, sent } = anOutbox({ most: 40 });
  for (let value = 1; value <= 300; value++) outbox.add(A, report(value), MANY);
  outbox.resume();
  outbox.onDelivered(1);
  outbox.onDelivered(2);
  await settle();
  outbox.add(B, report(1000), MANY);
  outbox.onDelivered(3);
  assert.match(sent[3] ?? "", /B 1000/);
});

test("by Send: the backlog of all observations goes in packs, of void ones too, within the size of a message", async () => {
  const { outbox, sent, counters } = anOutbox({ delivery: "send", maxMessage: 256 });
  for (let value = 1; value <= 100; value++) {
    outbox.add(A, report(value), MANY);
    outbox.add(B, report(value), MANY);
  }
  outbox.hold(A);
  outbox.resume();
  await deliverAll(outbox, sent);
  assert.deepEqual(counters(), { waiting: 0, delivered: 200, dropped: 0 });
  assert.ok(sent.every((line) => line.length < 300));
  assert.equal(sent.filter((line) => / A /.test(line)).length, 0, "nobody observes it");
  assert.equal(sent.flatMap(valuesOf).length, 200);
});

test("without times the newest goes once, and what is older waits for a way that has times", async () => {
  const { outbox, sent, world, counters } = anOutbox({ delivery: "send", mute: true, carriesTime: false });
  for (let value = 1; value <= 9; value++) outbox.add(A, report(value), MANY);
  outbox.resume();
  await deliverAll(outbox, sent);
  assert.deepEqual(sent, ["1 A 9"]);
  assert.equal(counters().waiting, 8);
  world.mute = false;
  outbox.kick();
  await deliverAll(outbox, sent);
  assert.deepEqual(sent, ["1 A 9", "2 send 1,2,3,4,5,6,7,8"]);
  assert.equal(counters().waiting, 0);
});

test("replay: without times value by value, and the live one last", async () => {
  const { outbox, sent } = anOutbox({ delivery: "replay", carriesTime: false });
  for (let value = 1; value <= 4; value++) outbox.add(A, report(value), MANY);
  outbox.resume();
  await settle();
  outbox.add(A, report(5), MANY);
  await deliverAll(outbox, sent);
  assert.deepEqual(sent, ["1 A 1", "2 A 2", "3 A 3", "4 A 4", "5 A 5"]);
  outbox.add(A, report(6), MANY);
  assert.equal(sent.at(-1), "6 A 6", "then life goes on");
});

test("report entries go by Send, many devices in one, and wait while the server is muted", async () => {
  const { outbox, sent, world, counters } = anOutbox({ nstart: 2 });
  outbox.resume();
  world.mute = true;
  outbox.add(REPORT, report(1), MANY);
  outbox.add(OTHER_REPORT, report(2), MANY);
  await settle();
  assert.deepEqual(sent, []);
  world.mute = false;
  outbox.kick();
  assert.deepEqual(sent, ["1 send 1,2"]);
  outbox.onDelivered(1);
  assert.deepEqual(counters(), { waiting: 0, delivered: 2, dropped: 0 });
});

test("what waits since another run goes by Send, or to who observes again", async () => {
  const { history, ...first } = anOutbox();
  for (let value = 1; value <= 3; value++) first.outbox.add(A, report(value), MANY);
  const sent: string[] = [];
  const next = makeOutbox(
    {
      compose: (_id, reports) => ({
        message: { code: CODE.content, options: [], payload: payloadOf(reports) },
        confirmable: true,
        covers: reports.length,
      }),
      transmit: (_id, number, { message }) => sent.push(`${number} A ${textOf(message.payload)}`),
      withdraw: () => {},
      carriesTime: () => true,
    },
    { clock: first.clock, history },
  );
  next.adopt(history.observations());
  next.resume();
  await settle();
  assert.deepEqual(sent, []);
  next.release(A);
  await settle();
  assert.deepEqual(sent, ["1 A 1,2,3"]);
});

for (const delivery of ["send", "notify"] as const) {
  test(`${delivery}: a drain whose message is lost delays what is live by less than two seconds`, async () => {
    const { outbox, sent, clock, world } = anOutbox({ delivery });
    for (let value = 1; value <= 300; value++) outbox.add(A, report(value), MANY);
    outbox.resume();
    outbox.onDelivered(1);
    await settle();
    assert.equal(sent.length, 2, "the newest, and the first of the others");
    await clock.advance(MINUTE);
    outbox.add(B, report(1000), MANY);
    await clock.advance(1.4 * SECOND);
    assert.equal(sent.length, 2);
    await clock.advance(0.2 * SECOND);
    assert.deepEqual(world.abandoned, [2]);
    assert.equal(sent[2], "3 B 1000");
    outbox.onDelivered(3);
    await deliverAll(outbox, sent, 4);
    assert.equal(new Set(sent.flatMap(valuesOf)).size, 301, "and what was called off goes again");
  });
}
