/** The last step of the pipeline: what a number, text or boolean is as a value of the resource (LwM2M Core 1.2.2, Appendix C). */
import { formatObjectLink, integer, parseObjectLink } from "../lwm2m/formats/value.ts";
import { isObjectLink, type ResourceType, type Value } from "../lwm2m/sample.ts";
import { ConversionError } from "./conversion-types.ts";
import { integerRange } from "./number-codecs.ts";
import { parseBoolean, parseNumber } from "./scalars.ts";
import { Bad, isNumeric, refuse, refuseKind, type Stage, wrongKind } from "./stage.ts";

/** As the registry and the messages spell it. */
export const TYPE_NAMES: Readonly<Record<ResourceType, string>> = {
  string: "String",
  integer: "Integer",
  unsigned: "Unsigned Integer",
  float: "Float",
  boolean: "Boolean",
  opaque: "Opaque",
  time: "Time",
  objlnk: "Objlnk",
  corelnk: "Corelnk",
};

export function isNumericType(type: ResourceType): boolean {
  return type === "float" || type === "integer" || type === "unsigned" || type === "time";
}

/** Where the numbers came as float32 a Float stays one: as short on the wire as its source was precise. */
export function typeStage(type: ResourceType, single: boolean): Stage {
  switch (type) {
    case "float":
      return floatStage(single);
    case "integer":
    case "unsigned":
    case "time":
      return wholeStage(type);
    case "boolean":
      return booleanStage;
    case "string":
    case "corelnk":
      return textStage;
    case "objlnk":
      return linkStage;
    case "opaque":
      return opaqueStage;
  }
}

/** The value that the mapping's text spells, e.g. in an enum. Throws ConversionError for `key`. */
export function parseValue(text: string, type: ResourceType, key: string): Value {
  const value = spelled(text, type);
  if (value !== undefined) return value;
  throw new ConversionError(key, `${key}: ${JSON.stringify(text)} is no ${TYPE_NAMES[type]}`);
}

function spelled(text: string, type: ResourceType): Value | undefined {
  switch (type) {
    case "string":
    case "corelnk":
      return text;
    case "boolean":
      return parseBoolean(text);
    case "objlnk":
      return parseObjectLink(text.trim());
    case "opaque":
      return undefined;
    case "float":
    case "integer":
    case "unsigned":
    case "time": {
      const number = parseNumber(text);
      if (number === undefined || type === "float") return number === undefined ? undefined : Number(number);
      const whole = wholeStage(type).read(number);
      return whole instanceof Bad || Number(whole) !== Number(number) ? undefined : whole;
    }
  }
}

function floatStage(single: boolean): Stage {
  return {
    read(value) {
      const number = isNumeric(value) ? Number(value) : Number.NaN;
      if (!Number.isFinite(number)) return noNumber(value);
      return single ? toSingle(number) : number;
    },
    write(value) {
      const number = isNumeric(value) ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : refuseKind("a number", value);
    },
  };
}

/** Beyond the range of float32 the longer form is kept: nothing visible may be lost. */
function toSingle(value: number): number {
  const single = Math.fround(value);
  return Number.isFinite(single) && (single !== 0 || value === 0) ? single : value;
}

function wholeStage(type: "integer" | "unsigned" | "time"): Stage {
  const [low, high] = integerRange(8, type !== "unsigned");
  return {
    read(value) {
      if (!isNumeric(value) || (typeof value === "number" && !Number.isFinite(value))) return noNumber(value);
      const whole = typeof value === "number" ? roundHalfAway(value) : value;
      if (whole < low || whole > high) return new Bad(`${value} does not fit ${TYPE_NAMES[type]}`);
      return Number.isSafeInteger(whole) ? whole : integer(BigInt(whole));
    },
    write(value) {
      if (!isNumeric(value) || (typeof value === "number" && !Number.isInteger(value))) {
        return refuseKind("a whole number", value);
      }
      return value >= low && value <= high ? value : refuse(`${value} does not fit ${TYPE_NAMES[type]}`);
    },
  };
}

/** Half a step away from zero, as people round: 2.5 is 3, -2.5 is -3. */
function roundHalfAway(value: number): number {
  return (value < 0 ? -Math.round(-value) : Math.round(value)) + 0;
}

function noNumber(value: Value): Bad {
  return typeof value === "number" ? new Bad(`the result ${value} is no value`) : wrongKind("a number", value);
}

const booleanStage: Stage = {
  read: (value) => (typeof value === "boolean" ? value : wrongKind("true or false", value)),
  write: (value) => (typeof value === "boolean" ? value : refuseKind("true or false", value)),
};

const textStage: Stage = {
  read: (value) => (typeof value === "string" ? value : wrongKind("text", value)),
  write: (value) => (typeof value === "string" ? value : refuseKind("text", value)),
};

const opaqueStage: Stage = {
  read: (value) => (value instanceof Uint8Array ? value : wrongKind("bytes", value)),
  write: (value) => (value instanceof Uint8Array ? value : refuseKind("bytes", value)),
};

const linkStage: Stage = {
  read(value) {
    return typeof value === "string"
      ? (parseObjectLink(value.trim()) ?? wrongKind(`a link such as "3303:0"`, value))
      : wrongKind("text", value);
  },
  write: (value) => (isObjectLink(value) ? formatObjectLink(value) : refuseKind("a link", value)),
};
