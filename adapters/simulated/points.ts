/** What links and mappings say of simulated devices. */
import { z } from "zod";
import { durationSchema, type Millis, type PointShape } from "../../src/adapter.ts";
import { constantSchema, rampSchema, type Signal, sineSchema, walkSchema } from "./signals.ts";

export interface SimulatedOptions {
  /** How long each read and each write takes. */
  readonly latency: Millis;
}

export interface SimulatedDevice {
  /** Where it is not the link's. */
  readonly latency?: Millis | undefined;
}

export interface SimulatedPoint {
  readonly signal: Signal;
  readonly writable: boolean;
}

export const SOURCES = ["constant", "ramp", "sine", "walk"] as const;

const latency = durationSchema.describe("How long each read and each write takes");

export const optionsSchema: z.ZodType<SimulatedOptions> = z.strictObject({ latency: latency.default(0) });

export const deviceSchema: z.ZodType<SimulatedDevice> = z.strictObject({ latency: latency.optional() }).prefault({});

const pointFields = z.strictObject({
  constant: constantSchema.optional().describe("This value, until another is written"),
  ramp: rampSchema.optional().describe("Rises evenly in each period, then begins again"),
  sine: sineSchema.optional().describe("Swings around its mean"),
  walk: walkSchema.optional().describe("Wanders by a random step at each read"),
  write: z.literal(true).optional().describe("Whether the value may be written"),
  length: z.unknown().optional(),
  device: z.unknown().optional(),
});

export const pointSchema: z.ZodType<SimulatedPoint> = pointFields.transform((fields, context) => {
  const [signal, ...others] = signalsOf(fields);
  const writable = fields.write === true;
  if (signal === undefined || others.length > 0) {
    context.addIssue({ code: "custom", message: `expected exactly one of ${SOURCES.join(", ")}` });
    return z.NEVER;
  }
  if (writable && signal.kind !== "constant") {
    context.addIssue({ code: "custom", path: ["write"], message: "only a constant can be written" });
    return z.NEVER;
  }
  return { signal, writable };
});

export function shape(source: Readonly<Record<string, unknown>>): PointShape {
  return { kind: "scalar", writable: "constant" in source };
}

function signalsOf({ constant, ramp, sine, walk }: z.output<typeof pointFields>): Signal[] {
  return [
    ...(constant === undefined ? [] : [{ kind: "constant", value: constant } as const]),
    ...(ramp === undefined ? [] : [{ kind: "ramp", ...ramp } as const]),
    ...(sine === undefined ? [] : [{ kind: "sine", ...sine } as const]),
    ...(walk === undefined ? [] : [{ kind: "walk", ...walk } as const]),
  ];
}
