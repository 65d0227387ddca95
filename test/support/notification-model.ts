/**
 * When a server is notified, and of what: the rules of Core 1.2 §5.1.2 and §6.4 and of docs/lwm2m.md, word by word, slow
 * and without a thought of how the program does it. Nothing is remembered but facts; at each tick every rule is asked anew.
 */
import { type Millis, SECOND } from "../../src/clock.ts";
import type { Value } from "../../src/lwm2m/sample.ts";

export type ModelAttributes = Readonly<Record<string, number | bigint>>;
/** What an observation sees, by path. */
type Picture = ReadonlyMap<string, Value>;

export interface ModelObservation {
  readonly id: string;
  readonly paths: readonly string[];
  readonly composite: boolean;
  readonly requested: ModelAttributes | undefined;
}

/** An effect as both sides write it down, so that they can be compared. */
export type Told = Readonly<Record<string, unknown>>;

interface Watched {
  readonly path: string;
  attributes: ModelAttributes;
  /** What was seen when it was last evaluated, or reported since. */
  seen: Map<string, Value>;
  /** Where an edge was seen since the last report, and the value has not gone back. */
  edges: Set<string>;
  /** What was measured since the last evaluation. */
  readonly news: Set<string>;
  evaluatedAt: Millis;
  askedAt: Millis;
}

interface Running extends ModelObservation {
  readonly watched: readonly Watched[];
  reported: Picture;
  reportedAt: Millis;
}

export class NotificationModel {
  readonly world = new Map<string, Value>();
  /** Written by Write-Attributes, by path. */
  readonly attached = new Map<string, ModelAttributes>();
  defaults: ModelAttributes = {};
  now: Millis = 0;
  private running: Running[] = [];

  observe(observation: ModelObservation): Told[] {
    this.running = this.running.filter(({ id }) => id !== observation.id);
    const reported = this.pictureOf(observation.paths);
    const watched = observation.paths.map((path): Watched => {
      const at = { evaluatedAt: this.now, askedAt: this.now };
      const attributes = this.effective(path, observation);
      return { path, attributes, seen: this.pictureOf([path]), edges: new Set(), news: new Set(), ...at };
    });
    this.running.push({ ...observation, watched, reported, reportedAt: this.now });
    return this.tick();
  }

  cancel(id: string): Told[] {
    this.running = this.running.filter((one) => one.id !== id);
    return this.tick();
  }

  /** All at once: what of it is gone, and what was measured. */
  measure(values: Picture, gone: readonly string[] = []): Told[] {
    const ended = gone.flatMap((path) => this.forget(path));
    this.judgeByOthers();
    for (const [path, value] of values) {
      this.world.set(path, value);
      for (const { watched } of this.running)
        for (const one of watched) if (isBelow(path, one.path)) one.news.add(path);
    }
    return [...ended, ...this.tick()];
  }

  remove(gone: string): Told[] {
    return this.measure(new Map(), [gone]);
  }

  /** Attributes were written, or the defaults. */
  judgeAnew(): Told[] {
    this.judgeByOthers();
    return this.tick();
  }

  /** What is due now. */
  tick(): Told[] {
    const told: Told[] = [];
    for (const one of this.running) {
      for (const watched of one.watched) {
        const { epmin = 0 } = watched.attributes;
        if (watched.news.size > 0 && this.now >= watched.evaluatedAt + seconds(epmin))
          this.evaluate(watched, one.reported);
      }
      if (one.watched.some((watched) => this.isDue(one, watched))) told.push(this.report(one));
      const stale = one.watched.filter((watched) => this.isStale(watched));
      for (const watched of stale) watched.askedAt = this.now;
      if (stale.length > 0) told.push({ type: "refresh", id: one.id, paths: stale.map(({ path }) => path) });
    }
    return told;
  }

  /** It exists no more: observations of it and below end, but composite ones. */
  private forget(gone: string): Told[] {
    for (const path of [...this.world.keys()]) if (isBelow(path, gone)) this.world.delete(path);
    for (const path of [...this.attached.keys()]) if (isBelow(path, gone)) this.attached.delete(path);
    const ended = this.running.filter(({ composite, paths: [path = ""] }) => !composite && isBelow(path, gone));
    this.running = this.running.filter((one) => !ended.includes(one));
    for (const { seen, edges, news } of this.running.flatMap(({ watched }) => watched)) {
      for (const path of [...seen.keys(), ...news]) {
        if (isBelow(path, gone)) for (const facts of [seen, edges, news]) facts.delete(path);
      }
    }
    return ended.map(({ id }) => ({ type: "ended", id }));
  }

  /** Where other attributes count now, what is known is judged by them at once. */
  private judgeByOthers(): void {
    for (const one of this.running) {
      for (const watched of one.watched) {
        const attributes = this.effective(watched.path, one);
        if (spelled(attributes) === spelled(watched.attributes)) continue;
        watched.attributes = attributes;
        watched.seen = new Map([...one.reported].filter(([path]) => this.world.has(path)));
        watched.edges.clear();
        this.evaluate(watched, one.reported);
      }
    }
  }

  /** (A value condition AND pmin) OR pmax, both since the last report; pmax of 0 or below pmin is none. */
  private isDue({ reported, reportedAt }: Running, watched: Watched): boolean {
    const { pmin = 0, pmax = 0 } = watched.attributes;
    const age = this.now - reportedAt;
    if (pmax > 0 && pmax >= pmin && age >= seconds(pmax)) return true;
    return age >= seconds(pmin) && newsIn(watched, reported).length > 0;
  }

  /** The gateway's own objects are read where epmax has passed without an evaluation; epmax of epmin or less is none. */
  private isStale({ path, attributes: { epmin = 0, epmax }, evaluatedAt, askedAt }: Watched): boolean {
    if (epmax === undefined || epmax <= epmin || !/^\/[0-9]/.test(path)) return false;
    return this.now >= Math.max(evaluatedAt, askedAt) + seconds(epmax);
  }

  private report(one: Running): Told {
    const samples = this.pictureOf(one.paths);
    const triggered = new Set(one.watched.flatMap((watched) => newsIn(watched, one.reported)));
    const kept = one.watched.flatMap(({ attributes: { hqmax } }) => (hqmax === undefined ? [] : [Number(hqmax)]));
    one.reported = samples;
    one.reportedAt = this.now;
    for (const watched of one.watched) {
      watched.seen = this.pictureOf([watched.path]);
      watched.edges.clear();
    }
    return {
      type: "due",
      id: one.id,
      samples: spelled(samples),
      triggered: [...triggered].filter((path) => samples.has(path)).sort(),
      keep: kept.length === 0 ? undefined : Math.max(...kept),
      confirmable: one.watched.some(({ attributes: { con } }) => con !== 0),
    };
  }

  private evaluate(watched: Watched, reported: Picture): void {
    const { edge } = watched.attributes;
    const now = this.pictureOf([watched.path]);
    for (const [path, value] of now) {
      const end = edge === 1;
      if (edge === undefined || value !== end) watched.edges.delete(path);
      else if ((watched.seen.get(path) ?? reported.get(path)) !== value) watched.edges.add(path);
    }
    watched.seen = now;
    watched.news.clear();
    watched.evaluatedAt = this.now;
  }

  private pictureOf(observed: readonly string[]): Map<string, Value> {
    return new Map([...this.world].filter(([path]) => observed.some((above) => isBelow(path, above))));
  }

  /** Of each attribute the lowest level counts, from the observed path up; in a request they stand in place of those. */
  private effective(path: string, { requested, composite }: ModelObservation): ModelAttributes {
    const levels = [...this.attached].filter(([above]) => isBelow(path, above)).sort(([a], [b]) => a.length - b.length);
    const inherited: ModelAttributes = Object.assign({}, ...levels.map(([, attributes]) => attributes));
    if (requested === undefined) return { ...this.defaults, ...inherited };
    const replaced = ["pmin", "pmax", "epmin", "epmax", "con"];
    const rest = Object.entries(inherited).filter(([name]) => composite && !replaced.includes(name));
    return { ...this.defaults, ...Object.fromEntries(rest), ...requested };
  }
}

/** lt < gt and lt + 2·st < gt, where they are there. */
export function areLimitsApart({ gt, lt, st = 0 }: ModelAttributes): boolean {
  return gt === undefined || lt === undefined || tenths(lt) + 2n * tenths(st) < tenths(gt);
}

/** Whose value, as it was seen, is worth a report after the last one. What came or went always is. */
function newsIn({ path: above, attributes, seen, edges }: Watched, reported: Picture): string[] {
  const { edge } = attributes;
  const gone = [...reported.keys()].filter((path) => isBelow(path, above) && !seen.has(path));
  const news = [...seen].filter(([path, value]) => {
    const last = reported.get(path);
    if (last === undefined) return true;
    if (edge !== undefined && typeof value === "boolean") return edges.has(path);
    return last !== value && isConditionMet(attributes, last, value);
  });
  return [...gone, ...news.map(([path]) => path)];
}

/** Any of the thresholds is enough; without them, or where they contradict each other, any change is. */
function isConditionMet(attributes: ModelAttributes, last: Value, value: Value): boolean {
  const { gt, lt, st } = attributes;
  if (!areLimitsApart(attributes) || (gt === undefined && lt === undefined && st === undefined)) return true;
  if (!isNumber(last) || !isNumber(value)) return true;
  const [from, to] = [tenths(last), tenths(value)];
  const isCrossed = [gt, lt].some((limit) => {
    if (limit === undefined) return false;
    const at = tenths(limit);
    return (from <= at && to > at) || (from >= at && to < at);
  });
  return isCrossed || (st !== undefined && (to > from ? to - from : from - to) >= tenths(st));
}

/** All numbers of the test are whole tenths: their arithmetic is that of integers. */
export function tenths(value: number | bigint): bigint {
  return Number.isInteger(value) || typeof value === "bigint" ? BigInt(value) * 10n : BigInt(Math.round(value * 10));
}

export function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

/** In order of the names. */
export function spelled(entries: ReadonlyMap<string, unknown> | ModelAttributes): string {
  const all = entries instanceof Map ? [...entries] : Object.entries(entries);
  const parts = all.map(([name, value]) => `${name}=${typeof value} ${value}`);
  return parts.sort().join(", ");
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function seconds(value: number | bigint): Millis {
  return Number(value) * SECOND;
}
