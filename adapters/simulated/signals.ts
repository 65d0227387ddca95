/** Values that nobody measured, as functions of time. */
import { z } from "zod";
import { durationSchema, type Millis, parseDuration, type RawValue } from "../../src/adapter.ts";

export interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly period: Millis;
}
export interface Sine {
  readonly mean: number;
  readonly amplitude: number;
  readonly period: Millis;
}
export interface Walk {
  readonly start: number;
  readonly step: number;
  readonly min: number;
  readonly max: number;
}
export type Signal =
  | { readonly kind: "constant"; readonly value: RawValue }
  | ({ readonly kind: "ramp" } & Ramp)
  | ({ readonly kind: "sine" } & Sine)
  | ({ readonly kind: "walk" } & Walk);

const period = durationSchema
  .refine((length) => length > 0, "a period is longer than 0")
  .default(parseDuration("1m"))
  .describe("How long until it begins again");

export const constantSchema = z.union([z.number(), z.bigint(), z.boolean(), z.string()]);
export const rampSchema: z.ZodType<Ramp> = z.strictObject({ from: z.number(), to: z.number(), period });
export const sineSchema: z.ZodType<Sine> = z.strictObject({ mean: z.number(), amplitude: z.number(), period });
export const walkSchema: z.ZodType<Walk> = z
  .strictObject({ start: z.number(), step: z.number().min(0), min: z.number(), max: z.number() })
  .refine(({ start, min, max }) => min <= start && start <= max, "expected min <= start <= max");

/** Where a signal stands: what it was last, for those that go on from there. */
export interface SignalState {
  last: RawValue;
}

export function startOf(signal: Signal): SignalState {
  switch (signal.kind) {
    case "constant":
      return { last: signal.value };
    case "ramp":
      return { last: signal.from };
    case "sine":
      return { last: signal.mean };
    case "walk":
      return { last: signal.start };
  }
}

/** The value at this age of the device; `fraction` is random in [0, 1). A walk moves with each call. */
export function valueAt(signal: Signal, state: SignalState, age: Millis, fraction: () => number): RawValue {
  switch (signal.kind) {
    case "constant":
      return state.last;
    case "ramp":
      return signal.from + (signal.to - signal.from) * ((age % signal.period) / signal.period);
    case "sine":
      return signal.mean + signal.amplitude * Math.sin((2 * Math.PI * (age % signal.period)) / signal.period);
    case "walk": {
      const next = Number(state.last) + signal.step * (2 * fraction() - 1);
      state.last = Math.min(signal.max, Math.max(signal.min, next));
      return state.last;
    }
  }
}
