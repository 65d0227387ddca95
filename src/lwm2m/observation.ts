/** One observation: which value was reported last, and when the next report is due. Core 1.2 §6.4.1, §6.4.2, §6.4.3. */
import { HOUR, type Millis } from "../clock.ts";
import type { AttributeSource } from "./attribute-store.ts";
import type { Attributes } from "./attributes.ts";
import type { Waiting } from "./deadlines.ts";
import type { ObservationId } from "./observations.ts";
import { isWithin, type Path } from "./path.ts";
import { effectiveAttributes, isMet, type Rules, toRules } from "./report-rules.ts";
import type { Sample, Value } from "./sample.ts";

/** RFC 7641 §4.5: a server that only gets NON must be asked for a sign of life at least so often. */
const LONGEST_WITHOUT_CON: Millis = 24 * HOUR;
/** And we ask sooner where much is sent. */
const MOST_WITHOUT_CON = 16;

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
}

/** One observed path with what counts for it. */
interface Target {
  readonly path: Path;
  rules: Rules;
  /** Changed since the last evaluation, which epmin may hold back. */
  readonly unseen: Set<Path>;
  /** The values that an edge was last judged by; there only while one is wanted. */
  judged: Map<Path, Value> | undefined;
  /** A condition was met: a report is due as soon as pmin allows. */
  pending: boolean;
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
  private readonly reported = new Map<Path, Value>();
  private readonly triggered = new Set<Path>();
  private reportedAt: Millis;
  private confirmedAt: Millis;
  private unconfirmed = 0;

  constructor(request: ObservationRequest, source: AttributeSource, now: Millis) {
    const { id, paths, composite = false, attributes } = request;
    this.id = id;
    this.paths = paths;
    this.composite = composite;
    this.requested = attributes;
    this.reportedAt = now;
    this.confirmedAt = now;
    this.targets = paths.map((path) => ({
      path,
      rules: this.rulesOf(path, source),
      unseen: new Set(),
      judged: undefined,
      pending: false,
      evaluatedAt: now,
      askedAt: now,
    }));
  }

  /** Takes the answer to the Observe, which is the first report. */
  begin(samples: readonly Sample[]): void {
    for (const sample of samples) {
      this.current.set(sample.path, sample);
      this.reported.set(sample.path, sample.value);
    }
  }

  /** Takes a newer sample of something at or below one of the paths. */
  take(sample: Sample): void {
    this.current.set(sample.path, sample);
    for (const target of this.targets) if (isWithin(sample.path, target.path)) target.unseen.add(sample.path);
  }

  /** Forgets what is gone. Returns false where nothing is left that could be observed. */
  remove(gone: Path): boolean {
    for (const path of this.current.keys()) {
      if (!isWithin(path, gone)) continue;
      this.current.delete(path);
      this.reported.delete(path);
      this.triggered.delete(path);
      for (const target of this.targets) {
        if (!isWithin(path, target.path)) continue;
        target.unseen.delete(path);
        target.judged?.delete(path);
        target.pending = true;
      }
    }
    return this.composite || !this.paths.every((path) => isWithin(path, gone));
  }

  /** Other attributes count now: every value is judged again by them. */
  applyAttributes(source: AttributeSource): void {
    for (const target of this.targets) {
      target.rules = this.rulesOf(target.path, source);
      for (const path of this.current.keys()) if (isWithin(path, target.path)) target.unseen.add(path);
    }
  }

  /** Judges what has changed, as far as epmin allows. */
  evaluate(now: Millis): void {
    for (const target of this.targets) {
      if (target.unseen.size === 0 || now < target.evaluatedAt + target.rules.epmin) continue;
      for (const path of target.unseen) this.judge(path, target);
      target.unseen.clear();
      target.evaluatedAt = now;
    }
  }

  /** When something will be due if nothing changes; undefined: never. */
  nextDue(): Millis | undefined {
    let next = this.reportDue();
    for (const { unseen, evaluatedAt, rules } of this.targets) {
      if (unseen.size > 0) next = Math.min(next, evaluatedAt + rules.epmin);
    }
    for (const target of this.targets) next = Math.min(next, refreshDue(target));
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** The report, where one is due. */
  report(now: Millis): Report | undefined {
    if (now < this.reportDue()) return undefined;
    const report: Report = {
      samples: [...this.current.values()],
      triggered: [...this.triggered],
      keep: this.keep(),
      confirmable: this.nextConfirmable(now),
    };
    for (const { path, value } of this.current.values()) this.reported.set(path, value);
    for (const target of this.targets) target.pending = false;
    this.triggered.clear();
    this.reportedAt = now;
    return report;
  }

  /** The paths that epmax wants read now; each is named once until epmax has passed again. */
  refresh(now: Millis): Path[] {
    const stale = this.targets.filter((target) => refreshDue(target) <= now);
    for (const target of stale) target.askedAt = now;
    return stale.map(({ path }) => path);
  }

  private judge(path: Path, target: Target): void {
    const sample = this.current.get(path);
    if (sample === undefined || !isMet(target.rules.conditions, this.before(sample, target), sample.value)) return;
    target.pending = true;
    this.triggered.add(path);
  }

  /**
   * What a value is judged against: the last reported one. Not so for an edge, since seen from there what has risen could
   * never rise again: it is between one value and the next, whether or not that is reported.
   */
  private before({ path, value }: Sample, target: Target): Value | undefined {
    const reported = this.reported.get(path);
    if (target.rules.conditions.edge === undefined) {
      target.judged = undefined;
      return reported;
    }
    target.judged ??= new Map();
    const last = target.judged.get(path) ?? reported;
    target.judged.set(path, value);
    return last;
  }

  /** Core 1.2 §6.4.2: a condition and pmin, or pmax; both count from the last report. */
  private reportDue(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { pending, rules } of this.targets) {
      next = Math.min(next, this.reportedAt + (pending ? rules.pmin : rules.pmax));
    }
    return next;
  }

  /** Of several paths the one that wants most decides. */
  private keep(): number | undefined {
    const wanted = this.targets.flatMap(({ rules }) => rules.keep ?? []);
    return wanted.length === 0 ? undefined : Math.max(...wanted);
  }

  private nextConfirmable(now: Millis): boolean {
    const confirmable =
      this.targets.some(({ rules }) => rules.confirmable) ||
      this.unconfirmed >= MOST_WITHOUT_CON ||
      now >= this.confirmedAt + LONGEST_WITHOUT_CON;
    this.unconfirmed = confirmable ? 0 : this.unconfirmed + 1;
    if (confirmable) this.confirmedAt = now;
    return confirmable;
  }

  private rulesOf(path: Path, source: AttributeSource): Rules {
    return toRules(effectiveAttributes(path, this.requested, this.composite, source));
  }
}

function refreshDue({ evaluatedAt, askedAt, rules }: Target): Millis {
  return Math.max(evaluatedAt, askedAt) + rules.epmax;
}
