import type { PointId, Reading, ReadResult } from "../adapter.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Converted, PointSource } from "../mapping/plan-types.ts";
import type { Leaf } from "./device-model.ts";
import type { Order } from "./device-session.ts";
import type { Values } from "./values.ts";

interface Target {
  readonly path: Path;
  readonly source: PointSource;
}

/** What a device says, on its way into the values: converted by the mapping, one bad point never spoiling another. */
export class Readings {
  private readonly targets: ReadonlyMap<PointId, Target>;
  private readonly values: Values;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly written = new Map<PointId, Order>();

  constructor(leaves: Iterable<Leaf>, values: Values, clock: Clock, log: Logger) {
    const targets = new Map<PointId, Target>();
    for (const { point, path, source } of leaves) {
      if (point !== undefined && source.kind === "point") targets.set(point, { path, source });
    }
    this.targets = targets;
    this.values = values;
    this.clock = clock;
    this.log = log;
  }

  /** The answers to a read. Returns the samples that are new. */
  takeRead(points: readonly PointId[], { readings, refused }: ReadResult, order: Order): Sample[] {
    const answered = new Set([...readings, ...refused].map(({ point }) => point));
    const silent = points.filter((point) => !answered.has(point));
    const troubles = new Map(refused.map(({ point, reason }) => [point, reason]));
    for (const point of silent) troubles.set(point, "the device gave no value");
    // A write may overtake a poll on the wire: what the poll read before it is older than what was written.
    const current = readings.filter(({ point }) => (this.written.get(point) ?? 0) < order);
    return this.take(current, troubles);
  }

  /** What the device said unasked. Returns the samples that are new. */
  takeUnasked(readings: readonly Reading[]): Sample[] {
    return this.take(readings, new Map());
  }

  /** The device has confirmed that this point now holds the sample's value. Returns it, where it is new. */
  takeWritten(point: PointId, sample: Sample, order: Order): Sample[] {
    this.written.set(point, order);
    return this.values.update([sample], this.clock.monotonic());
  }

  private take(readings: readonly Reading[], troubles: Map<PointId, string>): Sample[] {
    const samples: Sample[] = [];
    const recovered: PointId[] = [];
    for (const { point, value, time } of readings) {
      const target = this.targets.get(point);
      if (target === undefined) {
        this.log.debug({ point }, "a reading of a point that is not in the mapping");
        continue;
      }
      const converted = this.convert(point, target, value);
      if ("bad" in converted) {
        troubles.set(point, converted.bad);
        continue;
      }
      if (this.values.get(target.path)?.bad !== undefined) recovered.push(point);
      samples.push({ path: target.path, value: converted.good, time });
    }
    this.mark(troubles);
    if (recovered.length > 0) this.log.info({ points: recovered }, "values are good again");
    return this.values.update(samples, this.clock.monotonic());
  }

  private convert(point: PointId, { path, source }: Target, raw: Reading["value"]): Converted {
    try {
      return source.toValue(raw);
    } catch (error) {
      const bad = "the gateway failed to convert it; its log says how";
      if (this.values.get(path)?.bad?.reason !== bad) this.log.error({ err: error, point }, "a bug in a conversion");
      return { bad };
    }
  }

  /** A bad value is a state: one line when it begins or its reason changes, however long it lasts. */
  private mark(troubles: ReadonlyMap<PointId, string>): void {
    const news: Record<PointId, string> = {};
    for (const [point, reason] of troubles) {
      const target = this.targets.get(point);
      if (target === undefined) continue;
      if (this.values.bad(target.path, reason, this.clock.wall(), this.clock.monotonic())) news[point] = reason;
    }
    if (Object.keys(news).length > 0) this.log.warn({ points: news }, "points gave no good value");
  }
}
