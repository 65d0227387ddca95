/** What a mapping says of one value: which answer or message has it, and where; and of one step of `do:`. */
import { z } from "zod";
import { durationSchema, type Millis, nearestNames, type PointShape, type RawValue } from "../../../src/adapter.ts";
import { type Complain, fieldsOf, type MessageSpec, unknownField } from "./messages.ts";
import type { RequestSpec, SpokenDevice } from "./section.ts";
import { takesValue } from "./template.ts";

/** The keys of which a resource has exactly one. */
export const SOURCES = ["request", "message"] as const;

/** What a value is of its message. */
export type Part =
  | { readonly kind: "text" }
  | { readonly kind: "field"; readonly name: string }
  /** Bytes of the whole frame; `length` absent: all from there to the end of its body. */
  | { readonly kind: "bytes"; readonly at: number; readonly length?: number | undefined };

/** How a point is written: this request is sent, with the value where it takes one. */
export interface WriteSpec {
  readonly request: RequestSpec;
  /** It is sent for this value only. */
  readonly when?: string | number | boolean | undefined;
}

export interface SpokenPoint {
  readonly device: SpokenDevice;
  /** The request whose answer has it, or the message that the device sends by itself. */
  readonly source:
    | { readonly kind: "request"; readonly request: RequestSpec }
    | { readonly kind: "message"; readonly name: string; readonly spec: MessageSpec };
  readonly part: Part;
  /** The number is multiplied by what stands behind the word that this field is. */
  readonly scaleBy?: { readonly field: string; readonly factors: ReadonlyMap<string, number> } | undefined;
  /** It is believed only where this field is one of these words. */
  readonly quality?: { readonly field: string; readonly good: readonly string[] } | undefined;
  readonly write?: WriteSpec | undefined;
}

/** One step: a request, or a pause. The requests of a device are known only where it runs. */
export type SpokenStep =
  | { readonly request: string; readonly value?: RawValue | undefined }
  | { readonly wait: Millis };

const scalar = z.union([z.boolean(), z.number(), z.string()]);

const pointFields = z.strictObject({
  request: z.string().optional().describe("Name of the request whose answer has the value"),
  message: z.string().optional().describe("Name of the message, sent by the device itself, that has the value"),
  field: z.string().optional().describe("Which field of it; absent, as `at` is: the whole text"),
  at: z
    .int()
    .min(0)
    .max(8191)
    .optional()
    .describe("Byte of the frame at which the value begins, from 0, start mark included"),
  scale_by: z
    .object({ field: z.string().describe("The field that holds the word, e.g. of the unit") })
    .catchall(z.number())
    .optional()
    .describe("What the number is multiplied by, for each word that a field may be: { field: unit, g: 0.001, kg: 1 }"),
  quality: z
    .strictObject({
      field: z.string().describe("The field that tells whether the value is good"),
      good: z
        .union([z.string(), z.array(z.string()).min(1)])
        .transform((given) => (typeof given === "string" ? [given] : given))
        .describe("The words for a good one"),
    })
    .optional()
    .describe("The value is believed only where a field says so: { field: stable, good: S }"),
  write: z
    .union([
      z.literal(true),
      z.strictObject({
        request: z.string().optional().describe("The request that writes it, where it is not the one that reads it"),
        when: scalar.optional().describe("Only this value may be written"),
      }),
    ])
    .optional()
    .describe("How it is written: by a request, with the value in the place of {value}"),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<SpokenDevice>((value) => typeof value === "object" && value !== null),
});
type PointFields = z.output<typeof pointFields>;

export const pointSchema: z.ZodType<SpokenPoint> = pointFields.transform((fields, context) => {
  const complain: Complain = (path, message) => context.addIssue({ code: "custom", path: [...path], message });
  return toPoint(fields, complain) ?? z.NEVER;
});

export const stepSchema: z.ZodType<SpokenStep> = z.union([
  z.strictObject({
    request: z.string().describe("Name of the request"),
    value: z.custom<RawValue>().optional().describe("What stands in the place of {value}"),
  }),
  z.strictObject({ wait: durationSchema.describe("How long to wait before the next step") }),
]);

export function shape({ request, at }: Readonly<Record<string, unknown>>): PointShape {
  const asked = request !== undefined;
  const unasked = asked ? {} : { unasked: true as const };
  return at === undefined
    ? { kind: "scalar", writable: asked, ...unasked }
    : { kind: "bytes", wordBytes: 1, writable: asked, ...unasked };
}

/** Undefined where something is wrong, which `complain` has heard. */
function toPoint(fields: PointFields, complain: Complain): SpokenPoint | undefined {
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
  const write = writeOf(fields, source, complain);
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

function sourceOf({ device, request, message }: PointFields, complain: Complain): SpokenPoint["source"] | undefined {
  if ((request === undefined) === (message === undefined)) {
    complain(message === undefined ? [] : ["message"], `expected exactly one of ${SOURCES.join(", ")}`);
    return undefined;
  }
  if (message === undefined) {
    const found = requestOf(device, request ?? "", ["request"], complain);
    return found === undefined ? undefined : { kind: "request", request: found };
  }
  const spec = device.messages.get(message);
  if (spec !== undefined) return { kind: "message", name: message, spec };
  complain(["message"], unknownName("message", message, device.messages.keys()));
  return undefined;
}

function requestOf(
  { requests }: SpokenDevice,
  name: string,
  path: readonly string[],
  complain: Complain,
): RequestSpec | undefined {
  const request = requests.get(name);
  if (request === undefined) complain(path, unknownName("request", name, requests.keys()));
  return request;
}

function unknownName(what: string, name: string, known: Iterable<string>): string {
  const names = [...known];
  const [near] = nearestNames(name, names);
  const have = names.length === 0 ? "it has none" : `have: ${names.join(", ")}`;
  return `the mapping has no ${what} "${name}" (${near === undefined ? have : `did you mean "${near}"?`})`;
}

/** Undefined where something is wrong. */
function writeOf(
  { write, device, at }: PointFields,
  source: SpokenPoint["source"],
  complain: Complain,
): WriteSpec | "no" | undefined {
  if (write === undefined) return "no";
  const { request: name, when } = write === true ? {} : write;
  const own = source.kind === "request" ? source.request : undefined;
  const request = name === undefined ? own : requestOf(device, name, ["write", "request"], complain);
  if (request === undefined) {
    if (name === undefined) complain(["write"], "a message is not written: say which request writes it");
    return undefined;
  }
  if (!takesValue(request.send) && when === undefined) {
    const message = `the request "${request.name}" takes no {value}: say for which value it is sent, e.g. write: { when: true }`;
    complain(["write"], message);
    return undefined;
  }
  const fault = spellingFault(request, at !== undefined, when !== undefined);
  if (fault !== undefined) {
    complain(["write"], fault);
    return undefined;
  }
  return { request, ...(when === undefined ? {} : { when }) };
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
  const { request: name, value } = step;
  if (typeof name !== "string") return undefined;
  const request = requests.get(name);
  if (request === undefined) return unknownName("request", name, requests.keys());
  if (request.send.value?.kind === "bytes") {
    return `the request "${name}" takes bytes of a resource: for a step say which its value becomes, e.g. {value:u16}`;
  }
  if (takesValue(request.send) === (value !== undefined)) return undefined;
  return value === undefined ? `the request "${name}" needs a value` : `the request "${name}" takes no {value}`;
}
