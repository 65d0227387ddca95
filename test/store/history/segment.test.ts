import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Value } from "../../../src/lwm2m/sample.ts";
import { DamagedSegment } from "../../../src/store/history/byte-reader.ts";
import type { HistoryEntry } from "../../../src/store/history/history.ts";
import {
  checkBody,
  cutRun,
  lastOf,
  readDirectory,
  readRun,
  SegmentWriter,
} from "../../../src/store/history/segment.ts";
import { observed, sample } from "../../support/history.ts";

const ID = observed("/meter-1");

const paths = fc.constantFrom(
  "/meter-1/3303/0/5700",
  "/meter-1/3303/0/5701",
  "/meter-1/3/0/6/1",
  "/3/0/13",
  "/meter-2",
);
const texts = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "a\udfff", "日本", "x".repeat(500)));
const values: fc.Arbitrary<Value> = fc.oneof(
  texts,
  fc.boolean(),
  fc.double(),
  fc.float(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    127,
    128,
    2 ** 31,
    2 ** 31 - 1,
    2 ** 32,
    -1,
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ),
  fc.bigInt(),
  fc.constantFrom(0n, -1n, 2n ** 63n, -(2n ** 64n), 255n, 256n),
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(65535), fc.nat(65535)).map(([object, instance]) => ({ object, instance })),
);
const timesOfSamples = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.double({ noNaN: true }).map((time) => time + 0),
  fc.constantFrom(0, -5, 0.5, 2 ** 52, 1e300, Number.POSITIVE_INFINITY, Number.NaN),
);
const samples = fc.array(fc.record({ path: paths, value: values, time: timesOfSamples }), { maxLength: 6 });
const reports = fc.array(fc.record({ samples, confirmable: fc.boolean() }), { minLength: 1, maxLength: 8 });

function entriesOf(
  drawn: readonly { samples: readonly { path: string; value: Value; time: number }[]; confirmable: boolean }[],
) {
  return drawn.map(({ samples, confirmable }, i): HistoryEntry => {
    return { sequence: i + 5, samples: samples.map(({ path, value, time }) => sample(path, time, value)), confirmable };
  });
}

test("every value of every type, every time and every path comes back as it was", () => {
  fc.assert(
    fc.property(reports, reports, (some, others) => {
      const writer = new SegmentWriter();
      const [first, second] = [entriesOf(some), entriesOf(others)];
      writer.add(7, ID, first);
      writer.add(3, observed("/3/0"), second);
      const { segment, runs } = writer.take();
      checkBody(segment.directory, segment.body);
      assert.deepEqual(readDirectory(segment.directory), runs);
      const [one, two] = runs;
      assert.ok(one !== undefined && two !== undefined);
      assert.deepEqual(readRun(segment.body, one, ID), first);
      assert.deepEqual(readRun(segment.body, two, observed("/3/0")), second);
    }),
  );
});

test("a run can be cut at any entry, knowing where it begins or not", () => {
  fc.assert(
    fc.property(reports, fc.nat(8), fc.nat(8), fc.nat(20), (drawn, passed, many, maxSamples) => {
      const all = entriesOf(drawn);
      const writer = new SegmentWriter();
      writer.add(1, ID, all);
      const { segment, runs } = writer.take();
      const [run] = runs;
      assert.ok(run !== undefined);
      const after = Math.min(run.first - 1 + passed, lastOf(run) - 1);
      const to = after + 1 + many;
      const cut = cutRun(segment.body, run, { after, to, maxSamples });
      const { next } = cutRun(segment.body, run, { after: run.first - 1, to, maxSamples: 0 });
      if (next.sequence <= after + 1) {
        assert.deepEqual(cutRun(segment.body, run, { after, to, maxSamples, known: next }), cut);
      }
      writer.addBytes(cut.run, ...cut.parts);
      const part = writer.take();
      const got = part.runs.flatMap((run) => readRun(part.segment.body, run, ID));
      const wanted = all.filter(({ sequence }) => sequence > after && sequence <= to);
      assert.deepEqual(got, wanted.slice(0, got.length));
      const count = got.reduce((sum, { samples }) => sum + samples.length, 0);
      assert.ok(
        got.length > 0 && (count <= maxSamples || got.filter(({ samples }) => samples.length > 0).length === 1),
      );
      const more = wanted[got.length];
      assert.ok(more === undefined || count + more.samples.length > maxSamples);
      assert.equal(next.sequence > run.first, true);
    }),
  );
});

test("where a sequence is missing another run begins", () => {
  const writer = new SegmentWriter();
  const at = (sequence: number): HistoryEntry => ({ sequence, samples: [], confirmable: false });
  writer.add(1, ID, [at(1), at(2), at(4)]);
  assert.deepEqual(
    writer.take().runs.map((run) => [run.first, lastOf(run)]),
    [
      [1, 2],
      [4, 4],
    ],
  );
});

test("a sample of one float costs few bytes", () => {
  const writer = new SegmentWriter();
  for (let i = 0; i < 1000; i++) {
    const samples = [sample(`/meter-${i}/3305/0/5800`, 1_700_000_000_000 + i, Math.fround(230.1))];
    writer.add(i, observed(`/meter-${i}/3305/0/5800`), [{ sequence: 100_000, samples, confirmable: true }]);
  }
  const { directory, body } = writer.take().segment;
  assert.ok((directory.length + body.length) / 1000 < 22, `${directory.length} and ${body.length}`);
});

test("whatever bytes a directory and a body are, they give runs and entries or are called damaged", () => {
  const writer = new SegmentWriter();
  writer.add(1, ID, entriesOf([{ samples: [{ path: "/3/0/13", value: "text", time: 5 }], confirmable: true }]));
  const sound = writer.take().segment;
  const noise = (bytes: Uint8Array) => {
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const changed = changes.map((list) => {
      const copy = new Uint8Array(bytes);
      for (const [at, value] of list) copy[at] = value;
      return copy;
    });
    return fc.oneof(fc.uint8Array({ maxLength: 60 }), changed);
  };
  const sized = fc.record({
    first: fc.integer({ min: 1, max: 9 }),
    entries: fc.integer({ min: 1, max: 9 }),
    after: fc.nat(9),
  });
  fc.assert(
    fc.property(noise(sound.directory), noise(sound.body), sized, (directory, body, { first, entries, after }) => {
      orDamaged(() => readDirectory(directory));
      orDamaged(() => checkBody(directory, body));
      const place = { offset: 0, length: body.length };
      const run = { observation: 1, first, entries, samples: 1, oldest: 0, newest: 0, epoch: 0, ...place };
      orDamaged(() => readRun(body, run, ID));
      orDamaged(() => readRun(body, run, ID, after));
      orDamaged(() =>
        cutRun(body, run, { after: Math.min(after, lastOf(run) - 1), to: first + entries, maxSamples: 3 }),
      );
    }),
    { numRuns: 2000 },
  );
});

test("one changed byte of a segment never goes unnoticed", () => {
  const writer = new SegmentWriter();
  writer.add(1, ID, entriesOf([{ samples: [{ path: "/3/0/13", value: 1.5, time: 5 }], confirmable: true }]));
  const { directory, body } = writer.take().segment;
  for (const bytes of [directory, body]) {
    for (let at = 0; at < bytes.length; at++) {
      const before = bytes[at] ?? 0;
      bytes[at] = before ^ 0x10;
      assert.throws(() => checkBody(directory, body), DamagedSegment);
      bytes[at] = before;
    }
  }
});

function orDamaged(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof DamagedSegment, String(error));
  }
}
