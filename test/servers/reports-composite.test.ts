import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { type ExchangeId, exchangeId } from "../../src/coap/endpoint.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../../src/lwm2m/formats/index.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { Observations } from "../../src/lwm2m/observations.ts";
import { type Path, prefixOf } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import type { ObjectTree } from "../../src/lwm2m/tree.ts";
import { Reports } from "../../src/servers/reports.ts";
import { makeOutbox } from "../support/an-outbox.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

const [A, B] = [at("/a/3303/0/5700"), at("/b/3303/0/5700")];
const FIRST = exchangeId(1);
const SECOND_EXCHANGE = exchangeId(2);

/** Two devices, 20 and 30 degrees. */
function someReports() {
  const clock = new FakeClock();
  const backings = new Map(
    [20, 30].map((value, i) => {
      const prefix = i === 0 ? "a" : "b";
      return [prefix, new FakeBacking(prefix, { 3303: { instances: { 0: { 5700: value } } } })] as const;
    }),
  );
  const trees = new Map<string, ObjectTree>([...backings].map(([prefix, backing]) => [prefix, new ModelTree(backing)]));
  const latest = new Map<Path, Sample>();
  const sent: string[] = [];
  const ended: ExchangeId[] = [];
  const reports: Reports = new Reports({
    server: 101,
    machine: new Observations(new AttributeStore(() => ({}))),
    clock,
    treeOf: (prefix) => trees.get(prefix),
    latest: (path) => latest.get(path),
    storing: () => true,
    ownerOf: prefixOf,
    onEvaluation: () => {},
    keep: 1000,
    maxMessage: 1024,
    makeOutbox: (notifications) => makeOutbox(notifications(), { clock, nstart: 10 }),
    notifier: {
      notify: (exchange, _notification, { code, payload, options: [format] }) => {
        const context = { base: at("/"), typeOf: () => undefined };
        const records = decodeTimed(format?.value[0] ?? 0, payload, context);
        const values = records.map(({ path, value }) => `${path.slice(1, 2)}=${String(value)}`);
        sent.push([String(exchange), ...(code === CODE.content ? values : [formatCode(code)])].join(" "));
      },
      withdraw: () => {},
      endObservation: (exchange) => ended.push(exchange),
    },
  });
  const codec = codecFor(CONTENT_FORMAT.senmlJson) ?? assert.fail();
  const granted = (paths: readonly Path[], samples: readonly Sample[] = []) => ({
    paths,
    composite: true,
    codec,
    samples,
  });
  reports.outbox.resume();
  return { clock, backings, trees, latest, sent, ended, reports, granted };
}

const sample = (path: Path, value: Value, seconds = 0): Sample => ({
  path,
  value,
  time: (1_000_000_000 + seconds) * SECOND,
});

test("a list whose devices are gone stays, and tells what comes", () => {
  const { reports, sent, trees, granted } = someReports();
  reports.grant(FIRST, granted([A, B], [sample(A, 20), sample(B, 30)]));
  for (const prefix of ["a", "b"]) {
    trees.delete(prefix);
    reports.removed(at(`/${prefix}`));
    reports.outbox.onDelivered(sent.length);
  }
  assert.deepEqual(sent, ["1 b=30", "1"]);
  assert.deepEqual(reports.paths, [A, B]);
  reports.changed([sample(A, 21, 5)]);
  assert.equal(sent.at(-1), "1 a=21");
});

test("a device that appears is read for the lists that name it, once, and for nobody else", async () => {
  const { reports, sent, backings, granted } = someReports();
  reports.grant(FIRST, granted([A, B], [sample(A, 20)]));
  reports.grant(SECOND_EXCHANGE, { ...granted([B], [sample(B, 30)]), composite: false });
  reports.appeared([at("/b")]);
  await settle();
  assert.deepEqual(backings.get("b")?.calls, [`read ${B}`]);
  assert.deepEqual(sent, ["1 a=20 b=30"], "to the single observer it is no news");
  reports.cancel(FIRST);
  reports.appeared([at("/b")]);
  reports.appeared([at("/c")]);
  await settle();
  assert.equal(backings.get("b")?.calls.length, 1);
});

test("what changed while the answer waited for a slower device is told after it", () => {
  const { reports, sent, latest, granted } = someReports();
  latest.set(A, sample(A, 22, 9));
  latest.set(B, sample(B, 30, 9));
  reports.grant(FIRST, granted([A, B], [sample(A, 20), sample(B, 30)]));
  assert.deepEqual(sent, ["1 a=22 b=30"]);
});

test("the same list takes the place of the one before, another order is another list", () => {
  const { reports, sent, ended, granted } = someReports();
  const samples = [sample(A, 20), sample(B, 30)];
  reports.grant(FIRST, granted([A, B], samples));
  reports.grant(SECOND_EXCHANGE, granted([A, B], samples));
  assert.deepEqual(ended, [FIRST]);
  reports.grant(exchangeId(3), granted([B, A], samples));
  reports.changed([sample(A, 21, 1)]);
  assert.deepEqual(sent, ["2 a=21 b=30", "3 a=21 b=30"]);
  reports.cancel(SECOND_EXCHANGE);
  assert.deepEqual(reports.paths, [B, A]);
});

test("there is room for a thousand lists, and for fifty thousand paths in them", () => {
  const { reports, granted } = someReports();
  const list = (n: number) => granted([at(`/${n}`), A]);
  for (let n = 0; n < 1000; n++) reports.grant(exchangeId(n), list(n));
  assert.equal(reports.hasRoomFor(list(1000)), false);
  assert.equal(reports.hasRoomFor(list(999)), true, "it takes the place of the one that is there");
  assert.equal(reports.hasRoomFor({ ...list(1000), composite: false }), true);
  reports.cancel(exchangeId(0));
  assert.equal(reports.hasRoomFor(list(1000)), true);
  const long = granted(Array.from({ length: 48_003 }, (_, n) => at(`/${n}`)));
  assert.equal(reports.hasRoomFor(long), false);
  assert.equal(reports.hasRoomFor({ ...long, paths: long.paths.slice(1) }), true);
});
