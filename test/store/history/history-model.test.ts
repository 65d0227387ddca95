/** Random uses of the queue on a real file, beside a plain list for each observation. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import type { ObservationId } from "../../../src/lwm2m/observation-id.ts";
import type { HistoryEntry, SequenceRange } from "../../../src/store/history/history.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { type HistoryWorld, observed, openHistory, sample } from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const IDS = [observed("/a/3303/0/5700"), observed("/b"), observed("/3/0/13")];
const COMMIT = 1000;
const ALL: SequenceRange = { from: 1, to: Number.MAX_SAFE_INTEGER };
/** What it takes until segments are merged. */
const MANY = 70;

type Step =
  | {
      readonly type: "append";
      readonly id: number;
      readonly samples: number;
      readonly keep: number;
      readonly many: number;
    }
  /** A range from so far behind the oldest that waits on, of so many. */
  | { readonly type: "confirm"; readonly id: number; readonly ahead: number; readonly many: number }
  /** The newest, as when a live report is delivered. */
  | { readonly type: "deliver"; readonly id: number }
  | { readonly type: "peek"; readonly id: number; readonly maxSamples: number }
  | { readonly type: "forget" | "forgetWhere"; readonly id: number }
  /** So many commit windows that segments are merged. */
  | { readonly type: "windows"; readonly mask: number }
  | { readonly type: "wait" | "flush" | "stop" | "kill" };

const id = fc.nat(IDS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 120,
    arbitrary: fc.record({
      type: fc.constant("append" as const),
      id,
      samples: fc.nat(3),
      keep: fc.constantFrom(0, 1, 3, 20, Number.POSITIVE_INFINITY),
      many: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 60,
    arbitrary: fc.record({
      type: fc.constant("confirm" as const),
      id,
      ahead: fc.oneof(fc.constant(0), fc.integer({ min: -2, max: 9 })),
      many: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 60, arbitrary: fc.record({ type: fc.constant("deliver" as const), id }) },
  { weight: 50, arbitrary: fc.record({ type: fc.constant("peek" as const), id, maxSamples: fc.nat(12) }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom("forget" as const, "forgetWhere" as const), id }) },
  { weight: 60, arbitrary: fc.record({ type: fc.constantFrom("wait" as const, "flush" as const) }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom("stop" as const, "kill" as const) }) },
  // Rarely, since it takes long.
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("windows" as const), mask: fc.integer({ min: 1, max: 7 }) }),
  },
);

/** What each observation is owed, and what of it is surely on disk. */
class Model {
  readonly waiting = new Map<ObservationId, HistoryEntry[]>(IDS.map((id) => [id, []]));
  /** Confirmed or dropped since the last commit: it may come again. */
  readonly doubtful = new Map<ObservationId, HistoryEntry[]>(IDS.map((id) => [id, []]));
  /** Appended since the last commit: it may be lost. */
  readonly young = new Set<HistoryEntry>();

  of(id: ObservationId): HistoryEntry[] {
    return this.waiting.get(id) ?? [];
  }

  append(id: ObservationId, entry: HistoryEntry, keep: number): void {
    const own = this.of(id);
    own.push(entry);
    this.young.add(entry);
    this.doubtful.get(id)?.push(...own.splice(0, Math.max(0, own.length - keep)));
  }

  confirm(id: ObservationId, { from, to }: SequenceRange): void {
    const inRange = ({ sequence }: HistoryEntry) => sequence >= from && sequence <= to;
    this.doubtful.get(id)?.push(...this.of(id).filter(inRange));
    this.waiting.set(
      id,
      this.of(id).filter((entry) => !inRange(entry)),
    );
  }

  committed(): void {
    this.young.clear();
    for (const entries of this.doubtful.values()) entries.length = 0;
  }
}

test("the queue gives what a plain list would, over restarts too; a kill loses and repeats one commit window at most", async (t) => {
  const directory = temporaryDirectory(t);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      const play = new Play(directory);
      for (const step of steps) await play.perform(step);
      await play.perform({ type: "stop" });
      await play.end();
    }),
    { numRuns: 80 },
  );
});

class Play {
  private readonly directory: string;
  private readonly clock = new FakeClock();
  private readonly model = new Model();
  private world: HistoryWorld;
  private time = 1_700_000_000_000;

  constructor(directory: string) {
    this.directory = directory;
    this.world = this.open();
  }

  async perform(step: Step): Promise<void> {
    const { model, world } = this;
    const { history } = world;
    switch (step.type) {
      case "append":
        for (let left = step.many; left > 0; left--) this.append(step);
        break;
      case "confirm": {
        const id = IDS[step.id] ?? IDS[0];
        assert.ok(id !== undefined);
        const from = (model.of(id)[0]?.sequence ?? 1) + step.ahead;
        this.confirm(id, { from, to: from + step.many - 1 });
        break;
      }
      case "deliver": {
        const id = IDS[step.id] ?? IDS[0];
        assert.ok(id !== undefined);
        const newest = model.of(id).at(-1)?.sequence ?? 0;
        this.confirm(id, { from: newest, to: newest });
        break;
      }
      case "peek": {
        const id = IDS[step.id] ?? IDS[0];
        assert.ok(id !== undefined);
        assert.deepEqual(await history.peek(id, step.maxSamples), firstOf(model.of(id), step.maxSamples));
        break;
      }
      case "forget": {
        const id = IDS[step.id] ?? IDS[0];
        assert.ok(id !== undefined);
        history.forget(id);
        model.confirm(id, ALL);
        break;
      }
      case "forgetWhere": {
        const id = IDS[step.id] ?? IDS[0];
        assert.ok(id !== undefined);
        assert.equal(
          history.forgetWhere((each) => each === id),
          model.of(id).length,
        );
        model.confirm(id, ALL);
        break;
      }
      case "windows":
        for (let window = 0; window < MANY; window++) {
          const ids = [0, 1, 2].filter((bit) => ((step.mask >> bit) & 1) === 1 && window % (bit + 1) === 0);
          for (const id of ids) this.append({ type: "append", id, samples: 2, keep: 40, many: 1 });
          await history.flush();
          model.committed();
        }
        break;
      case "wait":
        await this.clock.advance(COMMIT);
        await settle();
        model.committed();
        break;
      case "flush":
        await history.flush();
        model.committed();
        break;
      case "stop":
        await world.stop();
        model.committed();
        await this.reopen();
        break;
      case "kill":
        world.kill();
        await this.reopen();
        break;
      default:
        step satisfies never;
    }
    await this.compare();
  }

  async end(): Promise<void> {
    for (const id of IDS) this.world.history.forget(id);
    await this.world.stop();
  }

  private open(): HistoryWorld {
    return openHistory(this.directory, { clock: this.clock, commit: COMMIT });
  }

  private append({ id: index, samples: count, keep }: Step & { readonly type: "append" }): void {
    const id = IDS[index] ?? IDS[0];
    assert.ok(id !== undefined);
    const samples = Array.from({ length: count }, () => sample("/b/3303/0/5700", this.time++));
    const entry = this.world.history.append(id, { samples, confirmable: count % 2 === 0 }, keep);
    assert.deepEqual(entry.samples, samples);
    this.model.append(id, entry, keep);
  }

  private confirm(id: ObservationId, range: SequenceRange): void {
    this.world.history.confirm(id, range);
    this.model.confirm(id, range);
  }

  /** What is found after a restart becomes what is expected, if it may be so. */
  private async reopen(): Promise<void> {
    this.world = this.open();
    assert.deepEqual(this.world.lines, []);
    const { model, world } = this;
    for (const id of IDS) {
      const found = await world.history.peek(id, Number.MAX_SAFE_INTEGER);
      const expected = [...(model.doubtful.get(id) ?? []), ...model.of(id)];
      const byTimes = new Map(expected.map((entry) => [JSON.stringify(entry), entry]));
      const known = found.map((entry) => byTimes.get(JSON.stringify(entry)));
      // Nothing but what was owed or just confirmed, in order.
      assert.ok(known.every((entry) => entry !== undefined));
      assert.deepEqual(
        found.map(({ sequence }) => sequence),
        [...found.map(({ sequence }) => sequence)].sort((a, b) => a - b),
      );
      const there = new Set(found.map((entry) => JSON.stringify(entry)));
      for (const entry of model.of(id)) {
        if (!model.young.has(entry)) assert.ok(there.has(JSON.stringify(entry)), "lost what was on disk");
      }
      model.waiting.set(id, [...found]);
    }
    model.committed();
  }

  private async compare(): Promise<void> {
    for (const id of IDS) assert.equal(this.world.history.waiting(id), this.model.of(id).length);
    assert.deepEqual(
      new Set(this.world.history.observations()),
      new Set(IDS.filter((id) => this.model.of(id).length > 0)),
    );
  }
}

function firstOf(entries: readonly HistoryEntry[], maxSamples: number): readonly HistoryEntry[] {
  let samples = 0;
  const end = entries.findIndex((entry, i) => {
    samples += entry.samples.length;
    return i > 0 && samples > maxSamples;
  });
  return end < 0 ? entries : entries.slice(0, end);
}
