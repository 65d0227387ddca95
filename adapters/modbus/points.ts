/** What a mapping says to this adapter: the `modbus:` section, the source of a resource, a step of `do:`. */
import { z } from "zod";
import { durationSchema, type Millis, type PointShape } from "../../src/adapter.ts";
import { type Addressing, addressSchema } from "./address.ts";
import { type FilePoint, fileFields, toFilePoint } from "./file-points.ts";
import { identSchema } from "./identification.ts";
import { MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, type Span, type Table } from "./pdu.ts";
import { PointProblem, reported } from "./point-problem.ts";
import { type Quirk, quirksSchema } from "./quirks.ts";
import { toRegisterPoint } from "./register-points.ts";
import { type SunSpecPoint, sunSpecFields, toSunSpecPoint } from "./sunspec/source.ts";

/** The keys of which a resource has exactly one. */
export const SOURCES = ["input", "holding", "coil", "discrete", "file", "ident", "sunspec"] as const;

export const TABLES = ["input", "holding", "coil", "discrete"] as const satisfies readonly Table[];

/** Which requests a device likes. Counted in registers; coils and discrete inputs count as 16 to the register. */
export interface BlockLimits {
  /** The most that one read may ask for. */
  readonly max: number;
  /** How much that nobody asked for may lie between two points of one read; absent: as much as is faster than two reads. */
  readonly gap?: number | undefined;
  /** No read spans two points. */
  readonly single?: boolean;
}

export interface ModbusDevice {
  readonly unit_id: number;
  readonly addressing: Addressing;
  readonly block: BlockLimits;
  /** How long to wait for an answer, where it is not the link's. */
  readonly timeout?: Millis | undefined;
  /** Where "SunS" stands, where the mapping says so; absent: it is looked for. */
  readonly sunspec_base?: number | undefined;
  /** What it does otherwise than the protocol says; those of its reads are in `block` already. */
  readonly quirks: readonly Quirk[];
  /** The core's: the order of bytes within a value. */
  readonly order?: unknown;
}

const deviceFields = z.strictObject({
  unit_id: z.int().min(0).max(255).describe("Address of the device on its line; 255 or 0 where a TCP device has none"),
  addressing: z
    .enum(["zero", "one", "modicon"])
    .default("zero")
    .describe(
      "How addresses are written: zero as on the wire, one from 1 on, modicon with the digit of the table (40001)",
    ),
  block: z
    .strictObject({
      max: z.int().min(1).max(MAX_READ_REGISTERS).default(MAX_READ_REGISTERS).describe("Most registers in one read"),
      gap: z
        .int()
        .min(0)
        .max(MAX_READ_REGISTERS)
        .optional()
        .describe("Unused registers that one read may span; default: as many as are faster than a second read"),
    })
    .prefault({}),
  timeout: durationSchema.optional().describe("How long to wait for an answer, instead of the link's timeout"),
  sunspec_base: z
    .int()
    .min(0)
    .max(0xffff)
    .optional()
    .describe(
      'Address on the wire of the registers that say "SunS"; default: looked for at 40000, 0, 50000 and beside them',
    ),
  quirks: quirksSchema,
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});

export const deviceSchema: z.ZodType<ModbusDevice> = deviceFields.transform((device) => ({
  ...device,
  block: {
    ...device.block,
    ...(device.quirks.includes("max-block-40") ? { max: Math.min(40, device.block.max) } : {}),
    ...(device.quirks.includes("one-value-per-request") ? { single: true } : {}),
  },
}));

/** Where a point is written, and how. */
export interface WriteTarget extends Span {
  readonly table: "holding" | "coil";
  /** FC 5 and 6 write one, FC 15 and 16 several, FC 23 reads as well; absent: whichever fits. */
  readonly fc?: WriteCode | undefined;
  /** Read the point back until it has the value, so long. */
  readonly verify?: Millis | undefined;
  /** With FC 23: the holding registers that the point is read from, where it is; the request reads them back. */
  readonly source?: number | undefined;
  /** How part of a register is written: by FC 22, or by reading, changing and writing under the line's lock. */
  readonly mask: "fc22" | "rmw";
}

export type WriteCode = 5 | 6 | 15 | 16 | 23;

/** A value in one of the four tables. */
export interface RegisterPoint extends Span {
  readonly write?: WriteTarget | undefined;
}

/** An object of the device's identification. */
export interface IdentPoint {
  readonly ident: number;
}

export type ModbusPoint = RegisterPoint | FilePoint | IdentPoint | SunSpecPoint;

export function isRegisterPoint(point: ModbusPoint): point is RegisterPoint {
  return "table" in point;
}

export function isSunSpecPoint(point: ModbusPoint): point is SunSpecPoint {
  return "sunspec" in point;
}

const address = addressSchema.optional();
const writeCode = z.literal([5, 6, 15, 16, 23]).optional();

const writeSchema = z.union([
  z.literal(true),
  z.strictObject({
    holding: address.describe("Holding register to write, where it is not the one that is read"),
    coil: address.describe("Coil to write, where it is not the one that is read"),
    fc: writeCode.describe("Function code: 6, 16 or 23 (write and read in one) for registers, 5 or 15 for coils"),
    verify: durationSchema.optional().describe("Read back within this time; the write fails where the value differs"),
    mask: z.enum(["fc22", "rmw"]).optional().describe("How part of a register is written"),
  }),
]);

const pointFields = z.strictObject({
  input: address.describe("Input register (FC 4)"),
  holding: address.describe("Holding register (FC 3)"),
  coil: address.describe("Coil (FC 1)"),
  discrete: address.describe("Discrete input (FC 2)"),
  file: fileFields.optional().describe("Record of a file (FC 20)"),
  ident: identSchema.optional(),
  sunspec: sunSpecFields.optional().describe("Point of a SunSpec model, found and scaled by itself"),
  write: writeSchema.optional().describe("Whether and how the point is written"),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<ModbusDevice>((value) => typeof value === "object" && value !== null),
});
export type PointFields = z.output<typeof pointFields>;
export type WriteFields = z.output<typeof writeSchema>;

export const pointSchema: z.ZodType<ModbusPoint> = pointFields.transform((fields, context) =>
  reported(context, () => toPoint(fields)),
);

/** One step: a write of `value`, or a pause. `address` is as written: the device knows how it counts. */
export type ModbusStep =
  | { readonly holding: number; readonly value: Uint8Array; readonly fc?: 6 | 16 | undefined }
  | { readonly coil: number; readonly value: boolean | readonly boolean[] }
  | { readonly wait: Millis };

export const stepSchema: z.ZodType<ModbusStep> = z.union([
  z.strictObject({
    holding: addressSchema.describe("Holding register to write"),
    value: z
      .instanceof(Uint8Array)
      .refine(({ length }) => length > 0 && length % 2 === 0 && length <= 2 * MAX_WRITE_REGISTERS, "no whole registers")
      .describe("What to write"),
    fc: z
      .union([z.literal(6), z.literal(16)])
      .optional()
      .describe("Function code"),
  }),
  z.strictObject({
    coil: addressSchema.describe("Coil to write"),
    // Several in a row are nothing that a mapping spells.
    value: z.union([z.boolean(), z.array(z.boolean()).min(1).max(MAX_WRITE_BITS)]).describe("What to write"),
  }),
  z.strictObject({ wait: durationSchema.describe("How long to wait before the next step") }),
]);

export function shape(source: Readonly<Record<string, unknown>>): PointShape {
  const name = SOURCES.find((key) => source[key] !== undefined);
  const writable = name === "holding" || name === "coil" || name === "file";
  if (name === "ident" || name === "sunspec") return { kind: "scalar", writable };
  if (name === "coil" || name === "discrete") return { kind: "boolean", writable };
  return { kind: "bytes", defaultType: "u16", wordBytes: 2, writable };
}

function toPoint(fields: PointFields): ModbusPoint {
  const [source, ...others] = SOURCES.filter((name) => fields[name] !== undefined);
  if (source === undefined || others.length > 0) {
    throw new PointProblem(others.slice(0, 1), `expected exactly one of ${SOURCES.join(", ")}`);
  }
  if (fields.ident !== undefined) {
    if (fields.write === undefined) return { ident: fields.ident };
    throw new PointProblem(["write"], "the identification of a device is read-only");
  }
  if (fields.sunspec !== undefined) {
    if (fields.write === undefined) return toSunSpecPoint(fields.sunspec);
    throw new PointProblem(["write"], "a point of a SunSpec model is only read");
  }
  if (fields.file !== undefined) return toFilePoint(fields.file, fields);
  const table = TABLES.find((name) => name === source) ?? "holding";
  return toRegisterPoint(fields, table);
}
