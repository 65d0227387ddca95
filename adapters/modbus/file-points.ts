/** Points in the records of a file. MODBUS Application Protocol V1.1b3 §6.14, §6.15. */
import { z } from "zod";
import type { Millis } from "../../src/adapter.ts";
import { MAX_READ_RECORD, MAX_WRITE_RECORD } from "./pdu.ts";
import { PointProblem } from "./point-problem.ts";
import type { PointFields } from "./points.ts";

/** Registers of one record, from its beginning on. */
export interface FilePoint {
  readonly file: number;
  readonly record: number;
  /** Registers that the value takes. */
  readonly count: number;
  /** Registers that are asked for: some devices give whole records only. */
  readonly length: number;
  readonly write?: FileWrite | undefined;
}

export interface FileWrite {
  /** Read the point back until it has the value, so long. */
  readonly verify?: Millis | undefined;
}

/** §6.14: records 0 … 9999; some devices have more. */
export const fileFields = z.strictObject({
  number: z.int().min(1).max(0xffff).describe("Number of the file"),
  record: z.int().min(0).max(0xffff).describe("Number of the record: the address of the first register in the file"),
  length: z.int().min(1).max(MAX_READ_RECORD).optional().describe("Registers to ask for, where the value is only part"),
});

/** Throws PointProblem. */
export function toFilePoint(
  { number, record, length }: z.output<typeof fileFields>,
  fields: Pick<PointFields, "length" | "write">,
): FilePoint {
  const count = Math.ceil((fields.length ?? 2) / 2);
  if (count > MAX_READ_RECORD) {
    throw new PointProblem(
      ["file"],
      `one request reads at most ${MAX_READ_RECORD} registers of a record, not ${count}`,
    );
  }
  if (length !== undefined && length < count) {
    throw new PointProblem(["file", "length"], `the value takes ${count} registers, but only ${length} are asked for`);
  }
  const point: FilePoint = { file: number, record, count, length: length ?? count };
  return fields.write === undefined ? point : { ...point, write: toFileWrite(fields.write, point) };
}

function toFileWrite(write: NonNullable<PointFields["write"]>, { count, length }: FilePoint): FileWrite {
  if (count > MAX_WRITE_RECORD || length > count) {
    throw new PointProblem(["write"], "a value that is only part of a record cannot be written");
  }
  if (write === true) return {};
  const { verify, ...others } = write;
  const [key] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (key !== undefined) throw new PointProblem(["write", key], "a record is written where it is read, by FC 21");
  return verify === undefined ? {} : { verify };
}
