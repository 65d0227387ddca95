/** `invalid`: raw values by which a device says that it has none. Checked before everything that could make them look good. */
import { integer } from "../lwm2m/formats/value.ts";
import { ConversionError, type Invalid } from "./conversion-types.ts";
import { integerRange } from "./number-codecs.ts";
import type { RawType } from "./raw-types.ts";
import { parseNumber } from "./scalars.ts";
import { Bad, refuse, type Stage } from "./stage.ts";

/** The stage for `invalid`. Undefined where there is nothing to check: not-a-number is never good anyway. */
export function invalidStage(invalid: Invalid, type: RawType): Stage | undefined {
  if (invalid === "nan") {
    if (type.kind === "float" || type.kind === "number") return undefined;
    throw new ConversionError("invalid", `"invalid: nan" is for floats; ${type.name} has no not-a-number`);
  }
  const sentinels = invalid === "sunspec" ? sunspec(type) : invalid.map((value) => sentinel(value, type));
  return sentinels === undefined ? undefined : sentinelStage(new Set(sentinels));
}

function sentinelStage(sentinels: ReadonlySet<number | bigint | string | boolean>): Stage {
  return {
    read(value) {
      if (typeof value === "object" || !sentinels.has(value)) return value;
      return new Bad(`${spell(value)} is how the device says that it has no value`);
    },
    write(value, mode) {
      if (mode === "nearest" || typeof value === "object" || !sentinels.has(value)) return value;
      return refuse(`${spell(value)} means "no value" to the device`);
    },
  };
}

function spell(value: number | bigint | string | boolean): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** `0x80000000` of an s32 is its bit pattern: -2147483648. */
function sentinel(given: number | bigint | string, type: RawType): number | bigint | string {
  if (type.kind === "string") return String(given);
  const value = typeof given === "string" ? parseNumber(given) : given;
  if (value === undefined) throw new ConversionError("invalid", `${JSON.stringify(given)} is no ${type.name}`);
  switch (type.kind) {
    case "integer":
      return integerSentinel(value, type);
    case "float":
      return type.bytes === 4 ? Math.fround(Number(value)) : Number(value);
    case "bcd":
    case "number":
      return value;
    case "bool":
    case "bytes":
      throw new ConversionError("invalid", `"invalid" needs a number or text; ${type.name} is neither`);
  }
}

function integerSentinel(value: number | bigint, type: Extract<RawType, { kind: "integer" }>): number | bigint {
  const [low, high] = integerRange(type.bytes, type.signed);
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new ConversionError("invalid", `${value} is no ${type.name}`);
  }
  const whole = BigInt(value);
  const folded = type.signed && whole > high ? whole - (1n << BigInt(8 * type.bytes)) : whole;
  if (folded < low || folded > high) {
    throw new ConversionError("invalid", `${value} does not fit ${type.name} (${low}..${high})`);
  }
  return integer(folded);
}

/**
 * SunSpec Device Information Model Specification, "not implemented" values: all ones for unsigned, the least for signed
 * integers, not-a-number for floats, nothing but NUL for strings.
 */
function sunspec(type: RawType): readonly (number | bigint | string)[] | undefined {
  switch (type.kind) {
    case "integer": {
      const [low, high] = integerRange(type.bytes, type.signed);
      return [integer(type.signed ? low : high)];
    }
    case "string":
      return [""];
    case "float":
    case "number":
      return undefined;
    case "bcd":
    case "bool":
    case "bytes":
      throw new ConversionError("invalid", `SunSpec has no "not implemented" value for ${type.name}`);
  }
}
