import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD } from "../../src/coap/options.ts";
import { observationId } from "../../src/lwm2m/observations.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { type Composed, Outbox, type Report } from "../../src/servers/outbox.ts";

const PATH = parsePath("/m/3303/0/5700");
const A = observationId(1, [PATH]);
const B = observationId(1, [parsePath("/m/3304/0/5700")]);
const MANY = 1000;

function report(value: number, confirmable = true): Report {
  return { samples: [{ path: PATH, value, time: value }], confirmable };
}

/** An outbox, and what it sent: `name:values` of each message. */
function anOutbox({ nstart = 1, most = MANY, samples = MANY } = {}) {
  const sent: string[] = [];
  const outbox = new Outbox(
    {
      compose: (_id, reports): Composed => ({
        message: { code: CODE.content, options: [], payload: NO_PAYLOAD },
        confirmable: true,
        covers: Math.min(most, reports.length),
      }),
      transmit: (id, notification, { covers }) => sent.push(`${notification} ${id === A ? "A" : "B"} ${covers}`),
    },
    nstart,
    samples,
  );
  return { outbox, sent };
}

test("nothing leaves before the server is there, then everything of an observation goes together", () => {
  const { outbox, sent } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.add(A, report(2), MANY);
  assert.deepEqual(sent, []);
  outbox.resume();
  assert.deepEqual(sent, ["1 A 2"]);
  assert.equal(outbox.counters.waiting, 2);
  outbox.onDelivered(1);
  assert.deepEqual(outbox.counters, { waiting: 0, delivered: 2, dropped: 0 });
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
  assert.deepEqual(sent, ["1 A 1", "2 B 1", "3 A 1"]);
});

test("one observation has one notification on its way, whatever NSTART allows", () => {
  const { outbox, sent } = anOutbox({ nstart: 4, most: 1 });
  outbox.resume();
  outbox.add(A, report(1), MANY);
  outbox.add(A, report(2), MANY);
  outbox.add(B, report(3), MANY);
  assert.deepEqual(sent, ["1 A 1", "2 B 1"]);
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
  assert.deepEqual(sent, ["1 A 1", "2 A 2"]);
});

test("an observation keeps its newest reports for a server that is away, and what it drops is counted", () => {
  const { outbox } = anOutbox();
  for (let value = 1; value <= 5; value++) outbox.add(A, report(value), 3);
  assert.deepEqual(outbox.counters, { waiting: 3, delivered: 0, dropped: 2 });
});

test("hqmax 0 keeps nothing for a server that is away, and delivers to one that is there", () => {
  const { outbox, sent } = anOutbox();
  outbox.add(A, report(1), 0);
  assert.equal(outbox.counters.waiting, 0);
  outbox.resume();
  outbox.add(A, report(2), 0);
  assert.deepEqual(sent, ["1 A 1"]);
});

test("an observation that ends owes nothing, and its late acknowledgement settles nothing else", () => {
  const { outbox, sent } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), MANY);
  outbox.forget(A);
  outbox.add(A, report(2), MANY);
  outbox.onDelivered(1);
  assert.deepEqual(sent, ["1 A 1", "2 A 1"]);
  assert.equal(outbox.counters.waiting, 1);
});

test("the limit holds also while a report is on its way, which is not counted", () => {
  const { outbox, sent } = anOutbox({ most: 1 });
  outbox.resume();
  for (let value = 1; value <= 6; value++) outbox.add(A, report(value), 2);
  assert.deepEqual(outbox.counters, { waiting: 3, delivered: 0, dropped: 3 });
  outbox.onDelivered(1);
  outbox.onDelivered(2);
  outbox.onDelivered(3);
  assert.deepEqual(sent, ["1 A 1", "2 A 1", "3 A 1"]);
  assert.deepEqual(outbox.counters, { waiting: 0, delivered: 3, dropped: 3 });
});

test("hqmax 0: what a server that is there waits for is dropped once it is away, what was on its way too", () => {
  const { outbox, sent } = anOutbox();
  outbox.resume();
  outbox.add(A, report(1), 0);
  outbox.add(A, report(2), 0);
  outbox.add(B, report(3), 0);
  assert.equal(outbox.counters.waiting, 3, "its turn comes");
  outbox.pause();
  outbox.onFailed(1);
  assert.deepEqual(outbox.counters, { waiting: 0, delivered: 0, dropped: 3 });
  outbox.resume();
  assert.deepEqual(sent, ["1 A 1"]);
});

test("what a void observation owes waits until it is granted again", () => {
  const { outbox, sent } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.hold(A);
  outbox.resume();
  outbox.add(B, report(2), MANY);
  assert.deepEqual(sent, ["1 B 1"]);
  outbox.onDelivered(1);
  assert.equal(outbox.counters.waiting, 1);
  outbox.release(A);
  outbox.release(B);
  assert.deepEqual(sent, ["1 B 1", "2 A 1"]);
});

test("a void observation that is over owes nothing", () => {
  const { outbox, sent } = anOutbox();
  outbox.add(A, report(1), MANY);
  outbox.hold(A);
  outbox.forget(A);
  outbox.release(A);
  outbox.resume();
  assert.deepEqual(sent, []);
  assert.deepEqual(outbox.counters, { waiting: 0, delivered: 0, dropped: 1 });
});

test("all observations together keep so many samples; beyond it each gives its oldest for its newest", () => {
  const { outbox } = anOutbox({ samples: 10 });
  for (let value = 1; value <= 8; value++) outbox.add(A, report(value), MANY);
  for (let value = 1; value <= 8; value++) outbox.add(B, report(value), MANY);
  assert.deepEqual(outbox.counters, { waiting: 10, delivered: 0, dropped: 6 });
  outbox.add(A, report(9), Number.MAX_SAFE_INTEGER);
  assert.equal(outbox.counters.waiting, 10, "whatever hqmax a server asks for");
});

test("where there is no room, what waits for the server to observe again goes first", () => {
  const { outbox, sent } = anOutbox({ samples: 5 });
  for (let value = 1; value <= 5; value++) outbox.add(A, report(value), MANY);
  outbox.hold(A);
  for (let value = 1; value <= 3; value++) outbox.add(B, report(value), MANY);
  assert.deepEqual(outbox.counters, { waiting: 5, delivered: 0, dropped: 3 });
  for (let value = 4; value <= 9; value++) outbox.add(B, report(value), MANY);
  outbox.release(A);
  outbox.resume();
  assert.deepEqual(sent, ["1 B 5"], "nothing is left of the other");
});
