/** The stages between the bytes and the value of a resource, in the order that the mapping language fixes. */
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { ResourceType } from "../lwm2m/sample.ts";
import { type BitField, bitRangeField, maskField } from "./bits.ts";
import { monotonicStage, stepStage } from "./changes.ts";
import { ConversionError, type ConversionSpec, type NumberRange } from "./conversion-types.ts";
import { enumStage, enumValues } from "./enumeration.ts";
import { type FormulaPlan, planFormula } from "./formula.ts";
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
  /** What `expr` makes of it. */
  readonly formula: FormulaPlan | undefined;
  /** The unit of the resource, where it has one. */
  readonly wanted: string | undefined;
  /** From the unit of the device to that of the resource. */
  readonly unit: Linear;
}

/** Puts together what all stages look at. Throws ConversionError (`unit`, `expr`, `write.expr`). */
export function makePlan(spec: ConversionSpec, resource: ResourceDefinition, type: ResourceType, raw: RawType): Plan {
  // Time has no unit in the registry, because it is always seconds (Core, Appendix C).
  const wanted = resource.unit ?? (type === "time" ? "s" : undefined);
  const unit = unitMap(spec.unit, type, wanted);
  const formula = planFormula(spec, { raw, unit, numeric: isNumericType(type) && spec.enum === undefined });
  return { spec, resource, type, raw, formula, wanted, unit };
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

/** What follows the bytes: every stage that this entry needs, in the fixed order; those that scale go before. Throws ConversionError. */
export function stagesOf(
  plan: Plan,
  field: BitField | undefined,
): { readonly scaling: readonly Stage[]; readonly checking: readonly Stage[] } {
  checkKeys(plan);
  return { scaling: rawStages(plan, field), checking: [...valueStages(plan), ...changeStages(plan, field)] };
}

/** max_step and monotonic: they look at the values that servers see. */
function changeStages(plan: Plan, field: BitField | undefined): Stage[] {
  const { max_step: maxStep, monotonic = false } = plan.spec;
  const counts = monotonic !== false;
  const top = typeof monotonic === "object" ? monotonic.wraps_at : heldBy(plan, field)?.[1];
  return [
    ...(maxStep === undefined ? [] : [stepStage({ maxStep, counts }, plan.resource.unit)]),
    ...(counts ? [monotonicStage(top)] : []),
  ];
}

/** What a simulation must know of this entry: what the device can hold and what the mapping lets pass. */
export function simulationHints(plan: Plan, field: BitField | undefined): SimulationHints {
  const { spec, type, unit } = plan;
  return {
    bounds: [spec.valid, spec.accept, heldBy(plan, field)].filter((range) => range !== undefined),
    ...(spec.unit === undefined ? {} : { unit: spec.unit }),
    ...(spec.length === undefined ? {} : { length: spec.length }),
    ...(spec.enum === undefined
      ? {}
      : { choices: enumValues(spec.enum, { raw: shownBy(plan), type, unit, writable: spec.writable }) }),
  };
}

/** What the raw number can hold, as a value; undefined where it has no end, or an expression hides it. */
function heldBy(plan: Plan, field: BitField | undefined): NumberRange | undefined {
  const { raw, formula } = plan;
  if (formula?.kind === "stage") return undefined;
  const map = linearOf(plan);
  if (raw.kind === "bool") return [0, 1];
  if (raw.kind !== "integer" && raw.kind !== "bcd") return undefined;
  const [low, high] = rawRange(raw, field);
  const ends = [Number(applyLinear(map, low)), Number(applyLinear(map, high))] as const;
  return [Math.min(...ends), Math.max(...ends)];
}

function rawRange(
  raw: RawType & { readonly kind: "integer" | "bcd" },
  field: BitField | undefined,
): readonly [bigint, bigint] {
  if (field !== undefined) return [0n, field.count - 1n];
  return raw.kind === "bcd" ? [0n, 100n ** BigInt(raw.bytes) - 1n] : integerRange(raw.bytes, raw.signed);
}

/** Keys that do not go together. */
function checkKeys(plan: Plan): void {
  const { spec, type, raw, unit } = plan;
  const shown = shownBy(plan);
  const numeric = precisionOf(raw) !== undefined;
  for (const key of ["scale", "offset"] as const) {
    if (spec[key] === undefined) continue;
    if (!numeric) throw new ConversionError(key, `"${key}" needs a number; ${raw.name} is none`);
    if (!Number.isFinite(spec[key])) throw new ConversionError(key, `${key}: ${spec[key]} is no number`);
  }
  if (spec.scale === 0) throw new ConversionError("scale", "scale: 0 would make every value the same");
  if (precisionOf(shown) === undefined && spec.enum === undefined && !isIdentity(unit)) {
    throw new ConversionError("unit", `unit ${spec.unit}: ${shown.name} has no unit to convert`);
  }
  for (const key of ["valid", "accept", "max_step", "monotonic", "deadband"] as const) {
    if (spec[key] !== undefined && spec[key] !== false && !isNumericType(type)) {
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

/** mask or bits, invalid, scale and offset: with `expr` and unit at once, where nothing but numbers stands between them. */
function rawStages(plan: Plan, field: BitField | undefined): Stage[] {
  const { spec, raw, formula, unit } = plan;
  const invalid = spec.invalid === undefined ? undefined : invalidStage(spec.invalid, raw);
  const map = linearOf(plan);
  // SunSpec's value is one of the whole register, a listed one is one of these bits.
  const checked = spec.invalid === "sunspec" ? [invalid, field] : [field, invalid];
  const scaled = isIdentity(map) ? undefined : linearStage(map, precisionOf(raw) ?? "double");
  const computed = formula?.kind === "stage" ? formula.stage : undefined;
  const isApart = computed !== undefined && spec.enum === undefined && !isIdentity(unit);
  const converted = isApart ? linearStage(unit, precisionOf(shownBy(plan)) ?? "double") : undefined;
  return [...checked, scaled, computed, converted].filter((stage) => stage !== undefined);
}

/** From the raw number as far as it stays a map of this kind. */
function linearOf({ spec, formula, unit }: Plan): Linear {
  const scale = linear(spec.scale ?? 1, spec.offset ?? 0);
  if (formula?.kind === "stage") return scale;
  const computed = formula === undefined ? scale : compose(scale, formula.map);
  return spec.enum === undefined ? compose(computed, unit) : computed;
}

/** What the stages behind `expr` take. */
function shownBy({ raw, formula }: Plan): RawType {
  return formula?.kind === "stage" ? formula.raw : raw;
}

/** enum (its numbers in the unit of the resource already), valid, LwM2M type; `accept` and the registry's range on the way back. */
function valueStages(plan: Plan): Stage[] {
  const { spec, resource, type, raw, formula, unit } = plan;
  const shown = shownBy(plan);
  const single = precisionOf(raw) === "single";
  if (spec.enum === undefined) {
    if (formula === undefined && spec.computed !== true)
      checkKind(raw, type, spec.bits !== undefined && spec.bits[0] === spec.bits[1]);
    else checkKind(shown, type, false, { key: "expr", words: `the expression gives a ${shown.name}, which` });
  }
  return [
    spec.enum === undefined
      ? bridgeStage(shown, type, single)
      : enumStage(spec.enum, { raw: shown, type, unit, writable: spec.writable }),
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
