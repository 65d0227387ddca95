/** What a mapping says of a transfer by Modbus: in records of files, or in blocks of holding registers. */
import { z } from "zod";
import { durationSchema, type FirmwareCondition, type Millis, SECOND } from "../../../src/adapter.ts";
import { CHECKSUMS, type ChecksumName, checksumBytes, isChecksum } from "../../transfers/checksums.ts";
import { addressSchema } from "../address.ts";
import { MAX_READ_RECORD, MAX_WRITE_REGISTERS } from "../pdu.ts";
import { NUMBER_TYPES, type NumberShape, orderSchema } from "./numbers.ts";

/** A holding register, as written, or the first of two. */
export interface Place extends NumberShape {
  readonly holding: number;
}

/** A place from which something is read. */
export interface ReadPlace extends NumberShape {
  readonly table: "holding" | "input";
  readonly address: number;
}

/** What a number counts, and what the first is called. */
export interface Counting {
  readonly counts: "bytes" | "registers" | "blocks";
  readonly from: number;
}

export interface StatusKeys extends ReadPlace {
  readonly ready: readonly number[];
  /** Absent: all that is neither ready nor an error. */
  readonly busy?: readonly number[] | undefined;
  readonly errors: ReadonlyMap<number, FirmwareCondition>;
  readonly poll: Millis;
  readonly timeout: Millis;
}

export interface CommitKeys extends Place {
  readonly value: number;
  /** What the status is when it is done, where that is not `ready`. */
  readonly done?: readonly number[] | undefined;
  readonly timeout?: Millis | undefined;
}

interface CommonOptions {
  readonly unit?: number | undefined;
  readonly baudRate?: number | undefined;
  readonly ackTimeout?: Millis | undefined;
  readonly retries: number;
  /** Registers of the image in one request. */
  readonly block: number;
  /** Which byte of the image is the high one of its register: the first, or the second. */
  readonly order: "AB" | "BA";
  readonly fill: number;
  readonly exceptions: ReadonlyMap<number, FirmwareCondition>;
  readonly status?: StatusKeys | undefined;
  readonly commit?: CommitKeys | undefined;
}

export interface FileOptions extends CommonOptions {
  readonly way: "modbus-file";
  readonly file: number;
  readonly record: number;
  readonly recordsPerFile: number;
  readonly verify: boolean;
}

export interface RegisterOptions extends CommonOptions {
  readonly way: "modbus-registers";
  /** As written, as all addresses here. */
  readonly base: number;
  readonly index?: (Place & Counting) | undefined;
  readonly size?: (Place & Counting) | undefined;
  readonly crc?: (Place & { readonly alg: ChecksumName; readonly when: "begin" | "end" }) | undefined;
  readonly next?: (ReadPlace & Counting) | undefined;
}

export type ModbusTransferOptions = FileOptions | RegisterOptions;

const CONDITIONS = [
  "flash-full",
  "out-of-memory",
  "bad-image",
  "crc",
  "busy",
  "failed",
] as const satisfies readonly FirmwareCondition[];

const conditions = z
  .record(z.string().regex(/^(?:0x[0-9a-f]+|[0-9]+)$/i, "expected a number"), z.enum(CONDITIONS))
  .transform((map) => new Map(Object.entries(map).map(([key, condition]) => [Number(key), condition])));

const value = z.int().min(0).max(0xffff_ffff);
const values = z.union([value.transform((one) => [one]), z.array(value).min(1).max(64)]);
const as = z.enum(NUMBER_TYPES).describe("u16: one register; u32: two");

function place(usual: (typeof NUMBER_TYPES)[number]) {
  return { holding: addressSchema.describe("Holding register"), as: as.default(usual), order: orderSchema };
}

function counting(usual: Counting["counts"]) {
  return {
    counts: z.enum(["bytes", "registers", "blocks"]).default(usual).describe("What it counts"),
    from: z.int().min(0).max(0xffff_ffff).default(0).describe("What the first is called"),
  };
}

const readPlace = {
  holding: addressSchema.optional().describe("Holding register to read"),
  input: addressSchema.optional().describe("Input register to read"),
  as: as.default("u16"),
  order: orderSchema,
};

function isOnePlace(keys: { readonly holding?: number | undefined; readonly input?: number | undefined }): boolean {
  return (keys.holding === undefined) !== (keys.input === undefined);
}
const ONE_PLACE = "expected one of holding and input";

function toReadPlace<Keys extends NumberShape & { holding?: number | undefined; input?: number | undefined }>({
  holding,
  input,
  ...rest
}: Keys) {
  return {
    ...rest,
    table: holding === undefined ? ("input" as const) : ("holding" as const),
    address: holding ?? input ?? 0,
  };
}

const status = z
  .strictObject({
    ...readPlace,
    ready: values.default([0]).describe("Its value when the device can go on; or several: [0, 3]"),
    busy: values.optional().describe("Its values while it cannot; default: all others"),
    errors: conditions.default(new Map()).describe("What other values mean: { 2: flash-full }"),
    poll: durationSchema.default(100).describe("How often it is read"),
    timeout: durationSchema.default(30 * SECOND).describe("How long the device may be busy"),
  })
  .refine(isOnePlace, ONE_PLACE)
  .transform(toReadPlace);

const commit = z.strictObject({
  ...place("u16"),
  value: value.default(1).describe("What makes the device use the image"),
  done: values.optional().describe("The status once it has; default: that of `ready`"),
  timeout: durationSchema.optional().describe("How long that may take; default: as for a block"),
});

const commonKeys = {
  unit_id: z.int().min(0).max(255).optional().describe("Address of the device while it is in its bootloader"),
  baud_rate: z.int().min(300).max(4_000_000).optional().describe("Speed of the bootloader, of serial ports"),
  ack_timeout: durationSchema.optional().describe("How long to wait for an answer; default: as for other requests"),
  retries: z.int().min(0).max(100).default(5).describe("How often a request is sent again that got no answer"),
  order: z.enum(["AB", "BA"]).default("AB").describe("AB: the first byte of the image is the high one of its register"),
  fill: z.int().min(0).max(255).default(0xff).describe("What stands behind the last byte of the image"),
  exceptions: conditions.default(new Map()).describe("What Modbus exceptions mean: { 3: bad-image }"),
  status: status.optional().describe("Register that says whether the device can go on"),
  commit: commit.optional().describe("Register that makes the device use the image"),
};

function common(keys: z.output<z.ZodObject<typeof commonKeys>>) {
  const { unit_id: unit, baud_rate: baudRate, ack_timeout: ackTimeout } = keys;
  const { retries, order, fill, exceptions, status, commit } = keys;
  return { unit, baudRate, ackTimeout, retries, order, fill, exceptions, status, commit };
}

/** V1.1b3 §6.15 allows more; devices of the time before it 119. */
const USUAL_RECORD = 119;

export const fileSchema: z.ZodType<FileOptions> = z
  .strictObject({
    file: z.int().min(1).max(0xffff).default(1).describe("Number of the first file"),
    record: z.int().min(0).max(0xffff).default(0).describe("Record at which the image begins"),
    records_per_file: z
      .int()
      .min(1)
      .max(0x1_0000)
      .default(10_000)
      .describe("Registers of a file; then the next begins"),
    block: z.int().min(1).max(MAX_READ_RECORD).default(USUAL_RECORD).describe("Registers in one request"),
    verify: z.boolean().default(true).describe("Whether each block is read back"),
    ...commonKeys,
  })
  .refine(({ record, records_per_file: most }) => record < most, { path: ["record"], message: "it is behind its file" })
  .transform(({ file, record, records_per_file: recordsPerFile, block, verify, ...keys }) => ({
    ...common(keys),
    ...{ way: "modbus-file" as const, file, record, recordsPerFile, block, verify },
  }));

const crc = z
  .strictObject({
    ...place("u16"),
    as: as.optional(),
    alg: z.string().describe(`Which: ${CHECKSUMS.join(", ")}`),
    when: z
      .enum(["begin", "end"])
      .default("begin")
      .describe("When it is written: before the first block, or after the last"),
  })
  .transform(({ alg, as, ...rest }, context) => {
    if (isChecksum(alg)) return { ...rest, alg, as: as ?? (checksumBytes(alg) === 2 ? "u16" : "u32") } as const;
    context.addIssue({ code: "custom", path: ["alg"], message: `expected one of ${CHECKSUMS.join(", ")}` });
    return z.NEVER;
  });

export const registerSchema: z.ZodType<RegisterOptions> = z
  .strictObject({
    base: addressSchema.describe("First holding register of a block"),
    block: z.int().min(1).max(MAX_WRITE_REGISTERS).default(64).describe("Registers of a block"),
    index: z
      .strictObject({ ...place("u16"), ...counting("blocks") })
      .optional()
      .describe("Register that says which block follows; right before `base` it goes into one request with it"),
    size: z
      .strictObject({ ...place("u32"), ...counting("bytes") })
      .optional()
      .describe("Register for the length of the image, before the first block"),
    crc: crc.optional().describe("Register for a checksum of the image"),
    next: z
      .strictObject({ ...readPlace, ...counting("blocks") })
      .refine(isOnePlace, ONE_PLACE)
      .transform(toReadPlace)
      .optional()
      .describe("Register that says which block the device expects next: a transfer that broke off goes on there"),
    ...commonKeys,
  })
  .transform(({ base, block, index, size, crc, next, ...keys }) => ({
    ...common(keys),
    ...{ way: "modbus-registers" as const, base, block, index, size, crc, next },
  }));
