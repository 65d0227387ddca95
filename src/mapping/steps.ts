import type { PointShape } from "../adapter.ts";
import type { ByteOrder } from "./conversion-types.ts";

/** One step of a `do:` list as the mapping spells it, parameters filled in; `$0` … `$9` are still there. */
export type StepRecord = Readonly<Record<string, unknown>>;

export interface StepContext {
  /** The adapter's `shape`: what a step with `value` writes to. */
  shape(step: StepRecord): PointShape;
  /** The adapter's `step.parse`. */
  parse(step: unknown): unknown;
  /** The device's default. */
  readonly order?: ByteOrder;
}

/** The steps of an executable resource for these arguments. Throws Lwm2mError 4.00 where an argument is missing or wrong. */
export type Steps = (args: ReadonlyMap<number, string>) => readonly unknown[];

/** A step that cannot be: its place in the list, the key to blame where one is, the adapter's own error as cause. */
export class StepError extends Error {
  readonly index: number;
  readonly key: string | undefined;

  constructor(index: number, key: string | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StepError";
    this.index = index;
    this.key = key;
  }
}

export declare function compileSteps(steps: readonly StepRecord[], context: StepContext): Steps;
