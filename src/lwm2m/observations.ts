/** When a change becomes a notification: Core 1.2 §5.1.2 attributes; §6.4.1 Observe, §6.4.3 Notify, §6.4.4 Observe-Composite. */

import { type Millis, SECOND } from "../clock.ts";
import { Deadlines } from "../deadlines.ts";
import type { Machine, Timeout } from "../machine.ts";
import { SparseMap } from "../sparse-map.ts";
import type { AttributeSource } from "./attribute-store.ts";
import type { Attributes } from "./attributes.ts";
import { Observation } from "./observation.ts";
import type { ObservationId } from "./observation-id.ts";
import { ObservedPaths } from "./observed-paths.ts";
import { isWithin, type Path, parentPath, prefixOf } from "./path.ts";
import type { Evaluation } from "./report-rules.ts";
import type { Sample } from "./sample.ts";

export type ObservationEvent =
  /** An Observe was answered: `samples` is that answer, which counts as the first notification. Replaces one of the same id. */
  | {
      readonly type: "observe";
      readonly id: ObservationId;
      readonly paths: readonly Path[];
      /** Observe-Composite: its paths may come and go, it stays (Core 1.2 §6.4.4). Others have one path, and end with it. */
      readonly composite?: boolean;
      /** The attributes in the request itself; absent: none were there. */
      readonly attributes?: Attributes;
      readonly samples: readonly Sample[];
    }
  /**
   * One that was granted before this process began, and is still there. What it reported last is not known, so that its first
   * values are due as a change; once its paths were `read`, or after half a minute, with what there is of them by then.
   */
  | {
      readonly type: "restore";
      readonly id: ObservationId;
      readonly paths: readonly Path[];
      readonly composite?: boolean;
      readonly attributes?: Attributes;
    }
  /** All that these observed paths show, read for the observations themselves. */
  | { readonly type: "read"; readonly paths: readonly Path[]; readonly samples: readonly Sample[] }
  | { readonly type: "cancel"; readonly id: ObservationId }
  /** Attributes of the path were written, which count for all below; without path: the defaults of the Server object. */
  | { readonly type: "attributesChanged"; readonly path?: Path }
  /**
   * New values: changed, or measured again unchanged, which only moves their time; and what went at the same moment, so that
   * no report shows a state in between.
   */
  | { readonly type: "changed"; readonly samples: readonly Sample[]; readonly gone?: readonly Path[] }
  /** A device, object, instance, resource or resource instance is gone, and with it the attributes that were written there. */
  | { readonly type: "removed"; readonly path: Path }
  /** A new registration or none: every observation is void. */
  | { readonly type: "clear" };

export type ObservationEffect =
  /** A due report: a notification that is now owed. */
  | {
      readonly type: "due";
      readonly id: ObservationId;
      readonly paths: readonly Path[];
      /** All that the observed paths show now, each with the time of its own measurement. */
      readonly samples: readonly Sample[];
      /** The paths among them that made the report due; empty where pmax did, or something that is gone. */
      readonly triggered: readonly Path[];
      /** hqmax: how many reports to keep for a server that is away; undefined where it is not set. */
      readonly keep: number | undefined;
      readonly confirmable: boolean;
      /** A limit that somebody watches (gt, lt, edge) is crossed. */
      readonly urgent: boolean;
    }
  /** epmax has passed without a new value of the gateway's own objects: read these paths now and hand in `changed`. */
  | { readonly type: "refresh"; readonly id: ObservationId; readonly paths: readonly Path[] }
  /**
   * How often what there is is to be evaluated for this observation, which is new or has other attributes: all its paths.
   * Empty: it has ended.
   */
  | { readonly type: "evaluation"; readonly id: ObservationId; readonly evaluations: readonly Evaluation[] }
  /** Nothing is left to observe: the server gets a 4.04, and the observation is forgotten. */
  | { readonly type: "ended"; readonly id: ObservationId };

/** How long a restored observation waits for all that it shows: longer than most devices need to be there again. */
const PATIENCE: Millis = 30 * SECOND;

/** The observations of one server. */
export class Observations implements Machine<ObservationEvent, ObservationEffect> {
  private readonly source: AttributeSource;
  private readonly isOwn: (path: Path) => boolean;
  private readonly byId = new SparseMap<ObservationId, Observation>();
  /** A sample finds its observations by its own path and those above it. */
  private readonly observed = new ObservedPaths<Observation>();
  private readonly deadlines = new Deadlines<Observation>();

  /** An AttributeStore is the source. `isOwn`: whether what lies at a path is the gateway's own, whom nobody polls. */
  constructor(source: AttributeSource, isOwn: (path: Path) => boolean = hasNoPrefix) {
    this.source = source;
    this.isOwn = isOwn;
  }

  get deadline(): Millis | undefined {
    return this.deadlines.next;
  }

  /** How many observations there are. */
  get size(): number {
    return this.byId.size;
  }

  handle(event: ObservationEvent | Timeout, now: Millis): ObservationEffect[] {
    const effects: ObservationEffect[] = [];
    switch (event.type) {
      case "observe":
        effects.push(...this.observe(event, now));
        break;
      case "restore":
        effects.push(...this.restore(event, now));
        break;
      case "read":
        this.take(event.samples, now);
        for (const path of event.paths) this.known(path, now);
        break;
      case "cancel":
        effects.push(...this.drop(event.id));
        break;
      case "attributesChanged":
        effects.push(...this.applyAttributes(event.path, now));
        break;
      case "changed":
        for (const path of event.gone ?? []) effects.push(...this.remove(path, now));
        this.take(event.samples, now);
        break;
      case "removed":
        effects.push(...this.remove(event.path, now));
        break;
      case "clear":
        effects.push(...this.clear());
        break;
      case "timeout":
        break;
      default:
        event satisfies never;
    }
    this.collectDue(now, effects);
    return effects;
  }

  private observe(event: ObservationEvent & { readonly type: "observe" }, now: Millis): ObservationEffect[] {
    // The paths of the new one are those of the old one, since the id names them.
    this.drop(event.id);
    const observation = new Observation(event, this.source, now, this.isOwn);
    observation.begin(event.samples);
    return this.add(observation);
  }

  private restore(event: ObservationEvent & { readonly type: "restore" }, now: Millis): ObservationEffect[] {
    if (this.byId.has(event.id)) return [];
    const observation = new Observation(event, this.source, now, this.isOwn);
    observation.goOn(now + PATIENCE);
    return this.add(observation);
  }

  private add(observation: Observation): ObservationEffect[] {
    this.byId.set(observation.id, observation);
    this.observed.add(observation);
    this.wait(observation);
    return evaluated(observation);
  }

  private known(path: Path, now: Millis): void {
    for (const observation of this.observed.of(path) ?? [])
      if (observation.know(path)) this.reconsider(observation, now);
  }

  private drop(id: ObservationId): ObservationEffect[] {
    const observation = this.byId.get(id);
    if (observation === undefined) return [];
    this.byId.delete(id);
    this.deadlines.remove(observation);
    this.observed.delete(observation);
    return unevaluated(observation);
  }

  private clear(): ObservationEffect[] {
    const effects = [...this.byId.values()].flatMap(unevaluated);
    this.byId.clear();
    this.observed.clear();
    this.deadlines.clear();
    return effects;
  }

  private applyAttributes(path: Path | undefined, now: Millis): ObservationEffect[] {
    const effects: ObservationEffect[] = [];
    for (const observation of path === undefined ? this.byId.values() : this.observed.beside(path)) {
      if (path !== undefined && !observation.paths.some((observed) => isWithin(observed, path))) continue;
      if (observation.applyAttributes(this.source, now)) effects.push(...evaluated(observation));
      this.reconsider(observation, now);
    }
    return effects;
  }

  /** However many samples an observation gets at once, they make one report. */
  private take(samples: readonly Sample[], now: Millis): void {
    const touched = new Set<Observation>();
    for (const sample of samples) {
      if (!this.observed.isBeside(sample.path)) continue;
      for (let at: Path | undefined = sample.path; at !== undefined; at = parentPath(at)) {
        this.offer(sample, this.observed.of(at), touched);
      }
    }
    for (const observation of touched) this.reconsider(observation, now);
  }

  private offer(sample: Sample, observations: Iterable<Observation> = [], touched: Set<Observation>): void {
    for (const observation of observations) {
      observation.take(sample);
      touched.add(observation);
    }
  }

  private remove(path: Path, now: Millis): ObservationEffect[] {
    const effects: ObservationEffect[] = [];
    for (const observation of this.observed.beside(path)) {
      if (observation.remove(path)) {
        if (observation.applyAttributes(this.source, now)) effects.push(...evaluated(observation));
        this.reconsider(observation, now);
      } else {
        effects.push(...this.drop(observation.id), { type: "ended", id: observation.id });
      }
    }
    return effects;
  }

  private reconsider(observation: Observation, now: Millis): void {
    observation.evaluate(now);
    this.wait(observation);
  }

  private wait(observation: Observation): void {
    const due = observation.nextDue();
    if (due === undefined) this.deadlines.remove(observation);
    else this.deadlines.set(observation, due);
  }

  private collectDue(now: Millis, effects: ObservationEffect[]): void {
    for (let next = this.deadlines.take(now); next !== undefined; next = this.deadlines.take(now)) {
      const { id, paths } = next;
      next.evaluate(now);
      const report = next.report(now);
      if (report !== undefined) effects.push({ type: "due", id, paths, ...report });
      const stale = next.refresh(now);
      if (stale.length > 0) effects.push({ type: "refresh", id, paths: stale });
      this.wait(next);
    }
  }
}

function hasNoPrefix(path: Path): boolean {
  return prefixOf(path) === "";
}

function evaluated({ id, evaluations }: Observation): ObservationEffect[] {
  return evaluations.length === 0 ? [] : [{ type: "evaluation", id, evaluations }];
}

function unevaluated({ id, evaluations }: Observation): ObservationEffect[] {
  return evaluations.length === 0 ? [] : [{ type: "evaluation", id, evaluations: [] }];
}
