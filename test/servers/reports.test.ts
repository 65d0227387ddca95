import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { type ExchangeId, exchangeId } from "../../src/coap/endpoint.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../../src/lwm2m/formats/index.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { Observations } from "../../src/lwm2m/observations.ts";
import { type Path, prefixOf } from "../../src/lwm2m/path.ts";
import type { Sample } from "../../src/lwm2m/sample.ts";
import { Reports } from "../../src/servers/reports.ts";
import { makeOutbox } from "../support/an-outbox.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

const TEMPERATURE = at("/d01/3303/0/5700");
const FIRST = exchangeId(1);
const SECOND_EXCHANGE = exchangeId(2);

interface Settings {
  readonly storing?: boolean;
  /** /1/x/26. */
  readonly con?: number;
}

function someReports({ storing = true, ...defaults }: Settings = {}) {
  const clock = new FakeClock();
  const trees = new Map([["d01", new ModelTree(new FakeBacking("d01", { 3303: { instances: { 0: { 5700: 20 } } } }))]]);
  const latest = new Map<Path, Sample>();
  const sent: string[] = [];
  const ended: ExchangeId[] = [];
  const confirmable: boolean[] = [];
  const format = { current: CONTENT_FORMAT.senmlJson as number };
  const reports: Reports = new Reports({
    server: 101,
    machine: new Observations(new AttributeStore(() => defaults)),
    clock,
    treeOf: (prefix) => trees.get(prefix),
    latest: (path) => latest.get(path),
    storing: () => storing,
    ownerOf: prefixOf,
    onEvaluation: () => {},
    keep: 1000,
    maxMessage: 1024,
    makeOutbox: (notifications) => makeOutbox(notifications(), { clock }),
    notifier: {
      notify: (exchange, notification, { code, payload }, isConfirmable) => {
        confirmable.push(isConfirmable);
        const context = { base: TEMPERATURE, typeOf: catalogue.typeOf };
        const values = code === CODE.content ? decodeTimed(format.current, payload, context) : [];
        const records = values.map(({ value, time }) => `${String(value)}@${time === undefined ? "" : time / SECOND}`);
        sent.push([`${exchange}:${notification}`, formatCode(code), ...records].join(" "));
      },
      withdraw: () => {},
      endObservation: (exchange) => ended.push(exchange),
    },
  });
  const grant = (exchange: ExchangeId, contentFormat: number = CONTENT_FORMAT.senmlJson): void => {
    const codec = codecFor(contentFormat) ?? assert.fail();
    format.current = contentFormat;
    reports.grant(exchange, { paths: [TEMPERATURE], composite: false, codec, samples: [sample(20, 0)] });
  };
  const measure = (value: number, seconds: number): void => reports.changed([sample(value, seconds)]);
  reports.outbox.resume();
  return { clock, trees, latest, sent, ended, confirmable, reports, grant, measure };
}

/** Seconds after the 10th of September 2001: SenML takes early times for relative ones. */
function sample(value: number, seconds: number): Sample {
  return { path: TEMPERATURE, value, time: (1_000_000_000 + seconds) * SECOND };
}

/** How many values a line of `sent` has. */
function records(line = ""): number {
  return line.split(" ").length - 2;
}

test("a change leaves at once, with its time, in the exchange of its observation", () => {
  const { sent, grant, measure, reports } = someReports();
  grant(FIRST);
  measure(21, 1);
  assert.deepEqual(sent, ["1:1 2.05 21@1000000001"]);
  assert.deepEqual(reports.paths, [TEMPERATURE]);
});

test("after sixteen that are not confirmable one is, whatever was due and never sent", async () => {
  const { clock, grant, measure, reports, confirmable } = someReports({ con: 0, storing: false });
  grant(FIRST);
  let value = 100;
  const change = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      // RFC 7641 §4.5.1: one in three seconds, where no round trip is known.
      await clock.advance(3 * SECOND);
      measure(++value, value);
      const { length } = confirmable;
      // What is not confirmable is delivered as soon as it is sent.
      if (length > 0) reports.outbox.onDelivered(length);
    }
  };
  await change(10);
  reports.outbox.pause();
  await change(50);
  assert.equal(confirmable.length, 10, "the server was away");
  reports.outbox.resume();
  await change(8);
  assert.deepEqual(
    confirmable.flatMap((one, i) => (one ? [i + 1] : [])),
    [17],
  );
});

test("the time is that of the newest measurement of the same value", () => {
  const { sent, latest, grant, measure } = someReports();
  grant(FIRST);
  latest.set(TEMPERATURE, sample(21, 9));
  measure(21, 1);
  latest.set(TEMPERATURE, sample(99, 10));
  measure(22, 2);
  assert.deepEqual(sent, ["1:1 2.05 21@1000000009"]);
});

test("a report of the gateway's own clock says what the clock says when pmax makes it due", async () => {
  const { clock, sent, trees, latest, reports } = someReports();
  const path = at("/3/0/13");
  const second = (n: number): Sample => ({ path, value: n, time: (1_000_000_000 + n) * SECOND });
  trees.set("", new ModelTree(new FakeBacking("", { 3: { instances: { 0: { 13: 0 } } } })));
  reports.grant(FIRST, {
    paths: [path],
    composite: false,
    codec: codecFor(110) ?? assert.fail(),
    samples: [second(0)],
    attributes: { pmax: 10 },
  });
  latest.set(path, second(10));
  await clock.advance(10 * SECOND);
  assert.deepEqual(sent, ["1:1 2.05 10@1000000010"]);
});

test("a value that epmax has read anew is judged like any other", async () => {
  const { clock, sent, trees, reports } = someReports();
  const path = at("/3/0/10");
  const backing = new FakeBacking("", { 3: { instances: { 0: { 10: 700 } } } });
  trees.set("", new ModelTree(backing));
  const codec = codecFor(110) ?? assert.fail();
  const samples = [{ path, value: 900, time: 1_000_000_000 * SECOND }];
  reports.grant(FIRST, { paths: [path], composite: false, codec, samples, attributes: { epmax: 10, lt: 800 } });
  await clock.advance(10 * SECOND);
  assert.deepEqual(backing.calls, ["read /3/0/10"]);
  assert.deepEqual(sent, ["1:1 2.05 700@1700000000"]);
});

test("what waits goes together in a format with times, as many as fit one message", async () => {
  const { sent, grant, measure, reports } = someReports();
  grant(FIRST);
  for (let i = 1; i <= 61; i++) measure(20 + i, i);
  assert.deepEqual(sent.length, 1);
  reports.outbox.onDelivered(1);
  assert.ok(records(sent[1]) >= 25, `${records(sent[1])} of SenML JSON in 1024 bytes`);
  for (let number = 2; number <= sent.length; number++) {
    reports.outbox.onDelivered(number);
    await settle();
  }
  assert.equal(
    sent.map(records).reduce((a, b) => a + b),
    61,
  );
  const { waiting, delivered } = reports.counters;
  assert.deepEqual([waiting, delivered], [0, 61]);
});

test("of what waits in a format without times the newest is told, once", () => {
  const { sent, grant, measure, reports } = someReports();
  grant(FIRST, CONTENT_FORMAT.tlv);
  for (let i = 1; i <= 5; i++) measure(20 + i, i);
  reports.outbox.onDelivered(1);
  assert.deepEqual(sent, ["1:1 2.05 21@", "1:2 2.05 25@"]);
  reports.outbox.onDelivered(2);
  assert.equal(sent.length, 2);
});

test("a second Observe of the path replaces the first, whose unacknowledged report goes again", () => {
  const { sent, ended, grant, measure, reports } = someReports();
  grant(FIRST);
  measure(21, 1);
  grant(SECOND_EXCHANGE);
  assert.deepEqual(ended, [FIRST]);
  reports.outbox.onFailed(1);
  assert.deepEqual(sent, ["1:1 2.05 21@1000000001", "2:2 2.05 21@1000000001"]);
  assert.deepEqual(reports.paths, [TEMPERATURE]);
  reports.cancel(FIRST);
  assert.deepEqual(reports.paths, [TEMPERATURE], "the one that was replaced says nothing of the one that stands");
});

test("a new registration voids every observation; what it owes waits for the next Observe", async () => {
  const { sent, ended, grant, measure, reports } = someReports();
  grant(FIRST);
  reports.outbox.pause();
  measure(21, 1);
  measure(22, 2);
  reports.clear();
  assert.deepEqual([reports.paths, ended], [[], [FIRST]]);
  measure(23, 3);
  reports.outbox.resume();
  assert.deepEqual(sent, []);
  assert.equal(reports.counters.waiting, 2);
  grant(SECOND_EXCHANGE);
  await settle();
  assert.deepEqual(sent, ["2:1 2.05 21@1000000001 22@1000000002"]);
});

test("what waits for a path that is gone is dropped; its observer hears 4.04", () => {
  const { sent, grant, measure, reports } = someReports();
  grant(FIRST);
  reports.outbox.pause();
  measure(21, 1);
  reports.clear();
  reports.removed(at("/d01"));
  assert.deepEqual([reports.counters.waiting, reports.counters.dropped.ended], [0, 1]);
  grant(SECOND_EXCHANGE);
  reports.removed(at("/d01/3303/0"));
  assert.deepEqual(sent, ["2:0 4.04"]);
  assert.deepEqual(reports.paths, []);
});

test("a report of a device that has gone meanwhile is dropped, and the next one's turn comes", () => {
  const { sent, trees, grant, measure, reports } = someReports();
  grant(FIRST);
  reports.outbox.pause();
  measure(21, 1);
  trees.clear();
  reports.outbox.resume();
  assert.deepEqual(sent, []);
  assert.deepEqual([reports.counters.waiting, reports.counters.dropped.ended], [0, 1]);
});

test("a server that wants nothing stored gets nothing of the time when it was away", () => {
  const { sent, grant, measure, reports } = someReports({ storing: false });
  grant(FIRST);
  measure(21, 1);
  measure(22, 2);
  reports.outbox.pause();
  reports.outbox.onFailed(1);
  measure(23, 3);
  reports.outbox.resume();
  assert.equal(sent.length, 1);
  measure(24, 4);
  assert.deepEqual(sent.slice(1), ["1:2 2.05 24@1000000004"]);
});

test("a stopped one is silent", async () => {
  const { clock, sent, grant, measure, reports } = someReports();
  grant(FIRST);
  reports.stop();
  measure(21, 1);
  await clock.advance(60 * SECOND);
  assert.deepEqual(sent, []);
});
