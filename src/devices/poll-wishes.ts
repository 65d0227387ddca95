/**
 * How often the points of one device are read for those who observe them: epmin and epmax of Core 1.2 §5.1.2, within what
 * the mapping allows (`every.limit`) and what tells whether the device is there.
 */

import type { PointId } from "../adapter.ts";
import type { Millis } from "../clock.ts";
import { isWithin, type Path, parentPath } from "../lwm2m/path.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { AvailabilityRule, PointSource } from "../mapping/plan-types.ts";
import { SparseMap } from "../sparse-map.ts";

/** A readable point of a device, and where servers see it. */
export interface PolledPoint {
  readonly point: PointId;
  readonly path: Path;
  readonly source: Pick<PointSource, "poll" | "fastest">;
  /** Where else servers see it: in what is computed from it. */
  readonly feeds?: readonly Path[];
}

type Wish = Pick<Evaluation, "epmin" | "epmax">;

export class PollWishes {
  private readonly points: readonly PolledPoint[];
  /** Made when somebody observes: of most devices of a large gateway nobody does. */
  private byPath: ReadonlyMap<Path, PolledPoint> | undefined;
  /** Whether any point is seen in more than its own place. */
  private readonly feeding: boolean;
  /** By observed path. */
  private readonly wishes = new SparseMap<Path, readonly Wish[]>();
  private readonly steered = new SparseMap<PointId, Millis>();
  private readonly watch: Watch | undefined;

  constructor(points: readonly PolledPoint[], rule: AvailabilityRule) {
    this.points = points;
    this.feeding = points.some(({ feeds }) => feeds !== undefined);
    this.watch = watchOf(points, rule);
  }

  /**
   * What all observations of this very path wish for; none: nobody observes it. Returns the points that have another period
   * now; undefined: that of the mapping.
   */
  set(observed: Path, wishes: readonly Wish[]): ReadonlyMap<PointId, Millis | undefined> {
    if (wishes.length === 0) this.wishes.delete(observed);
    else this.wishes.set(observed, wishes);
    const changes = new Map<PointId, Millis | undefined>();
    for (const point of this.pointsBelow(observed)) this.renew(point, changes);
    return changes;
  }

  /** The period of a point, where it is not that of the mapping. */
  periodOf(point: PointId): Millis | undefined {
    return this.steered.get(point);
  }

  /** Most observations are of one resource. */
  private pointsBelow(observed: Path): readonly PolledPoint[] {
    this.byPath ??= new Map(this.points.map((point) => [point.path, point]));
    const one = this.feeding ? undefined : this.byPath.get(observed);
    if (one !== undefined) return [one];
    return this.points.filter((point) => placesOf(point).some((path) => isWithin(path, observed)));
  }

  private renew(point: PolledPoint, changes: Map<PointId, Millis | undefined>): void {
    const period = this.wished(point);
    if (period === this.steered.get(point.point)) return;
    if (period === undefined) this.steered.delete(point.point);
    else this.steered.set(point.point, period);
    changes.set(point.point, period);
  }

  /** The strictest wish counts: who says nothing wants what the mapping says. */
  private wished(polled: PolledPoint): Millis | undefined {
    const { point, source } = polled;
    const own = ownPeriod(source.poll);
    let period: Millis | undefined;
    for (const path of placesOf(polled)) {
      for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) {
        for (const { epmin, epmax } of this.wishes.get(at) ?? []) {
          period = Math.min(period ?? Infinity, Math.max(own, epmin), epmax);
        }
      }
    }
    if (period === undefined) return undefined;
    period = Math.max(period, source.fastest ?? own);
    if (this.watch?.point === point) period = Math.min(period, this.watch.atLeast);
    return period === own || period === Infinity ? undefined : period;
  }
}

/** The point whose polls show soon enough that the device is gone, whoever wants to spare it. */
interface Watch {
  readonly point: PointId;
  readonly atLeast: Millis;
}

/**
 * Of a device that may be silent for some time it is a third of that, so that one lost answer is no outage; else the pause
 * after which also one that is away is asked again.
 */
function watchOf(points: readonly PolledPoint[], { silence, retry }: AvailabilityRule): Watch | undefined {
  let fastest: PolledPoint | undefined;
  for (const point of points) {
    if (ownPeriod(point.source.poll) < ownPeriod(fastest?.source.poll ?? "never")) fastest = point;
  }
  if (fastest === undefined) return undefined;
  const enough = silence === undefined ? retry.longest : silence / 3;
  return { point: fastest.point, atLeast: Math.max(ownPeriod(fastest.source.poll), enough) };
}

function placesOf({ path, feeds }: PolledPoint): readonly Path[] {
  return feeds === undefined ? [path] : [path, ...feeds];
}

function ownPeriod(poll: PointSource["poll"]): Millis {
  return typeof poll === "object" ? poll.every : Infinity;
}
