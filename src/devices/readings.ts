import type { PointId, RawValue, Reading, ReadResult } from "../adapter.ts";
import type { Clock, Millis, UnixMillis } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Sample, Value } from "../lwm2m/sample.ts";
import type { Converted, PointHistory, PointSource } from "../mapping/plan-types.ts";
import { SparseMap, SparseSet } from "../sparse-map.ts";
import { ComputedValues } from "./computed-values.ts";
import type { DeviceModel } from "./device-model.ts";
import type { Order } from "./device-session.ts";
import type { FixedValue } from "./fixed-values.ts";
import { qualityValues } from "./quality.ts";
import type { Values } from "./values.ts";

const SERIAL_NUMBER: PointId = "3/0/2";

/** What a device says, on its way into the values: converted by the mapping, one bad point never spoiling another. */
export class Readings {
  private readonly model: DeviceModel;
  private readonly values: Values;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly computed: ComputedValues;
  /** What computed values may hang on; empty where there are none. */
  private readonly heard = new Set<number>();
  private readonly written = new SparseMap<PointId, Order>();
  /** By position, of those that look back: what the newest reading was, where it was not believed after the last good value. */
  private readonly doubted = new SparseMap<number, Value>();
  /** Those that have had no good value since the device was renewed. */
  private readonly renewed = new SparseSet<number>();
  /** What the wire carried last, for somebody who looks at this device; undefined: nobody has looked yet. */
  private raws: Map<PointId, RawValue> | undefined;

  constructor(model: DeviceModel, values: Values, clock: Clock, log: Logger) {
    this.model = model;
    this.values = values;
    this.clock = clock;
    this.log = log;
    this.computed = new ComputedValues(model, values, log);
  }

  /** The newest raw values, from the first call on. */
  get raw(): ReadonlyMap<PointId, RawValue> {
    this.raws ??= new Map();
    return this.raws;
  }

  /** The answers to a read. Returns the samples that are new. */
  takeRead(points: readonly PointId[], { readings, refused }: ReadResult, order: Order): Sample[] {
    const troubles = new Map<PointId, string>();
    for (const { point, reason } of refused) troubles.set(point, reason);
    for (const point of silentAmong(points, readings)) {
      if (!troubles.has(point)) troubles.set(point, "the device gave no value");
    }
    // A write may overtake a poll on the wire: what the poll read before it is older than what was written.
    const isCurrent = ({ point }: Reading): boolean => (this.written.get(point) ?? 0) < order;
    return this.take(this.written.size === 0 ? readings : readings.filter(isCurrent), troubles);
  }

  /** What the device said unasked. Returns the samples that are new. */
  takeUnasked(readings: readonly Reading[], refused: ReadResult["refused"]): Sample[] {
    return this.take(readings, new Map(refused.map(({ point, reason }) => [point, reason])));
  }

  /** The device has confirmed that this point now holds the value. Returns it as a sample, where it is new. */
  takeWritten(point: PointId, value: Value, time: UnixMillis, order: Order): Sample[] {
    this.written.set(point, order);
    const at = this.model.positions.get(point);
    return at === undefined ? [] : this.takeFixed([{ at, value }], time);
  }

  /** The device is another one from now on, or begins anew: values may be anywhere. */
  renew(): void {
    for (const [at, { source }] of this.model.leaves.entries()) {
      if (source.kind === "point" && source.looksBack === true && this.values.sample(at) !== undefined)
        this.renewed.add(at);
    }
  }

  /** What holds without a reading. Returns the samples that are new. */
  takeFixed(values: readonly FixedValue[], time: UnixMillis): Sample[] {
    const now = this.clock.monotonic();
    const samples = values.flatMap(({ at, value }) => this.values.take(at, value, time, now) ?? []);
    if (this.model.computed.size === 0) return samples;
    for (const { at } of values) this.heard.add(at);
    return [...samples, ...this.compute(now)];
  }

  private take(readings: readonly Reading[], troubles: Map<PointId, string>): Sample[] {
    const samples: Sample[] = [];
    const recovered: PointId[] = [];
    const now = this.clock.monotonic();
    const computes = this.model.computed.size > 0;
    for (const { point, value, time } of readings) {
      const at = this.model.positions.get(point);
      const source = at === undefined ? undefined : this.model.leaves[at]?.source;
      if (at === undefined || source?.kind !== "point") {
        this.log.debug({ point }, "a reading of a point that is not in the mapping");
        continue;
      }
      this.raws?.set(point, value);
      if (computes) this.heard.add(at);
      const converted = this.convert(at, source, value, time);
      if ("bad" in converted) {
        this.doubt(at, converted.doubted);
        troubles.set(point, converted.bad);
        continue;
      }
      if (source.looksBack === true) this.believe(at, source, converted.good);
      if (this.values.isBad(at)) recovered.push(point);
      const known = point === SERIAL_NUMBER && this.values.sample(at) !== undefined;
      const sample = this.values.take(at, converted.good, time, now);
      // Another serial number: the device was replaced.
      if (sample !== undefined && known) this.renew();
      if (sample !== undefined) samples.push(sample);
    }
    const worse = troubles.size > 0 && this.mark(troubles, now);
    if (recovered.length > 0) this.log.info({ points: recovered }, "values are good again");
    if (computes) samples.push(...this.compute(now));
    if (worse || recovered.length > 0) samples.push(...this.takeQuality());
    return samples;
  }

  /** What hangs on what was heard since the last time. */
  private compute(now: Millis): Sample[] {
    const samples = this.computed.renew(this.heard, now);
    this.heard.clear();
    return samples;
  }

  private takeQuality(): Sample[] {
    return this.takeFixed(qualityValues(this.model, this.values, true), this.clock.wall());
  }

  private convert(at: number, source: PointSource, raw: Reading["value"], time: UnixMillis): Converted {
    try {
      return source.toValue(raw, source.looksBack === true ? this.history(at, time) : undefined);
    } catch (error) {
      const bad = "the gateway failed to convert it; its log says how";
      const { point } = this.model.leaves[at] ?? {};
      if (this.values.get(at).bad?.reason !== bad)
        this.log.error({ code: "LG109", err: error, point }, "a bug in a conversion");
      return { bad };
    }
  }

  private history(at: number, now: UnixMillis): PointHistory | undefined {
    const { value, time } = this.values.get(at);
    if (value === undefined) return undefined;
    const doubted = this.doubted.get(at);
    return {
      value,
      elapsed: Math.max(0, now - time),
      ...(doubted === undefined ? {} : { doubted }),
      ...(this.renewed.has(at) ? { renewed: true } : {}),
    };
  }

  private doubt(at: number, doubted: Value | undefined): void {
    if (doubted === undefined) this.doubted.delete(at);
    else this.doubted.set(at, doubted);
  }

  /** A good value of a point that looks back; of a counter that has fallen it is told. */
  private believe(at: number, { counts }: PointSource, value: Value): void {
    this.doubted.delete(at);
    this.renewed.delete(at);
    const from = counts === true ? this.values.sample(at)?.value : undefined;
    if (from === undefined || !(value < from)) return;
    this.values.beganAnew(at, { from, to: value, time: this.clock.wall() });
    this.log.info({ point: this.model.leaves[at]?.point, from, to: value }, "a counter began anew");
  }

  /** A bad value is a state: one line when it begins, however long it lasts. Returns whether one began. */
  private mark(troubles: ReadonlyMap<PointId, string>, now: Millis): boolean {
    const news: Record<PointId, string> = {};
    for (const [point, reason] of troubles) {
      const at = this.model.positions.get(point);
      if (at === undefined) continue;
      if (this.model.computed.size > 0) this.heard.add(at);
      if (this.values.bad(at, reason, this.clock.wall(), now)) news[point] = reason;
    }
    const began = Object.keys(news).length > 0;
    if (began) this.log.warn({ code: "LG555", points: news }, "points gave no good value");
    return began;
  }
}

/** The points that no reading is of. Nearly every answer has all of them, in the order in which they were asked. */
function silentAmong(points: readonly PointId[], readings: readonly Reading[]): readonly PointId[] {
  if (points.length === readings.length && points.every((point, i) => readings[i]?.point === point)) return [];
  const answered = new Set(readings.map(({ point }) => point));
  return points.filter((point) => !answered.has(point));
}
