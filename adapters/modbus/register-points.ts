/** Points in the four tables: where they are read, and where and how they are written. V1.1b3 §4.3. */
import { type Addressing, wireAddress } from "./address.ts";
import { ADDRESSES, isBits, MAX_READ_WRITE_REGISTERS, MAX_WRITE_REGISTERS, type Span, type Table } from "./pdu.ts";
import { PointProblem } from "./point-problem.ts";
import type { ModbusDevice, PointFields, RegisterPoint, WriteCode, WriteFields, WriteTarget } from "./points.ts";
import { LAST_FROM_ZERO, type Quirk } from "./quirks.ts";

/** Throws PointProblem. */
export function toRegisterPoint(fields: PointFields, table: Table): RegisterPoint {
  const count = isBits(table) ? 1 : Math.ceil((fields.length ?? 2) / 2);
  const { device } = fields;
  if (!isBits(table) && count > device.block.max) {
    throw new PointProblem(
      [table],
      `takes ${count} registers, but one read may ask for ${device.block.max} (block.max)`,
    );
  }
  const span = spanOf(table, fields[table] ?? 0, count, { device, path: [table] });
  if (table === "coil" && device.quirks.includes("first-coil-zero") && span.address > LAST_FROM_ZERO) {
    throw new PointProblem(
      [table],
      `no read from coil 0 on reaches it (quirk first-coil-zero): ${LAST_FROM_ZERO} is the last`,
    );
  }
  return fields.write === undefined ? span : { ...span, write: toWrite(fields.write, span, device) };
}

function toWrite(write: WriteFields, source: Span, device: ModbusDevice): WriteTarget {
  const options = write === true ? {} : write;
  const target = targetOf(options, source, device);
  const { verify, mask = "fc22" } = options;
  if (options.fc !== undefined) checkCode(options.fc, target);
  const fc = options.fc ?? codeByQuirk(target.table, device.quirks);
  const most = fc === 23 ? MAX_READ_WRITE_REGISTERS : MAX_WRITE_REGISTERS;
  if (target.count > most) {
    throw new PointProblem(["write"], `one write takes at most ${most} registers, not ${target.count}`);
  }
  const back = fc === 23 && source.table === "holding" ? { source: source.address } : {};
  return { ...target, ...back, mask, ...(fc === undefined ? {} : { fc }), ...(verify === undefined ? {} : { verify }) };
}

/** The only function code that the device knows for it; absent: it knows both. */
export function codeByQuirk(table: "holding" | "coil", quirks: readonly Quirk[]): 5 | 6 | 15 | 16 | undefined {
  if (quirks.includes("write-multiple-only")) return table === "coil" ? 15 : 16;
  if (quirks.includes("write-single-only")) return table === "coil" ? 5 : 6;
  return undefined;
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
  const codes = isBits(target.table) ? [5, 15] : target.count === 1 ? [6, 16, 23] : [16, 23];
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
