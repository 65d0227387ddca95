/** Local reports over devices that a test makes: their values, what the reports wish of them, and all that became due. */
import { datedFrom, type Millis, SECOND, type UnixMillis } from "../../src/clock.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { ObservationId } from "../../src/lwm2m/observation-id.ts";
import { type Path, parsePath, prefixOf } from "../../src/lwm2m/path.ts";
import { parsePattern } from "../../src/lwm2m/path-pattern.ts";
import type { ReportEntry, ReportTrigger } from "../../src/lwm2m/report-entry.ts";
import type { Evaluation } from "../../src/lwm2m/report-rules.ts";
import { type Sample, sameValue, type Value } from "../../src/lwm2m/sample.ts";
import type { ObjectTree } from "../../src/lwm2m/tree.ts";
import { LocalReports } from "../../src/servers/local-reports.ts";
import { FakeBacking, type FakeObject } from "./fake-backing.ts";
import { FakeClock } from "./fake-clock.ts";

/** What became due together. */
export interface Turn {
  readonly at: Millis;
  readonly reports: Readonly<Record<string, readonly (readonly [path: string, value: Value, time: Millis])[]>>;
}

export function entry(name: string, paths: readonly string[], when: ReportTrigger, keep?: number): ReportEntry {
  return { name, paths: paths.map(parsePattern), when, ...(keep === undefined ? {} : { keep }) };
}

export const every = (interval: Millis): ReportTrigger => ({ type: "interval", every: interval });
export const SAMPLE: ReportTrigger = { type: "sample" };

/** A temperature with two instances, each with its unit. */
export const ROOM: Readonly<Record<number, FakeObject>> = {
  3303: { instances: { 0: { 5700: 0, 5701: "Cel" }, 1: { 5700: 0 } } },
};

export class ReportedWorld {
  readonly clock = new FakeClock();
  readonly turns: Turn[] = [];
  readonly keeps: (number | undefined)[] = [];
  readonly wishes = new Map<ObservationId, readonly Evaluation[]>();
  readonly reports: LocalReports;
  private readonly trees = new Map<string, ObjectTree>();
  private readonly values = new Map<Path, Sample>();

  constructor(...entries: readonly ReportEntry[]) {
    const { clock } = this;
    this.reports = new LocalReports({
      server: 1,
      entries,
      clock,
      treeOf: (prefix) => this.trees.get(prefix),
      prefixes: () => [...this.trees.keys()],
      latest: (path) => this.values.get(path),
      onEvaluation: (id, evaluations) => this.wishes.set(id, evaluations),
      onDue: (due) => {
        const told = due.map(({ id, samples }) => [id, samples.map((sample) => this.plain(sample))] as const);
        this.turns.push({ at: clock.monotonic(), reports: Object.fromEntries(told) });
        this.keeps.push(...due.map(({ keep }) => keep));
      },
    });
  }

  /** A device is there from now on, or has these objects now; nothing of it has been measured. */
  device(prefix: string, objects = ROOM): void {
    this.trees.set(prefix, new ModelTree(new FakeBacking(prefix, objects)));
    this.reports.look();
  }

  remove(prefix: string): void {
    this.trees.delete(prefix);
    for (const path of this.values.keys()) if (prefixOf(path) === prefix) this.values.delete(path);
    this.reports.look();
  }

  /** Now: all of one read. Told as a device does it: what is new, and what is wanted each time. */
  measure(values: Readonly<Record<string, Value>>): void {
    const samples = Object.entries(values).map(([text, value]) => ({
      path: parsePath(text),
      value,
      time: this.clock.wall(),
    }));
    const told = samples.filter(({ path, value }) => {
      const before = this.values.get(path);
      return before === undefined || !sameValue(before.value, value) || this.wantsEach(path);
    });
    for (const sample of samples) this.values.set(sample.path, sample);
    this.reports.changed(told);
  }

  /** The clock, which said the time since the start, knows now when that was. */
  date(started: UnixMillis): void {
    this.clock.epoch = started;
    for (const [path, sample] of this.values) {
      this.values.set(path, { ...sample, time: datedFrom(started, sample.time) });
    }
    this.reports.dated(started);
  }

  wantsEach(path: Path): boolean {
    return [...this.wishes.values()].flat().some((wish) => wish.path === path && wish.each === true);
  }

  /** Of one path, in the order in which it was told. */
  told(path: string, name?: string): readonly (readonly [Value, Millis])[] {
    const reports = this.turns.flatMap((turn) => Object.entries(turn.reports));
    return reports
      .filter(([id]) => name === undefined || id.startsWith(`1 report [${name}] `))
      .flatMap(([, samples]) => samples.filter(([other]) => other === path))
      .map(([, value, time]) => [value, time] as const);
  }

  seconds(count: number): void {
    this.clock.advanceSync(count * SECOND);
  }

  private plain({ path, value, time }: Sample): readonly [string, Value, Millis] {
    return [path, value, time - this.clock.epoch];
  }
}
