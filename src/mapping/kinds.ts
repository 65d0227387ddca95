/** Which raw values a resource of which type takes without an enum, and the step between the two kinds. */
import type { ResourceType } from "../lwm2m/sample.ts";
import { ConversionError } from "./conversion-types.ts";
import { isNumericType, TYPE_NAMES } from "./lwm2m-type.ts";
import type { RawType } from "./raw-types.ts";
import { parseNumber } from "./scalars.ts";
import { describe, isNumeric, refuse, refuseKind, type Stage, wrongKind } from "./stage.ts";

/** Who is to blame for the kind of a value. */
export interface KindOrigin {
  readonly key: string;
  readonly words: string;
}

/** Throws ConversionError where such a raw value cannot become one of the resource without an enum. */
export function checkKind(
  raw: RawType,
  type: ResourceType,
  oneBit: boolean,
  { key, words }: KindOrigin = { key: "as", words: `"as: ${raw.name}"` },
): void {
  const name = TYPE_NAMES[type];
  const fail = (what: string): never => {
    throw new ConversionError(key, `${words} ${what} for ${/^[AEIOU]/.test(name) ? "an" : "a"} ${name} resource`);
  };
  switch (raw.kind) {
    case "integer":
    case "bcd":
    case "float":
    case "number":
      if (type === "boolean" && !oneBit) fail(`needs "as: bool", one bit ("bits: 0") or an enum`);
      if (type === "time" && raw.kind === "float" && raw.bytes < 8) fail("is not precise enough");
      if (type === "opaque" || type === "objlnk" || type === "corelnk") fail("does not fit: no number will do");
      return;
    case "bool":
      if (type !== "boolean" && (!isNumericType(type) || type === "time")) fail("needs an enum");
      return;
    case "string":
      if (type === "opaque") fail(`needs "as: bytes"`);
      if (type !== "string" && type !== "corelnk" && type !== "objlnk") fail("needs an enum");
      return;
    case "bytes":
      if (type !== "opaque") fail("does not fit: bytes are");
      return;
    default:
      raw satisfies never;
  }
}

/** The step from the raw kind to the kind of the resource: numbers for booleans, text for numbers. Undefined: they are the same. */
export function bridgeStage(raw: RawType, type: ResourceType, single: boolean): Stage | undefined {
  if (raw.kind === "bool") return isNumericType(type) ? booleanAsNumber : undefined;
  if (raw.kind === "string" || raw.kind === "bytes") return undefined;
  if (type === "boolean") return numberAsBoolean;
  return type === "string" ? numberAsText(single) : undefined;
}

const booleanAsNumber: Stage = {
  read: (value) => (typeof value === "boolean" ? Number(value) : wrongKind("true or false", value)),
  write(value, mode) {
    if (value === 0 || value === 1 || mode === "nearest") return value !== 0;
    return refuse(`${describe(value)} is neither 0 nor 1`);
  },
};

const numberAsBoolean: Stage = {
  read: (value) => (value === 0 || value === 1 ? value === 1 : wrongKind("0 or 1", value)),
  write: (value) => (typeof value === "boolean" ? Number(value) : refuseKind("true or false", value)),
};

/** A serial number may come as an integer: its decimal text; of a float32 its shortest one. */
function numberAsText(single: boolean): Stage {
  return {
    read(value) {
      if (!isNumeric(value)) return wrongKind("a number", value);
      return single && typeof value === "number" ? shortestSingle(value) : String(value);
    },
    write(value, mode) {
      if (typeof value !== "string") return refuseKind("text", value);
      return (
        parseNumber(value) ??
        (mode === "nearest" ? 0 : refuse(`${JSON.stringify(value)} is no number, which the device needs here`))
      );
    },
  };
}

/** Nine digits tell every float32 from its neighbours; most need fewer. */
function shortestSingle(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
