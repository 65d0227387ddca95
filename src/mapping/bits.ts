/** `bits` and `mask`: part of an unsigned integer. */
import { integer } from "../lwm2m/formats/value.ts";
import type { Value } from "../lwm2m/sample.ts";
import { type BitRange, ConversionError } from "./conversion-types.ts";
import type { RawType } from "./raw-types.ts";
import { isNumeric, refuse, refuseKind, type Stage, type WriteMode, wrongKind } from "./stage.ts";

export interface BitField extends Stage {
  /** The bits that belong to it, in their places. */
  readonly mask: bigint;
  /** How many values it can have. */
  readonly count: bigint;
}

/** `bits: [4, 7]`: four bits, moved down to 0. Throws ConversionError where the type has no such bits. */
export function bitRangeField([low, high]: BitRange, type: RawType): BitField {
  const width = widthOf(type, "bits");
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < 0 || high < low || high >= width) {
    throw new ConversionError("bits", `bits ${low}..${high} are not in ${type.name}, which has bits 0..${width - 1}`);
  }
  const count = 1n << BigInt(high - low + 1);
  return field({ mask: (count - 1n) << BigInt(low), shift: BigInt(low), count });
}

/** `mask: 0x0FFF`: the other bits read as zero, these stay where they are. */
export function maskField(mask: number | bigint, type: RawType): BitField {
  const width = widthOf(type, "mask");
  const bits = typeof mask === "bigint" || Number.isInteger(mask) ? BigInt(mask) : 0n;
  if (bits <= 0n || bits >= 1n << BigInt(width)) {
    throw new ConversionError(
      "mask",
      `mask must have bits of ${type.name} (1 to 0x${((1n << BigInt(width)) - 1n).toString(16)})`,
    );
  }
  return field({ mask: bits, shift: 0n, count: bits + 1n });
}

function widthOf(type: RawType, key: string): number {
  if (type.kind === "integer" && !type.signed) return 8 * type.bytes;
  throw new ConversionError(key, `"${key}" needs an unsigned integer such as u16; ${type.name} is none`);
}

interface Layout {
  readonly mask: bigint;
  readonly shift: bigint;
  readonly count: bigint;
}

function field({ mask, shift, count }: Layout): BitField {
  const read = mask < 1n << 31n ? readSmall(Number(mask), Number(shift)) : readBig(mask, shift);
  return {
    mask,
    count,
    read: (value) => (isNumeric(value) ? read(value) : wrongKind("a number", value)),
    write(value: Value, mode: WriteMode) {
      const whole = wholeOf(value, mode);
      const placed = whole << shift;
      if (whole >= 0n && (placed & ~mask) === 0n) return integer(placed);
      return mode === "nearest"
        ? integer(placed & mask)
        : refuse(`${whole} does not fit the bits 0x${mask.toString(16)}`);
    },
  };
}

function wholeOf(value: Value, mode: WriteMode): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value !== "number" || !Number.isFinite(value)) return refuseKind("a number", value);
  if (mode === "exact" && !Number.isInteger(value)) return refuse(`${value} is no whole number, which bits need`);
  return BigInt(Math.round(value));
}

/** Of a number the bitwise operators see the lowest 32 bits: all that this mask has. */
function readSmall(mask: number, shift: number): (value: number | bigint) => number {
  return (value) => (Number(typeof value === "bigint" ? BigInt.asUintN(32, value) : value) & mask) >>> shift;
}

function readBig(mask: bigint, shift: bigint): (value: number | bigint) => number | bigint {
  return (value) => integer((BigInt(value) & mask) >> shift);
}
