/** What a mapping says to this adapter: the `modbus:` section, the source of a resource, a step of `do:`. */
import { z } from "zod";
import { durationSchema, type Millis, type PointShape } from "../../src/adapter.ts";
import { type Addressing, addressSchema, wireAddress } from "./address.ts";
import { ADDRESSES, isBits, MAX_READ_REGISTERS, MAX_WRITE_REGISTERS, type Span, type Table } from "./pdu.ts";

export const TABLES = ["input", "holding", "coil", "discrete"] as const satisfies readonly Table[];

/** Which requests a device likes. Counted in registers; coils and discrete inputs count as 16 to the register. */
export interface BlockLimits {
  /** The most that one read may ask for. */
  readonly max: number;
  /** How much that nobody asked for may lie between two points of one read; absent: as much as is faster than two reads. */
  readonly gap?: number | undefined;
}

export interface ModbusDevice {
  readonly unit_id: number;
  readonly addressing: Addressing;
  readonly block: BlockLimits;
  /** How long to wait for an answer, where it is not the link's. */
  readonly timeout?: Millis | undefined;
  /** The core's: the order of bytes within a value. */
  readonly order?: unknown;
}

export const deviceSchema: z.ZodType<ModbusDevice> = z.strictObject({
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
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});

/** Where a point is written, and how. */
export interface WriteTarget extends Span {
  readonly table: "holding" | "coil";
  /** FC 5 and 6 write one, FC 15 and 16 several; absent: whichever fits. */
  readonly fc?: WriteCode | undefined;
  /** Read the point back until it has the value, so long. */
  readonly verify?: Millis | undefined;
  /** How part of a register is written: by FC 22, or by reading, changing and writing under the line's lock. */
  readonly mask: "fc22" | "rmw";
}

export type WriteCode = 5 | 6 | 15 | 16;

export interface ModbusPoint extends Span {
  readonly write?: WriteTarget | undefined;
}

const address = addressSchema.optional();
const writeCode = z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)]).optional();

const writeSchema = z.union([
  z.literal(true),
  z.strictObject({
    holding: address.describe("Holding register to write, where it is not the one that is read"),
    coil: address.describe("Coil to write, where it is not the one that is read"),
    fc: writeCode.describe("Function code: 6 or 16 for registers, 5 or 15 for coils"),
    verify: durationSchema.optional().describe("Read back within this time; the write fails where the value differs"),
    mask: z.enum(["fc22", "rmw"]).optional().describe("How part of a register is written"),
  }),
]);

const pointFields = z.strictObject({
  input: address.describe("Input register (FC 4)"),
  holding: address.describe("Holding register (FC 3)"),
  coil: address.describe("Coil (FC 1)"),
  discrete: address.describe("Discrete input (FC 2)"),
  write: writeSchema.optional().describe("Whether and how the point is written"),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<ModbusDevice>((value) => typeof value === "object" && value !== null),
});
type PointFields = z.output<typeof pointFields>;

export const pointSchema: z.ZodType<ModbusPoint> = pointFields.transform((fields, context) =>
  reported(context, () => toPoint(fields)),
);

/** One step: a write of `value`, or a pause. `address` is as written: the device knows how it counts. */
export type ModbusStep =
  | { readonly holding: number; readonly value: Uint8Array; readonly fc?: 6 | 16 | undefined }
  | { readonly coil: number; readonly value: boolean }
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
  z.strictObject({ coil: addressSchema.describe("Coil to write"), value: z.boolean().describe("What to write") }),
  z.strictObject({ wait: durationSchema.describe("How long to wait before the next step") }),
]);

export function shape(source: Readonly<Record<string, unknown>>): PointShape {
  const table = TABLES.find((name) => source[name] !== undefined);
  const writable = table === "holding" || table === "coil";
  if (table !== undefined && isBits(table)) return { kind: "boolean", writable };
  return { kind: "bytes", defaultType: "u16", wordBytes: 2, writable };
}

/** A sentence for the user, and the key to blame. */
class PointProblem extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

function reported<T>(context: z.core.$RefinementCtx, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PointProblem)) throw error;
    context.addIssue({ code: "custom", path: [...error.path], message: error.message });
    return z.NEVER;
  }
}

function toPoint(fields: PointFields): ModbusPoint {
  const [table, ...others] = TABLES.filter((name) => fields[name] !== undefined);
  if (table === undefined || others.length > 0) {
    throw new PointProblem(others.slice(0, 1), `expected exactly one of ${TABLES.join(", ")}`);
  }
  const count = isBits(table) ? 1 : Math.ceil((fields.length ?? 2) / 2);
  const { device } = fields;
  if (!isBits(table) && count > device.block.max) {
    throw new PointProblem(
      [table],
      `takes ${count} registers, but one read may ask for ${device.block.max} (block.max)`,
    );
  }
  const span = spanOf(table, fields[table] ?? 0, count, { device, path: [table] });
  return fields.write === undefined ? span : { ...span, write: toWrite(fields.write, span, device) };
}

function toWrite(write: z.output<typeof writeSchema>, source: Span, device: ModbusDevice): WriteTarget {
  const options = write === true ? {} : write;
  const target = targetOf(options, source, device);
  const { fc, verify, mask = "fc22" } = options;
  if (fc !== undefined) checkCode(fc, target);
  if (target.count > MAX_WRITE_REGISTERS) {
    throw new PointProblem(["write"], `one write takes at most ${MAX_WRITE_REGISTERS} registers, not ${target.count}`);
  }
  return { ...target, mask, ...(fc === undefined ? {} : { fc }), ...(verify === undefined ? {} : { verify }) };
}

function targetOf(
  { holding, coil }: { readonly holding?: number | undefined; readonly coil?: number | undefined },
  source: Span,
  device: ModbusDevice,
): Span & { readonly table: "holding" | "coil" } {
  if (holding !== undefined && coil !== undefined) {
    throw new PointProblem(["write", "coil"], "expected one of holding, coil");
  }
  const table = holding !== undefined ? "holding" : coil !== undefined ? "coil" : source.table;
  if (table !== "holding" && table !== "coil") {
    throw new PointProblem(
      ["write"],
      `a point of the table "${table}" is read-only; say where to write it, e.g. write: { holding: 10 }`,
    );
  }
  if (isBits(table) !== isBits(source.table)) {
    throw new PointProblem(["write", table], `a value of the table "${source.table}" cannot be written to a ${table}`);
  }
  const written = holding ?? coil;
  if (written === undefined) return { ...source, table };
  return { ...spanOf(table, written, source.count, { device, path: ["write", table] }), table };
}

function checkCode(fc: WriteCode, target: Span): void {
  const codes = isBits(target.table) ? [5, 15] : target.count === 1 ? [6, 16] : [16];
  if (!codes.includes(fc)) {
    const what = isBits(target.table) ? "a coil" : target.count === 1 ? "one register" : `${target.count} registers`;
    throw new PointProblem(["write", "fc"], `FC ${fc} cannot write ${what}; expected ${codes.join(" or ")}`);
  }
}

function spanOf(
  table: Table,
  written: number,
  count: number,
  { device, path }: { readonly device: ModbusDevice; readonly path: readonly string[] },
): Span {
  const span = { table, address: addressOf(table, written, device.addressing, path), count };
  if (span.address + count <= ADDRESSES) return span;
  throw new PointProblem(path, `${count} registers from address ${written} on reach beyond the end of the table`);
}

function addressOf(table: Table, written: number, addressing: Addressing, path: readonly string[]): number {
  try {
    return wireAddress(table, written, addressing);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PointProblem(path, error.message, { cause: error });
  }
}
