/** Where the steps of executable resources, and of an update, write to: a device that is played must take them there. */
import type { AdapterModule, PointId, RawValue } from "../adapter.ts";
import { Lwm2mError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";

export interface StepTarget {
  /** "3/0/4 step 1": no resource of a mapping is called like that. */
  readonly id: PointId;
  /** The adapter's point. */
  readonly point: unknown;
  /** What is read there: nothing, in the kind of value that is written. */
  readonly idle: RawValue;
}

/**
 * A writable point for each step that writes: its source keys are those of a point. A step that needs arguments which we
 * cannot think of, or that no point can stand for, is named in the log and refused when it comes.
 */
export function stepTargets(plan: DevicePlan, adapter: AdapterModule, log: Logger): StepTarget[] {
  const targets = (resource: string, steps: readonly unknown[]): StepTarget[] =>
    steps.flatMap((step, i) => {
      const target = targetOf(step, plan.device, adapter);
      if (target instanceof Error) log.warn({ code: "LG107", resource, err: target }, `step ${i + 1} cannot be played`);
      return target === undefined || target instanceof Error ? [] : [{ id: `${resource} step ${i + 1}`, ...target }];
    });
  const executed = [...plan.resources].flatMap(([resource, { source }]) => {
    if (source.kind !== "execute") return [];
    const steps = examples(source.steps);
    if (steps === undefined)
      log.warn({ code: "LG107", resource }, "its steps need arguments of their own: Execute will be refused");
    return targets(resource, steps ?? []);
  });
  return [...executed, ...targets("firmware", firmwareSteps(plan))];
}

/** What an update asks of the device beside the image. */
function firmwareSteps({ firmware }: DevicePlan): readonly unknown[] {
  if (firmware === undefined) return [];
  const { enter, activate, confirm, abort } = firmware;
  return [...enter, ...activate, ...confirm, ...abort].flatMap((step) => (step.type === "device" ? [step.step] : []));
}

/** The steps of all executable resources, for arguments that most types take, and of an update; without those that need others. */
export function exampleSteps(plan: DevicePlan): readonly unknown[] {
  const executed = [...plan.resources.values()].flatMap(({ source }) =>
    source.kind === "execute" ? (examples(source.steps) ?? []) : [],
  );
  return [...executed, ...firmwareSteps(plan)];
}

/** Arguments that most types take; where a step goes does not hang on them. */
const ARGUMENTS: readonly string[] = ["1", "00", "0000", "00000000"];

function examples(steps: (args: ReadonlyMap<number, string>) => readonly unknown[]): readonly unknown[] | undefined {
  for (const argument of ARGUMENTS) {
    try {
      return steps(new Map(Array.from({ length: 10 }, (_, i) => [i, argument])));
    } catch (error) {
      if (!(error instanceof Lwm2mError)) throw error;
    }
  }
  return undefined;
}

/** Undefined: a step that writes nothing, e.g. a pause. */
function targetOf(step: unknown, device: unknown, adapter: AdapterModule): Omit<StepTarget, "id"> | Error | undefined {
  if (typeof step !== "object" || step === null || !("value" in step) || !isRaw(step.value)) return undefined;
  const { value } = step;
  const source = Object.entries(step).filter(([key]) => adapter.sources.includes(key));
  if (source.length === 0) return undefined;
  const length = value instanceof Uint8Array ? { length: value.length } : {};
  try {
    return {
      point: adapter.point.parse({ ...Object.fromEntries(source), ...length, write: true, device }),
      idle: idle(value),
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isRaw(value: unknown): value is RawValue {
  return ["string", "number", "bigint", "boolean"].includes(typeof value) || value instanceof Uint8Array;
}

function idle(value: RawValue): RawValue {
  switch (typeof value) {
    case "string":
      return "";
    case "number":
      return 0;
    case "bigint":
      return 0n;
    case "boolean":
      return false;
    case "object":
      return new Uint8Array(value.length);
  }
}
