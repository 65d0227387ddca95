/** Which value a point is written with: commands read backwards. */
import type { RawValue } from "../../../src/adapter.ts";
import type { Command } from "../command.ts";
import type { BlePoint } from "../points.ts";

/** Undefined: these bytes are nothing that the point is written with. */
export function writtenValue({ source, write }: BlePoint, bytes: Uint8Array): RawValue | undefined {
  if (write === undefined) return undefined;
  const { command, when } = write;
  const value = command === undefined ? bytes : inHole(command, bytes);
  if (value === undefined || when === undefined) return value;
  const part = source.kind === "characteristic" ? source.part : undefined;
  return part !== undefined && "at" in part ? spelled(when, part.length ?? 1) : when;
}

/** What stands in the place of the value, and nothing where there is no such place. Undefined: the bytes are no such command. */
function inHole(command: Command, bytes: Uint8Array): Uint8Array | undefined {
  const hole = command.findIndex((piece) => typeof piece === "string");
  const [before, after] =
    hole < 0
      ? [literal(command), new Uint8Array(0)]
      : [literal(command.slice(0, hole)), literal(command.slice(hole + 1))];
  const end = bytes.length - after.length;
  if (end < before.length || (hole < 0 && end > before.length)) return undefined;
  const isIt = before.every((byte, i) => byte === bytes[i]) && after.every((byte, i) => byte === bytes[end + i]);
  return isIt ? bytes.subarray(before.length, end) : undefined;
}

function literal(pieces: Command): Uint8Array {
  return Buffer.concat(pieces.filter((piece) => piece instanceof Uint8Array));
}

/** A value of `when:` as the bytes that are read later, the lowest first. */
function spelled(when: string | number | boolean, length: number): Uint8Array {
  const number = Number(when);
  if (Number.isNaN(number)) return Buffer.from(String(when), "utf8");
  const bits = BigInt.asUintN(8 * length, BigInt(Math.trunc(number)));
  return Uint8Array.from({ length }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}
