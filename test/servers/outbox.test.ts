import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { settle } from "../support/fake-clock.ts";
import { A, anOutbox, B, MANY, report } from "../support/outbox-world.ts";

test("nothing leaves before the server is there, then everything of an observation goes together", () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.add(A, report(2), MANY);
  assert.deepEqual(sent, []);
  outbox.resume();
  assert.deepEqual(sent, ["1 A 1,2"]);
  assert.equal(counters().waiting, 2);
  outbox.onDelivered(1);
  assert.deepEqual(counters(), { waiting: 0, delivered: 2, dropped: 0 });
});

test("no more confirmable notifications are on their way than NSTART allows, and turns go round", () => {
  const { outbox, sent } = anOutbox({ most: 1 });
  outbox.add(A, report(1), MANY);
  outbox.add(A, report(2), MANY);
  outbox.add(B, report(3), MANY);
  outbox.resume();
  assert.deepEqual(sent, ["1 A 1"]);
  outbox.onDelivered(1);
  outbox.onDelivered(2);
  outbox.onDelivered(3);
  assert.deepEqual(sent, ["1 A 1", "2 B 3", "3 A 2"]);
});

test("one observation has one notification on its way, whatever NSTART allows", () => {
  const { outbox, sent } = anOutbox({ nstart: 4, most: 1 });
  outbox.resume();
  outbox.add(A, report(1), MANY);
  outbox.add(A, report(2), MANY);
  outbox.add(B, report(3), MANY);
  assert.deepEqual(sent, ["1 A 1", "2 B 3"]);
});

test("what was not acknowledged goes again, with what came meanwhile, once the server is back", () => {
  const { outbox, sent } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), MANY);
  outbox.pause();
  outbox.onFailed(1);
  outbox.add(A, report(2), MANY);
  assert.deepEqual(sent, ["1 A 1"]);
  outbox.resume();
  assert.deepEqual(sent, ["1 A 1", "2 A 1,2"]);
});

test("an observation keeps its newest reports for a server that is away, and what it drops is counted", () => {
  const { outbox, counters } = anOutbox();
  for (let value = 1; value <= 5; value++) outbox.add(A, report(value), 3);
  assert.deepEqual(counters(), { waiting: 3, delivered: 0, dropped: 2 });
});

test("hqmax 0 keeps nothing for a server that is away, and delivers to one that is there", () => {
  const { outbox, sent, counters, history } = anOutbox();
  outbox.add(A, report(1), 0);
  assert.deepEqual(counters(), { waiting: 0, delivered: 0, dropped: 1 });
  outbox.resume();
  outbox.add(A, report(2), 0);
  assert.deepEqual(sent, ["1 A 2"]);
  assert.equal(history.waiting(A), 0, "the disk hears nothing of it");
});

test("an observation that ends owes nothing, and its late acknowledgement settles nothing else", () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), MANY);
  outbox.forget(A);
  outbox.add(A, report(2), MANY);
  outbox.onDelivered(1);
  assert.deepEqual(sent, ["1 A 1", "2 A 2"]);
  assert.equal(counters().waiting, 1);
});

test("the limit holds also while a report is on its way, which is not counted", () => {
  const { outbox, sent, counters } = anOutbox({ most: 1 });
  outbox.resume();
  for (let value = 1; value <= 6; value++) outbox.add(A, report(value), 2);
  assert.deepEqual(counters(), { waiting: 3, delivered: 0, dropped: 3 });
  outbox.onDelivered(1);
  outbox.onDelivered(2);
  outbox.onDelivered(3);
  assert.deepEqual(sent, ["1 A 1", "2 A 5", "3 A 6"]);
  assert.deepEqual(counters(), { waiting: 0, delivered: 3, dropped: 3 });
});

test("hqmax 0: what a server that is there waits for is dropped once it is away, what was on its way too", () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), 0);
  outbox.add(A, report(2), 0);
  outbox.add(B, report(3), 0);
  assert.equal(counters().waiting, 3, "its turn comes");
  outbox.pause();
  outbox.onFailed(1);
  assert.deepEqual(counters(), { waiting: 0, delivered: 0, dropped: 3 });
  outbox.resume();
  assert.deepEqual(sent, ["1 A 1"]);
});

test("what a void observation owes waits until it is granted again, where there is no Send", async () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.hold(A);
  outbox.resume();
  outbox.add(B, report(2), MANY);
  await settle();
  assert.deepEqual(sent, ["1 B 2"]);
  outbox.onDelivered(1);
  assert.equal(counters().waiting, 1);
  outbox.release(A);
  outbox.release(B);
  await settle();
  assert.deepEqual(sent, ["1 B 2", "2 A 1"]);
});

test("a void observation that is over owes nothing", () => {
  const { outbox, sent, counters } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.hold(A);
  outbox.forget(A);
  outbox.release(A);
  outbox.resume();
  assert.deepEqual(sent, []);
  assert.deepEqual(counters(), { waiting: 0, delivered: 0, dropped: 1 });
});

test("non-confirmable: one burst of NSTART, then one in three seconds, as long as no round trip is known", async () => {
  const { outbox, sent, clock } = anOutbox();
  outbox.resume();
  for (let value = 1; value <= 4; value++) outbox.add(value % 2 === 0 ? A : B, report(value, false), MANY);
  assert.deepEqual(sent, ["1 B 1"]);
  await clock.advance(3 * SECOND);
  await clock.advance(3 * SECOND);
  assert.deepEqual(sent, ["1 B 1", "2 A 2,4", "3 B 3"], "what is due meanwhile makes the next larger");
});

test("non-confirmable: at the pace of the round trip, once a confirmable one has measured it", async () => {
  const { outbox, sent, clock } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), MANY);
  await clock.advance(100);
  outbox.onDelivered(1);
  for (let i = 0; i < 40; i++) {
    outbox.add(i % 2 === 0 ? A : B, report(i, false), MANY);
    await clock.advance(50);
  }
  assert.ok(sent.length >= 20 && sent.length <= 23, String(sent.length));
});
