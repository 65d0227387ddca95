/** `valid` bounds what is read, `accept` and the registry's range what is written; all in the unit of the resource. */
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { parseRange, type RangeCheck } from "../lwm2m/objects/range.ts";
import { ConversionError, type NumberRange } from "./conversion-types.ts";
import { Bad, describe, isNumeric, refuse, type Stage } from "./stage.ts";

export function validStage(range: NumberRange, unit = ""): Stage {
  const inRange = rangeCheck("valid", range);
  return {
    read(value) {
      return inRange(value)
        ? value
        : new Bad(`${describe(value)}${suffix(unit)} is outside valid ${spell(range, unit)}`);
    },
    write: (value) => value,
  };
}

export function acceptStage(range: NumberRange, unit = ""): Stage {
  return writeLimit(
    rangeCheck("accept", range),
    (value) => `${value}${suffix(unit)} is outside what the device accepts: ${spell(range, unit)}`,
  );
}

/** Refuses what the registry's range forbids. Undefined where it has none that can be read. */
export function rangeStage({ range, type, name }: ResourceDefinition): Stage | undefined {
  const inRange = parseRange(range, type);
  if (inRange === undefined) return undefined;
  // A server that wrote the limit as float32 wrote the limit: 1e-6 is then 9.99999997e-7.
  return writeLimit(
    (value) => inRange(value) || (isSingle(value) && inRange(Number(value.toPrecision(7)))),
    (value) => `${value} is outside the range of ${name}: ${range}`,
  );
}

function writeLimit(inRange: RangeCheck, sentence: (value: string) => string): Stage {
  return {
    read: (value) => value,
    write: (value, mode) => (mode === "nearest" || inRange(value) ? value : refuse(sentence(describe(value)))),
  };
}

/** What is no number passes. The limits count as float32 too: a device that sends 0.1 as float32 means 0.1. */
function rangeCheck(key: string, [low, high]: NumberRange): RangeCheck {
  if (!(low <= high)) {
    throw new ConversionError(key, `${key}: [${low}, ${high}] holds no number; expected [least, greatest]`);
  }
  const [least, greatest] = [Math.min(low, Math.fround(low)), Math.max(high, Math.fround(high))];
  return (value) => !isNumeric(value) || (value >= least && value <= greatest);
}

function isSingle(value: unknown): value is number {
  return typeof value === "number" && Math.fround(value) === value;
}

function spell([low, high]: NumberRange, unit: string): string {
  return `${low}..${high}${suffix(unit)}`;
}

/** A unit behind a number, in a sentence. */
export function suffix(unit: string): string {
  return unit === "" ? "" : ` ${unit === "/100" ? "%" : unit}`;
}
