/** One observation: which value was reported last, and when the next report is due. Core 1.2 §5.1.2, §6.4. */
import type { Millis } from "../clock.ts";
import type { Waiting } from "../deadlines.ts";
import type { AttributeSource } from "./attribute-store.ts";
import { type Attributes, sameAttributes } from "./attributes.ts";
import type { ObservationId } from "./observation-id.ts";
import { isWithin, type Path } from "./path.ts";
import { type Evaluation, effectiveAttributes, isMet, type Rules, toRules, watchesLimit } from "./report-rules.ts";
import type { Sample, Value } from "./sample.ts";

export interface ObservationRequest {
  readonly id: ObservationId;
  readonly paths: readonly Path[];
  readonly composite?: boolean;
  readonly attributes?: Attributes;
}

/** What became due. */
export interface Report {
  readonly samples: readonly Sample[];
  readonly triggered: readonly Path[];
  readonly keep: number | undefined;
  readonly confirmable: boolean;
  /** A limit that somebody watches is crossed. */
  readonly urgent: boolean;
}

/** One observed path with what counts for it. */
interface Target {
  readonly path: Path;
  /** Of the gateway itself, of whose clock and memory no change is told. */
  readonly own: boolean;
  attributes: Attributes;
  rules: Rules;
  /** Changed since the last evaluation, which epmin may hold back. */
  readonly unseen: Set<Path>;
  /** Whose value, when it was last evaluated, was worth a report after the last one: one is due as soon as pmin allows. */
  readonly met: Set<Path>;
  /** Where edges count: what was evaluated since the last report. */
  judged: Map<Path, boolean> | undefined;
  evaluatedAt: Millis;
  /** When a fresh value was last asked for, because of epmax. */
  askedAt: Millis;
}

export class Observation implements Waiting {
  readonly id: ObservationId;
  readonly paths: readonly Path[];
  due: Millis = 0;
  slot = -1;
  private readonly composite: boolean;
  private readonly requested: Attributes | undefined;
  private readonly targets: readonly Target[];
  /** The newest sample of every path below the targets. */
  private readonly current = new Map<Path, Sample>();
  /** What the last report said. */
  private readonly reported = new Map<Path, Value>();
  private reportedAt: Millis;
  /** After a restart: the paths of which not all is known yet, and until when that is waited for. */
  private readonly awaited = new Set<Path>();
  private patience: Millis = 0;
  /** Whether anything is known of what it shows. */
  private begun = true;

  constructor(request: ObservationRequest, source: AttributeSource, now: Millis, isOwn: (path: Path) => boolean) {
    const { id, paths, composite = false, attributes } = request;
    this.id = id;
    this.paths = paths;
    this.composite = composite;
    this.requested = attributes;
    this.reportedAt = now;
    this.targets = paths.map((path) => {
      const effective = this.attributesOf(path, source);
      return {
        path,
        own: isOwn(path),
        attributes: effective,
        rules: toRules(effective),
        unseen: new Set(),
        met: new Set(),
        judged: undefined,
        evaluatedAt: now,
        askedAt: now,
      };
    });
  }

  /**
   * How often each of the paths is to be evaluated. Below the gateway itself most is read when a report is due: what is not,
   * because it lies behind a wire, must be younger than that report.
   */
  get evaluations(): readonly Evaluation[] {
    return this.targets.map((target) => {
      const { epmin, epmax, pmax } = target.rules;
      return { path: target.path, epmin, epmax: target.own ? Math.min(epmax, Math.max(pmax, epmin)) : epmax };
    });
  }

  /** Takes the answer to the Observe, which is the first report. */
  begin(samples: readonly Sample[]): void {
    for (const sample of samples) {
      this.current.set(sample.path, sample);
      this.reported.set(sample.path, sample.value);
    }
  }

  /**
   * It was granted before this process began, whose values are those of the future: it waits for them up to `patience`, so that
   * no report shows half of what is there.
   */
  goOn(patience: Millis): void {
    this.begun = false;
    this.patience = patience;
    for (const path of this.paths) this.awaited.add(path);
  }

  /** All that the path shows was read. Returns whether that was waited for. */
  know(path: Path): boolean {
    return this.awaited.delete(path);
  }

  /** Takes a newer sample of something at or below one of the paths. */
  take(sample: Sample): void {
    this.begun = true;
    this.current.set(sample.path, sample);
    for (const target of this.targets) if (isWithin(sample.path, target.path)) target.unseen.add(sample.path);
  }

  /** Forgets what is gone, which needs no evaluation. Returns false where nothing is left that could be observed. */
  remove(gone: Path): boolean {
    for (const path of this.current.keys()) {
      if (!isWithin(path, gone)) continue;
      this.current.delete(path);
      for (const target of this.targets) {
        if (!isWithin(path, target.path)) continue;
        target.unseen.delete(path);
        target.judged?.delete(path);
        this.judge(path, target);
      }
    }
    return this.composite || !this.paths.every((path) => isWithin(path, gone));
  }

  /**
   * Other attributes may count now: where they do, every value is judged anew by them, against the last report and at once.
   * Returns whether the evaluations are others.
   */
  applyAttributes(source: AttributeSource, now: Millis): boolean {
    let steered = false;
    for (const target of this.targets) {
      const attributes = this.attributesOf(target.path, source);
      if (sameAttributes(attributes, target.attributes)) continue;
      const { epmin, epmax, pmax } = target.rules;
      target.attributes = attributes;
      target.rules = toRules(attributes);
      const { rules } = target;
      steered ||= epmin !== rules.epmin || epmax !== rules.epmax || (target.own && pmax !== rules.pmax);
      this.judgeAll(target, now);
    }
    return steered;
  }

  /** Judges what has changed, as far as epmin allows. */
  evaluate(now: Millis): void {
    for (const target of this.targets) {
      if (target.unseen.size === 0 || now < target.evaluatedAt + target.rules.epmin) continue;
      target.evaluatedAt = now;
      for (const path of target.unseen) this.judge(path, target);
      target.unseen.clear();
    }
  }

  /** When something will be due if nothing changes; undefined: never. */
  nextDue(): Millis | undefined {
    let next = this.reportDue();
    for (const target of this.targets) {
      const { unseen, evaluatedAt, rules } = target;
      if (unseen.size > 0) next = Math.min(next, evaluatedAt + rules.epmin);
      next = Math.min(next, refreshDue(target));
    }
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** The report, where one is due. */
  report(now: Millis): Report | undefined {
    if (now < this.reportDue()) return undefined;
    const met = this.met();
    const report: Report = {
      samples: [...this.current.values()],
      triggered: [...met].filter((path) => this.current.has(path)),
      keep: this.keep(),
      confirmable: this.targets.some(({ rules }) => rules.confirmable),
      urgent: this.targets.some(({ met: worth, rules }) => worth.size > 0 && watchesLimit(rules.conditions)),
    };
    for (const { path, value } of this.current.values()) this.reported.set(path, value);
    for (const path of met) if (!this.current.has(path)) this.reported.delete(path);
    for (const target of this.targets) {
      target.met.clear();
      target.judged = undefined;
    }
    this.reportedAt = now;
    return report;
  }

  /** The paths that epmax wants read now; each is named once until epmax has passed again. */
  refresh(now: Millis): Path[] {
    const stale = this.targets.filter((target) => refreshDue(target) <= now);
    for (const target of stale) target.askedAt = now;
    return stale.map(({ path }) => path);
  }

  private judgeAll(target: Target, now: Millis): void {
    const paths = new Set([...target.met, ...this.current.keys()]);
    target.met.clear();
    target.unseen.clear();
    target.judged = undefined;
    target.evaluatedAt = now;
    for (const path of paths) if (isWithin(path, target.path)) this.judge(path, target);
  }

  private judge(path: Path, target: Target): void {
    const sample = this.current.get(path);
    // What is gone is news as long as the server has been told that it is there.
    const worth = sample === undefined ? this.reported.has(path) : this.isWorth(sample, target);
    if (worth) target.met.add(path);
    else target.met.delete(path);
  }

  /**
   * A value is judged against the last reported one. Not so for an edge, since seen from there what has risen could never
   * rise again: an edge is between one value and the next, and is worth a report until the value has gone back.
   */
  private isWorth({ path, value, reporting }: Sample, target: Target): boolean {
    const { rules, met } = target;
    const last = this.reported.get(path);
    if (this.isOld(reporting, target)) return true;
    const { edge } = rules.conditions;
    if (edge === undefined || typeof value !== "boolean" || last === undefined) {
      return isMet(rules.conditions, last, value, reporting?.deadband);
    }
    target.judged ??= new Map();
    const before = target.judged.get(path);
    target.judged.set(path, value);
    return isMet(rules.conditions, before ?? last, value) || (value === before && met.has(path));
  }

  /** What was reported is as old as `max_age` of the mapping lets it become, and the server has not said itself when to report. */
  private isOld(reporting: Sample["reporting"], { rules, evaluatedAt }: Target): boolean {
    if (reporting?.maxAge === undefined || rules.pmax !== Number.POSITIVE_INFINITY) return false;
    const { gt, lt, st, edge } = rules.conditions;
    const isSaid = gt !== undefined || lt !== undefined || st !== undefined || edge !== undefined;
    return !isSaid && evaluatedAt - this.reportedAt >= reporting.maxAge;
  }

  /** Core 1.2 §5.1.2: a condition that is true when pmin has passed, or pmax; both count from the last report. */
  private reportDue(): Millis {
    let next = Number.POSITIVE_INFINITY;
    if (!this.begun) return next;
    for (const { met, rules } of this.targets) {
      next = Math.min(next, this.reportedAt + (met.size > 0 ? rules.pmin : rules.pmax));
    }
    return this.awaited.size > 0 ? Math.max(next, this.patience) : next;
  }

  /** Whose values are worth the report. Most observations have one path: nothing is copied for them. */
  private met(): ReadonlySet<Path> {
    const [first, second] = this.targets;
    if (first !== undefined && second === undefined) return first.met;
    return new Set(this.targets.flatMap(({ met }) => [...met]));
  }

  /** Of several paths the one that wants most decides. */
  private keep(): number | undefined {
    let most: number | undefined;
    for (const { rules } of this.targets) {
      if (rules.keep !== undefined) most = Math.max(most ?? rules.keep, rules.keep);
    }
    return most;
  }

  private attributesOf(path: Path, source: AttributeSource): Attributes {
    return effectiveAttributes(path, this.requested, this.composite, source);
  }
}

/** What a device has is read by its poll schedule, which follows epmax: see `evaluations`. */
function refreshDue(target: Target): Millis {
  const { evaluatedAt, askedAt, rules } = target;
  if (rules.epmax === Number.POSITIVE_INFINITY || !target.own) return Number.POSITIVE_INFINITY;
  return Math.max(evaluatedAt, askedAt) + rules.epmax;
}
