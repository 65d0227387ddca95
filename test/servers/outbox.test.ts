import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD } from "../../src/coap/options.ts";
import { type ObservationId, observationId, reportId } from "../../src/lwm2m/observations.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Composed, Delivery, OutboxCounters, Report } from "../../src/servers/outbox.ts";
import { aHistory, makeOutbox } from "../support/an-outbox.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

const PATH = parsePath("/m/3303/0/5700");
const A = observationId(1, [PATH]);
const B = observationId(1, [parsePath("/m/3304/0/5700")]);
const REPORT = reportId(1, "energy", "m");
const OTHER_REPORT = reportId(1, "energy", "n");
const MANY = 1000;

function report(value: number, confirmable = true): Report {
  return { samples: [{ path: PATH, value, time: 1e12 + value }], confirmable };
}

interface Setup {
  readonly nstart?: number;
  /** How many reports one notification takes. */
  readonly most?: number;
  readonly delivery?: Delivery;
  readonly mute?: boolean;
  readonly carriesTime?: boolean;
  readonly maxMessage?: number;
}

/** An outbox, and what it sent: `number name values`; the name is "send" for a Send. */
function anOutbox({ nstart = 1, most = MANY, maxMessage = 1024, ...setup }: Setup = {}) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const { history } = aHistory(clock);
  const world = { mute: setup.mute ?? false, carriesTime: setup.carriesTime ?? true, abandoned: [] as number[] };
  const outbox = makeOutbox(
    {
      compose: (_id, reports): Composed => {
        const covered = world.carriesTime ? reports.slice(0, most) : reports.slice(-1);
        return {
          message: { code: CODE.content, options: [], payload: payloadOf(covered) },
          confirmable: covered.some(({ confirmable }) => confirmable),
          covers: world.carriesTime ? covered.length : reports.length,
        };
      },
      transmit: (id, number, { message, confirmable }) => {
        sent.push(`${number} ${NAMES.get(id) ?? id} ${textOf(message.payload)}`);
        if (!confirmable) outbox.onDelivered(number);
      },
      withdraw: (_id, number) => world.abandoned.push(number),
      carriesTime: () => world.carriesTime,
    },
    {
      clock,
      history,
      nstart,
      maxMessage,
      packs: {
        canSend: () => !world.mute,
        delivery: () => (setup.delivery === "send" && world.mute ? "notify" : (setup.delivery ?? "notify")),
        write: (samples) => ({ code: CODE.post, options: [], payload: payloadOf([{ samples, confirmable: true }]) }),
        isThere: () => true,
        transmit: (number, { payload }) => {
          sent.push(`${number} send ${textOf(payload)}`);
          return () => {
            world.abandoned.push(number);
            outbox.onFailed(number);
          };
        },
      },
    },
  );
  const counters = (): Pick<OutboxCounters, "waiting" | "delivered"> & { readonly dropped: number } => {
    const { waiting, delivered, dropped } = outbox.counters;
    const here = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const there = Object.values(history.dropped(1)).reduce((sum, count) => sum + count, 0);
    return { waiting, delivered, dropped: here + there };
  };
  return { outbox, sent, clock, history, world, counters };
}

const NAMES = new Map<ObservationId, string>([
  [A, "A"],
  [B, "B"],
]);

function payloadOf(reports: readonly Report[]): Uint8Array {
  const values = reports.flatMap(({ samples }) => samples.map(({ value }) => value));
  return values.length === 0 ? NO_PAYLOAD : new TextEncoder().encode(values.join(","));
}

function textOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

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

/** Acknowledges everything, until nothing more comes. */
async function deliverAll(outbox: { onDelivered(number: number): void }, sent: readonly string[], from = 1) {
  for (let number = from; ; number++) {
    for (let turn = 0; turn < 3 && sent.length < number; turn++) await settle();
    if (sent.length < number) return;
    outbox.onDelivered(number);
  }
}

function valuesOf(line = ""): number[] {
  return (line.split(" ")[2] ?? "").split(",").map(Number);
}
