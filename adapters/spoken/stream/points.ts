/** What a mapping says of one value: which answer or message has it, and where; and of one step of `do:`. */
import { z } from "zod";
import type { PointShape } from "../../../src/adapter.ts";
import { type Complain, complainTo, unknownName } from "../keys.ts";
import {
  type RequestStep,
  requestOf,
  requestStepSchema,
  stepFault as stepFaultOf,
  type WaitStep,
  waitStepSchema,
} from "../requests.ts";
import type { Factors } from "../words.ts";
import { type WriteSpec, writeOf, writeSchema } from "../write.ts";
import { fieldsOf, type MessageSpec, unknownField, wordsSchema } from "./messages.ts";
import type { RequestSpec, SpokenDevice } from "./section.ts";

/** The keys of which a resource has exactly one. */
export const SOURCES = ["request", "message"] as const;

/** What a value is of its message. */
export type Part =
  | { readonly kind: "text" }
  | { readonly kind: "field"; readonly name: string }
  /** Bytes of the whole frame; `length` absent: all from there to the end of its body. */
  | { readonly kind: "bytes"; readonly at: number; readonly length?: number | undefined };

export interface SpokenPoint {
  readonly device: SpokenDevice;
  /** The request whose answer has it, or the message that the device sends by itself. */
  readonly source:
    | { readonly kind: "request"; readonly request: RequestSpec }
    | { readonly kind: "message"; readonly name: string; readonly spec: MessageSpec };
  readonly part: Part;
  /** The number is multiplied by what stands behind the word that this field is. */
  readonly scaleBy?: { readonly field: string; readonly factors: Factors } | undefined;
  /** It is believed only where this field is one of these words. */
  readonly quality?: { readonly field: string; readonly good: readonly string[] } | undefined;
  readonly write?: WriteSpec<RequestSpec> | undefined;
}

/** One step: a request, or a pause. */
export type SpokenStep = RequestStep | WaitStep;

/** The keys of a resource that say what of which message it is, for adapters that have other sources, too. */
export const spokenPointKeys = {
  request: z.string().optional().describe("Name of the request whose answer has the value"),
  message: z.string().optional().describe("Name of the message, sent by the device itself, that has the value"),
  scale_by: z
    .object({ field: z.string().describe("The field that holds the word, e.g. of the unit") })
    .catchall(z.number())
    .optional()
    .describe("What the number is multiplied by, for each word that a field may be: { field: unit, g: 0.001, kg: 1 }"),
  quality: z
    .strictObject({
      field: z.string().describe("The field that tells whether the value is good"),
      good: wordsSchema.describe("The words for a good one"),
    })
    .optional()
    .describe("The value is believed only where a field says so: { field: stable, good: S }"),
};

const pointFields = z.strictObject({
  ...spokenPointKeys,
  field: z.string().optional().describe("Which field of it; absent, as `at` is: the whole text"),
  at: z
    .int()
    .min(0)
    .max(8191)
    .optional()
    .describe("Byte of the frame at which the value begins, from 0, start mark included"),
  write: writeSchema.optional(),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<SpokenDevice>((value) => typeof value === "object" && value !== null),
});
export type SpokenPointFields = z.output<typeof pointFields>;

export const pointSchema: z.ZodType<SpokenPoint> = pointFields.transform((fields, context) => {
  return spokenPoint(fields, complainTo(context)) ?? z.NEVER;
});

export const stepSchema: z.ZodType<SpokenStep> = z.union([requestStepSchema, waitStepSchema]);

export function shape({ request, at }: Readonly<Record<string, unknown>>): PointShape {
  const asked = request !== undefined;
  const unasked = asked ? {} : { unasked: true as const };
  return at === undefined
    ? { kind: "scalar", writable: asked, ...unasked }
    : { kind: "bytes", wordBytes: 1, writable: asked, ...unasked };
}

/** Undefined where something is wrong, which `complain` has heard. */
export function spokenPoint(fields: SpokenPointFields, complain: Complain): SpokenPoint | undefined {
  const { device, at, field, length, scale_by: scaleBy, quality } = fields;
  const source = sourceOf(fields, complain);
  if (source === undefined) return undefined;
  const spec = source.kind === "message" ? source.spec : source.request.answer;
  const known = [
    isField(["field"], field, spec, complain),
    isField(["scale_by", "field"], scaleBy?.field, spec, complain),
    isField(["quality", "field"], quality?.field, spec, complain),
  ];
  if (field !== undefined && at !== undefined) complain(["at"], "a value is a field or bytes, not both");
  const write = writtenBy(fields, source, complain);
  if (known.includes(false) || write === undefined) return undefined;
  const { field: scaleField, ...factors } = scaleBy ?? {};
  return {
    device,
    source,
    part: at === undefined ? textPart(field) : { kind: "bytes", at, length },
    ...(scaleField === undefined ? {} : { scaleBy: { field: scaleField, factors: new Map(Object.entries(factors)) } }),
    ...(quality === undefined ? {} : { quality }),
    ...(write === "no" ? {} : { write }),
  };
}

function textPart(field: string | undefined): Part {
  return field === undefined ? { kind: "text" } : { kind: "field", name: field };
}

function isField(
  path: readonly string[],
  name: string | undefined,
  spec: MessageSpec | undefined,
  complain: Complain,
): boolean {
  const names = spec === undefined ? [] : fieldsOf(spec);
  if (name === undefined || names.includes(name)) return true;
  complain(path, unknownField(name, names));
  return false;
}

function sourceOf(
  { device, request, message }: SpokenPointFields,
  complain: Complain,
): SpokenPoint["source"] | undefined {
  if ((request === undefined) === (message === undefined)) {
    complain(message === undefined ? [] : ["message"], `expected exactly one of ${SOURCES.join(", ")}`);
    return undefined;
  }
  if (message === undefined) {
    const found = requestOf(device.requests, request ?? "", ["request"], complain);
    return found === undefined ? undefined : { kind: "request", request: found };
  }
  const spec = device.messages.get(message);
  if (spec !== undefined) return { kind: "message", name: message, spec };
  complain(["message"], unknownName("message", message, device.messages.keys()));
  return undefined;
}

/** Undefined where something is wrong. */
function writtenBy(
  { write, device: { requests }, at }: SpokenPointFields,
  source: SpokenPoint["source"],
  complain: Complain,
): WriteSpec<RequestSpec> | "no" | undefined {
  const own = source.kind === "request" ? source.request : undefined;
  const spec = writeOf(write, { requests, own, unasked: "a message" }, complain);
  if (spec === undefined || spec === "no") return spec;
  const fault = spellingFault(spec.request, at !== undefined, spec.when !== undefined);
  if (fault !== undefined) complain(["write"], fault);
  return fault === undefined ? spec : undefined;
}

/** Why the value of this resource cannot stand in this request; undefined: it can. */
function spellingFault({ name, send }: RequestSpec, isBytes: boolean, hasWhen: boolean): string | undefined {
  const { value } = send;
  if (isBytes && hasWhen) return "when: it is for values that are no bytes: give `field`, or a resource of its own";
  if (value === undefined || (value.kind === "bytes") === isBytes) return undefined;
  return isBytes
    ? `the value is bytes, as \`as\` says: the request "${name}" takes them in hex, as {value} alone`
    : `the request "${name}" takes bytes: say which the value becomes, e.g. {value:u16}`;
}

/** Why this device cannot do a step, as the mapping spells it; undefined: it can. */
export function stepFault({ requests }: SpokenDevice, step: Readonly<Record<string, unknown>>): string | undefined {
  const { request: name } = step;
  const request = typeof name === "string" ? requests.get(name) : undefined;
  return request?.send.value?.kind === "bytes"
    ? `the request "${name}" takes bytes of a resource: for a step say which its value becomes, e.g. {value:u16}`
    : stepFaultOf(requests, step);
}
