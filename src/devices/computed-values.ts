/** The resources of a device that are computed from others of it. */
import type { Millis } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Sample, Value } from "../lwm2m/sample.ts";
import type { Converted, DerivedSource } from "../mapping/plan-types.ts";
import type { DeviceModel } from "./device-model.ts";
import type { Values } from "./values.ts";

/**
 * Computes what hangs on leaves that were just heard, in one go, so that three phases of one read give one sum. A computed
 * value has the time of the newest of its inputs, and is bad where one of them is.
 */
export class ComputedValues {
  private readonly model: DeviceModel;
  private readonly values: Values;
  private readonly log: Logger;

  constructor(model: DeviceModel, values: Values, log: Logger) {
    this.model = model;
    this.values = values;
    this.log = log;
  }

  /** `heard`: positions of leaves, to which those of what was computed are added. Returns the samples that are new. */
  renew(heard: Set<number>, now: Millis): Sample[] {
    const samples: Sample[] = [];
    for (const [at, inputs] of this.model.computed) {
      const leaf = this.model.leaves[at];
      if (leaf?.source.kind !== "derived" || !inputs.some((input) => heard.has(input))) continue;
      heard.add(at);
      const sample = this.compute(at, leaf.source, inputs, now);
      if (sample !== undefined) samples.push(sample);
    }
    return samples;
  }

  private compute(at: number, source: DerivedSource, inputs: readonly number[], now: Millis): Sample | undefined {
    const given: Value[] = [];
    let time = Number.NEGATIVE_INFINITY;
    for (const input of inputs) {
      const known = this.values.get(input);
      if (known.bad !== undefined) {
        const { reason, time: since } = known.bad;
        this.values.bad(at, `it is computed from ${this.model.leaves[input]?.path}: ${reason}`, since, now);
        return undefined;
      }
      // Nothing is known of it yet: there is nothing to tell.
      if (known.value === undefined) return undefined;
      given.push(known.value);
      time = Math.max(time, known.time);
    }
    const result = this.result(at, source, given);
    if ("good" in result) return this.values.take(at, result.good, time, now);
    if (this.values.bad(at, result.bad, time, now)) {
      this.log.warn(
        { code: "LG555", points: { [this.model.leaves[at]?.point ?? ""]: result.bad } },
        "points gave no good value",
      );
    }
    return undefined;
  }

  private result(at: number, source: DerivedSource, given: readonly Value[]): Converted {
    try {
      return source.compute(given);
    } catch (error) {
      const bad = "the gateway failed to compute it; its log says how";
      if (this.values.get(at).bad?.reason !== bad) {
        this.log.error({ code: "LG109", err: error, point: this.model.leaves[at]?.point }, "a bug in a computation");
      }
      return { bad };
    }
  }
}
