/** The stages between the bytes and the value of a resource, in the order that the mapping language fixes. */
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { ResourceType } from "../lwm2m/sample.ts";
import { type BitField, bitRangeField, maskField } from "./bits.ts";
import { ConversionError, type ConversionSpec, type NumberRange } from "./conversion-types.ts";
import { enumStage, enumValues } from "./enumeration.ts";
import { invalidStage } from "./invalid.ts";
import { bridgeStage, checkKind } from "./kinds.ts";
import { acceptStage, rangeStage, validStage } from "./limits.ts";
import {
  applyLinear,
  compose,
  IDENTITY,
  isIdentity,
  type Linear,
  linear,
  linearStage,
  type Precision,
} from "./linear.ts";
import { isNumericType, TYPE_NAMES, typeStage } from "./lwm2m-type.ts";
import { integerRange } from "./number-codecs.ts";
import type { RawType } from "./raw-types.ts";
import type { SimulationHints } from "./simulate.ts";
import type { Stage } from "./stage.ts";
import { checkSpelling, convertUnit } from "./units.ts";

export interface Plan {
  readonly spec: ConversionSpec;
  readonly resource: ResourceDefinition;
  readonly type: ResourceType;
  readonly raw: RawType;
  /** The unit of the resource, where it has one. */
  readonly wanted: string | undefined;
  /** From the unit of the device to that of the resource. */
  readonly unit: Linear;
}

/** Puts together what all stages look at. Throws ConversionError (`unit`). */
export function makePlan(spec: ConversionSpec, resource: ResourceDefinition, type: ResourceType, raw: RawType): Plan {
  // Time has no unit in the registry, because it is always seconds (Core, Appendix C).
  const wanted = resource.unit ?? (type === "time" ? "s" : undefined);
  return { spec, resource, type, raw, wanted, unit: unitMap(spec.unit, type, wanted) };
}

function unitMap(unit: string | undefined, type: ResourceType, wanted: string | undefined): Linear {
  if (unit === undefined) return IDENTITY;
  if (!isNumericType(type)) throw new ConversionError("unit", `unit ${unit}: a ${TYPE_NAMES[type]} has no unit`);
  const conversion = wanted === undefined ? checkSpelling(unit) : convertUnit(unit, wanted);
  if (conversion === undefined) return IDENTITY;
  if ("refusal" in conversion) throw new ConversionError("unit", conversion.refusal);
  return conversion;
}

export function bitField({ bits, mask }: ConversionSpec, raw: RawType): BitField | undefined {
  if (bits !== undefined) return bitRangeField(bits, raw);
  return mask === undefined ? undefined : maskField(mask, raw);
}

/** What follows the bytes: every stage that this entry needs, in the fixed order. Throws ConversionError. */
export function stagesOf(plan: Plan, field: BitField | undefined): Stage[] {
  checkKeys(plan);
  return [...rawStages(plan, field), ...valueStages(plan)];
}

/** What a simulation must know of this entry: what the device can hold and what the mapping lets pass. */
export function simulationHints({ spec, type, raw, unit }: Plan, field: BitField | undefined): SimulationHints {
  return {
    bounds: [spec.valid, spec.accept, heldBy(raw, field, linearOf(spec, unit))].filter((range) => range !== undefined),
    ...(spec.unit === undefined ? {} : { unit: spec.unit }),
    ...(spec.length === undefined ? {} : { length: spec.length }),
    ...(spec.enum === undefined
      ? {}
      : { choices: enumValues(spec.enum, { raw, type, unit, writable: spec.writable }) }),
  };
}

function heldBy(raw: RawType, field: BitField | undefined, map: Linear): NumberRange | undefined {
  if (raw.kind === "bool") return [0, 1];
  if (raw.kind !== "integer") return undefined;
  const [low, high] = field === undefined ? integerRange(raw.bytes, raw.signed) : [0n, field.count - 1n];
  const ends = [Number(applyLinear(map, low)), Number(applyLinear(map, high))] as const;
  return [Math.min(...ends), Math.max(...ends)];
}

/** Keys that do not go together. */
function checkKeys({ spec, type, raw, unit }: Plan): void {
  const numeric = precisionOf(raw) !== undefined;
  for (const key of ["scale", "offset"] as const) {
    if (spec[key] === undefined) continue;
    if (!numeric) throw new ConversionError(key, `"${key}" needs a number; ${raw.name} is none`);
    if (!Number.isFinite(spec[key])) throw new ConversionError(key, `${key}: ${spec[key]} is no number`);
  }
  if (spec.scale === 0) throw new ConversionError("scale", "scale: 0 would make every value the same");
  if (!numeric && spec.enum === undefined && !isIdentity(unit)) {
    throw new ConversionError("unit", `unit ${spec.unit}: ${raw.name} has no unit to convert`);
  }
  for (const key of ["valid", "accept"] as const) {
    if (spec[key] !== undefined && !isNumericType(type)) {
      throw new ConversionError(key, `"${key}" needs a number; the resource is ${TYPE_NAMES[type]}`);
    }
  }
  if (spec.accept !== undefined && !spec.writable) {
    throw new ConversionError("accept", `"accept" bounds what is written, but this entry has no "write"`);
  }
  if (spec.bits !== undefined && spec.mask !== undefined) {
    throw new ConversionError("mask", `"bits" and "mask" stand together; one of them is enough`);
  }
}

/** mask or bits, invalid, scale and offset: with the unit at once, where no enum stands between them. */
function rawStages({ spec, raw, unit }: Plan, field: BitField | undefined): Stage[] {
  const invalid = spec.invalid === undefined ? undefined : invalidStage(spec.invalid, raw);
  const map = linearOf(spec, unit);
  // SunSpec's value is one of the whole register, a listed one is one of these bits.
  const checked = spec.invalid === "sunspec" ? [invalid, field] : [field, invalid];
  const scaled = isIdentity(map) ? undefined : linearStage(map, precisionOf(raw) ?? "double");
  return [...checked, scaled].filter((stage) => stage !== undefined);
}

function linearOf(spec: ConversionSpec, unit: Linear): Linear {
  const scale = linear(spec.scale ?? 1, spec.offset ?? 0);
  return spec.enum === undefined ? compose(scale, unit) : scale;
}

/** enum (its numbers in the unit of the resource already), valid, LwM2M type; `accept` and the registry's range on the way back. */
function valueStages({ spec, resource, type, raw, unit }: Plan): Stage[] {
  const single = precisionOf(raw) === "single";
  const oneBit = spec.bits !== undefined && spec.bits[0] === spec.bits[1];
  if (spec.enum === undefined) checkKind(raw, type, oneBit);
  return [
    spec.enum === undefined
      ? bridgeStage(raw, type, single)
      : enumStage(spec.enum, { raw, type, unit, writable: spec.writable }),
    spec.valid === undefined ? undefined : validStage(spec.valid, resource.unit),
    spec.accept === undefined ? undefined : acceptStage(spec.accept, resource.unit),
    rangeStage(resource),
    typeStage(type, single && spec.enum === undefined),
  ].filter((stage) => stage !== undefined);
}

/** What a raw number can hold; undefined for what is no number. */
function precisionOf(raw: RawType): Precision | undefined {
  switch (raw.kind) {
    case "integer":
    case "bcd":
      return "integer";
    case "float":
      return raw.bytes < 8 ? "single" : "double";
    case "number":
      return "decimal";
    case "bool":
    case "string":
    case "bytes":
      return undefined;
  }
}
