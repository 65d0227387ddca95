/** What a mapping says of one value: where it stands in advertisements, or in which characteristic. */
import { z } from "zod";
import type { Millis, PointShape } from "../../src/adapter.ts";
import { durationSchema } from "../../src/adapter.ts";
import { type SpokenPoint, spokenPointKeys, shape as spokenShape } from "../spoken/stream/points.ts";
import type { CharacteristicRef } from "./central/session-types.ts";
import { charSchema, nameOfRef, refOf, whichKeys } from "./characteristic.ts";
import { type Command, commandSchema, takesValue } from "./command.ts";
import type { CharacteristicDecoder } from "./decoders/decoder.ts";
import { characteristicDecoders, fieldKind } from "./decoders/index.ts";
import { type Complain, hexSchema, unknownName, uuidSchema } from "./keys.ts";
import type { BleDevice } from "./section.ts";
import { uartPoint } from "./uart/uart-point.ts";

/** The keys of which a resource has one, and `field` beside `char`, `request` and `message`. */
export const SOURCES = ["field", "service_data", "manufacturer", "char", "request", "message"] as const;

/** Those that say which part of another is meant. */
export const PARTS = ["field"] as const;

/** These bytes of what is there; `length` absent: all from there on. */
export interface Slice {
  readonly at: number;
  readonly length?: number | undefined;
}

/** What of an advertisement a value is. */
export type AdvertisementSource =
  /** A field that the decoder of the section has found; `bytes`: a part of it. */
  | { readonly kind: "field"; readonly field: string; readonly bytes?: Slice | undefined }
  /** Bytes of the data of a service, or of a maker. They count only where they begin so. */
  | {
      readonly kind: "data";
      readonly data: { readonly service: string } | { readonly company: number };
      readonly begins?: Uint8Array | undefined;
      readonly bytes: Slice;
    };

export interface CharacteristicSource {
  readonly kind: "characteristic";
  readonly ref: CharacteristicRef;
  readonly via: "read" | "notify" | "indicate";
  /** Its bytes count only where they begin so. */
  readonly begins?: Uint8Array | undefined;
  readonly part: Slice | { readonly decoder: CharacteristicDecoder; readonly field: string };
}

/** What the device says over its UART service. */
export interface UartSource {
  readonly kind: "uart";
  /** It says itself how it is written. */
  readonly point: SpokenPoint;
}

/** How a point is written. */
export interface WriteSpec {
  readonly ref: CharacteristicRef;
  /** Absent: as the characteristic has it, with a response where it can. */
  readonly response?: boolean | undefined;
  /** What is sent, with the value in its place; absent: the value alone. */
  readonly command?: Command | undefined;
  /** It is sent for this value only. */
  readonly when?: string | number | boolean | undefined;
  /** After so long the point is read, and must be what was written. */
  readonly verify?: Millis | undefined;
}

export interface BlePoint {
  readonly source: AdvertisementSource | CharacteristicSource | UartSource;
  readonly write?: WriteSpec | undefined;
  readonly device: BleDevice;
}

const scalar = z.union([z.boolean(), z.number(), z.string()]);

const writeFields = z.strictObject({
  char: charSchema.optional(),
  ...whichKeys,
  request: z.string().optional().describe("The request that writes it, of what is said over the UART"),
  response: z.boolean().optional().describe("Whether the device confirms; default: where the characteristic can"),
  hex: commandSchema
    .optional()
    .describe('The bytes that are sent, with "{value}" where the value stands: 33 01 {value}'),
  when: scalar.optional().describe("Only this value may be written: true is any but 0"),
  verify: durationSchema.optional().describe("After so long it is read again, and must be what was written"),
});

const pointFields = z.strictObject({
  field: z
    .string()
    .optional()
    .describe("The field that `decode` has found; beside `char`, `request`, `message`: that of what they name"),
  service_data: uuidSchema.optional().describe("UUID of the service whose advertised data has the value: fcd2"),
  manufacturer: z.int().min(0).max(0xffff).optional().describe("Company whose advertised data has the value: 0x0499"),
  char: charSchema.optional(),
  ...whichKeys,
  ...spokenPointKeys,
  at: z.int().min(0).max(511).optional().describe("Byte at which the value begins, from 0; with `as`"),
  begins: hexSchema
    .optional()
    .describe("It is believed only where the data, or the characteristic, begins with these bytes: 05 03"),
  via: z
    .enum(["read", "notify", "indicate"])
    .optional()
    .describe("How it comes: read (the default: it is polled), notify or indicate (the device tells it)"),
  write: z
    .union([z.literal(true), writeFields])
    .optional()
    .describe("true, or how it is written: { char, service, index, response, hex, request, when, verify }"),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<BleDevice>((value) => typeof value === "object" && value !== null),
});
type PointFields = z.output<typeof pointFields>;

export const pointSchema: z.ZodType<BlePoint> = pointFields.transform((fields, context) => {
  const complain: Complain = (path, message) => context.addIssue({ code: "custom", path: [...path], message });
  return toPoint(fields, complain) ?? z.NEVER;
});

export function shape(keys: Readonly<Record<string, unknown>>): PointShape {
  const { char, field, at, via, request, message } = keys;
  if ((request ?? message) !== undefined) return spokenShape(keys);
  const isBytes = field === undefined || at !== undefined;
  const told = char === undefined || via === "notify" || via === "indicate";
  return {
    ...(isBytes ? { kind: "bytes", wordBytes: 1 } : { kind: "scalar" }),
    writable: char !== undefined && isBytes,
    ...(told ? { unasked: true } : {}),
  };
}

/** Undefined where something is wrong, which `complain` has heard. */
function toPoint(fields: PointFields, complain: Complain): BlePoint | undefined {
  const { device } = fields;
  if (isSaid(fields)) {
    const point = uartPoint(fields, device.uart, complain);
    return point === undefined ? undefined : { source: { kind: "uart", point }, device };
  }
  const fault = foreignKey(fields);
  if (fault !== undefined) {
    complain(fault, `\`${fault.at(-1)}\` stands beside \`request\` or \`message\`: nothing else has it`);
    return undefined;
  }
  const source =
    fields.char === undefined ? advertised(fields, complain) : characteristic(fields.char, fields, complain);
  const write = source === undefined ? undefined : writeOf(fields, source, complain);
  if (source === undefined || write === undefined) return undefined;
  return { source, ...(write === "no" ? {} : { write }), device };
}

/** Whether it is of what the device says over its UART. */
function isSaid({ request, message }: PointFields): boolean {
  return (request ?? message) !== undefined;
}

/** What only such a value has. */
function foreignKey({ scale_by: scaleBy, quality, write }: PointFields): readonly string[] | undefined {
  if (scaleBy !== undefined) return ["scale_by"];
  if (quality !== undefined) return ["quality"];
  return write !== undefined && write !== true && write.request !== undefined ? ["write", "request"] : undefined;
}

function advertised(fields: PointFields, complain: Complain): AdvertisementSource | undefined {
  let wrong = false;
  for (const key of ["service", "index", "via"] as const) {
    if (fields[key] === undefined) continue;
    wrong = true;
    complain([key], `\`${key}\` stands beside \`char\`: what is advertised has none`);
  }
  const { field, service_data: service, manufacturer: company } = fields;
  if (field !== undefined) return wrong || !isField(field, fields, complain) ? undefined : fieldSource(field, fields);
  const data = service === undefined ? { company: company ?? 0 } : { service };
  return wrong ? undefined : { kind: "data", data, ...beginning(fields), bytes: sliceOf(fields) };
}

function isField(field: string, { device, begins }: PointFields, complain: Complain): boolean {
  if (begins !== undefined) {
    complain(["begins"], "`begins` is for bytes: what is decoded is known already");
    return false;
  }
  if (device.decode === undefined) {
    complain(["field"], "say by `decode` in the section `ble:` what the advertisements are, or give `char`");
    return false;
  }
  const { name, fields } = device.decode.decoder;
  const kind = fieldKind(fields, field);
  if (kind === undefined) complain(["field"], unknownName("field", field, name, fields.keys()));
  return kind !== undefined;
}

function fieldSource(field: string, fields: PointFields): AdvertisementSource {
  return { kind: "field", field, ...(fields.at === undefined ? {} : { bytes: sliceOf(fields) }) };
}

function characteristic(uuid: string, fields: PointFields, complain: Complain): CharacteristicSource | undefined {
  const { field, via = "read" } = fields;
  const ref = refOf(uuid, fields);
  if (field === undefined) return { kind: "characteristic", ref, via, ...beginning(fields), part: sliceOf(fields) };
  if (fields.at !== undefined) complain(["at"], "a field is a value already: leave out `at`, or `field`");
  const decoder = characteristicDecoders.get(uuid);
  if (decoder === undefined) {
    const known = [...characteristicDecoders.values()].map((one) => `${one.uuid} (${one.title})`).join(", ");
    complain(
      ["field"],
      `of the characteristic ${uuid} the fields are not known: say \`at\` and \`as\` (have: ${known})`,
    );
    return undefined;
  }
  if (fieldKind(decoder.fields, field) === undefined) {
    complain(["field"], unknownName("field", field, `${decoder.title} (${uuid})`, decoder.fields.keys()));
    return undefined;
  }
  return fields.at === undefined
    ? { kind: "characteristic", ref, via, ...beginning(fields), part: { decoder, field } }
    : undefined;
}

function sliceOf({ at = 0, length }: PointFields): Slice {
  return { at, ...(length === undefined ? {} : { length }) };
}

function beginning({ begins }: PointFields): { readonly begins?: Uint8Array } {
  return begins === undefined ? {} : { begins };
}

/** Undefined where something is wrong. */
function writeOf(fields: PointFields, source: BlePoint["source"], complain: Complain): WriteSpec | "no" | undefined {
  if (fields.write === undefined) return "no";
  const { char, hex: command, response, when, verify, ...which } = fields.write === true ? {} : fields.write;
  if (char === undefined && (which.service ?? which.index) !== undefined) {
    complain(["write"], "`service` and `index` stand beside a `char` of their own");
    return undefined;
  }
  const own = source.kind === "characteristic" ? source : undefined;
  const ref = char === undefined ? own?.ref : refOf(char, which);
  const fault = writeFault(fields, { own, ref, command, when, verify });
  if (ref === undefined || fault !== undefined) {
    complain(["write", ...(fault?.path ?? [])], fault?.message ?? NOT_WRITTEN);
    return undefined;
  }
  return { ref, ...defined({ response, command, when, verify }) };
}

const NOT_WRITTEN = "an advertisement is not written: say which characteristic is, e.g. write: { char: FFF1 }";

interface Written {
  readonly own: CharacteristicSource | undefined;
  readonly ref: CharacteristicRef | undefined;
  readonly command: Command | undefined;
  readonly when: WriteSpec["when"];
  readonly verify: Millis | undefined;
}

/** What cannot be of a `write`, and at which of its keys. */
function writeFault(
  fields: PointFields,
  { own, ref, command, when, verify }: Written,
): { readonly path: readonly string[]; readonly message: string } | undefined {
  const part = own?.part;
  const isBytes =
    own === undefined ? fields.field === undefined || fields.at !== undefined : !("field" in (part ?? {}));
  if (
    verify !== undefined &&
    (own === undefined || !isBytes || ref === undefined || nameOfRef(ref) !== nameOfRef(own.ref))
  )
    return { path: ["verify"], message: "what is read is another thing than what is written: nothing can be verified" };
  if (command === undefined) {
    if (!isBytes) return { path: [], message: "a field is no bytes: say by `hex` what is sent" };
    if ((fields.at ?? 0) > 0) return { path: [], message: "it is a part of what is read: say by `hex` what is sent" };
    return undefined;
  }
  if (takesValue(command))
    return isBytes ? undefined : { path: ["hex"], message: "a field is no bytes: leave out {value}, and say `when`" };
  if (when === undefined)
    return {
      path: ["hex"],
      message: "what is sent has no {value}: say for which value it is, e.g. write: { hex: 01, when: true }",
    };
  return undefined;
}

function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> };
function defined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
