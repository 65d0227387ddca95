import assert from "node:assert/strict";
import { type Millis, SECOND } from "../../src/clock.ts";
import type { AttributeSource } from "../../src/lwm2m/attribute-store.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import { type ObservationEffect, type ObservationEvent, Observations } from "../../src/lwm2m/observations.ts";
import type { Evaluation } from "../../src/lwm2m/report-rules.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import { TIMEOUT, type Timeout } from "../../src/machine.ts";
import { at } from "../support/fake-backing.ts";

export const TEMPERATURE = "/d01/3303/0/5700";
/** Samples are stamped by a clock of their own, so that a report shows when its values were measured. */
export const EPOCH = 1_700_000_000_000;

type Due = ObservationEffect & { readonly type: "due" };

/** Observations whose attributes a test sets by path, and a clock that it moves. Times are seconds. */
export class Bench {
  readonly attributes = new Map<string, Attributes>();
  defaults: Attributes = {};
  now: Millis = 0;
  readonly machine: Observations;
  /** What each observation wants the polls to be; the last word of each. */
  readonly evaluations = new Map<string, readonly Evaluation[]>();

  constructor() {
    const source: AttributeSource = {
      effective: (path) => ({ ...this.defaults, ...this.attributes.get(path) }),
      defaults: () => this.defaults,
    };
    this.machine = new Observations(source);
  }

  sample(path: string, value: Value): Sample {
    return { path: at(path), value, time: EPOCH + this.now };
  }

  /** What came of it, without the wishes for polls. */
  feed(event: ObservationEvent | Timeout): ObservationEffect[] {
    return this.machine.handle(event, this.now).filter((effect) => {
      if (effect.type === "evaluation") this.evaluations.set(effect.id, effect.evaluations);
      return effect.type !== "evaluation";
    });
  }

  observe(paths: string | readonly string[], values: Record<string, Value>, attributes?: Attributes): void {
    const list = [paths].flat().map(at);
    const effects = this.feed({
      type: "observe",
      id: observationId(1, list),
      paths: list,
      composite: Array.isArray(paths),
      ...(attributes === undefined ? {} : { attributes }),
      samples: Object.entries(values).map(([path, value]) => this.sample(path, value)),
    });
    assert.deepEqual(effects, []);
  }

  changed(values: Record<string, Value>): ObservationEffect[] {
    return this.feed({
      type: "changed",
      samples: Object.entries(values).map(([path, value]) => this.sample(path, value)),
    });
  }

  /** Runs the machine's own deadlines until that second; what they caused, each with its second. */
  until(second: number): (readonly [number, ObservationEffect])[] {
    const caused: (readonly [number, ObservationEffect])[] = [];
    for (
      let next = this.machine.deadline;
      next !== undefined && next <= second * SECOND;
      next = this.machine.deadline
    ) {
      this.now = Math.max(this.now, next);
      for (const effect of this.feed(TIMEOUT)) caused.push([this.now / SECOND, effect]);
    }
    this.now = second * SECOND;
    return caused;
  }
}

/** One observed temperature with these attributes. */
export function aThermometer(attributes: Attributes, value: Value = 20, path = TEMPERATURE): Bench {
  const bench = new Bench();
  bench.attributes.set(path, attributes);
  bench.observe(path, { [path]: value });
  return bench;
}

export function values(effects: readonly ObservationEffect[]): Value[] {
  return effects.map((effect) => {
    assert.ok(effect.type === "due");
    assert.equal(effect.samples.length, 1);
    return effect.samples[0]?.value ?? "";
  });
}

export function timed(caused: readonly (readonly [number, ObservationEffect])[]): (readonly [number, Value])[] {
  return caused.map(([second, effect]) => [second, values([effect])[0] ?? ""]);
}

export function due(effect: ObservationEffect | undefined): Due {
  assert.ok(effect?.type === "due");
  return effect;
}
