/**
 * The pipeline between a raw value and the value of a resource, in the order that the mapping language fixes: bytes, order,
 * type, mask or bits, invalid, scale and offset, expr, enum, unit, valid, LwM2M type. Writing goes through the same stages backwards.
 */
import type { RawValue } from "../adapter.ts";
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { isObjectLink, sameValue, type Value } from "../lwm2m/sample.ts";
import type { BitField } from "./bits.ts";
import { type Conversion, ConversionError, type ConversionSpec, type RawWrite } from "./conversion-types.ts";
import { describeLinear, isIdentity } from "./linear.ts";
import { bitField, makePlan, type Plan, simulationHints, stagesOf } from "./pipeline.ts";
import type { Converted, Explained, PointHistory } from "./plan-types.ts";
import { simulatedValue } from "./simulate.ts";
import { makeSource, type Source } from "./source.ts";
import { Bad, refuse, type Stage, type WriteMode } from "./stage.ts";

/**
 * Builds the conversion of one resource; everything that can be decided is decided here, once. Throws ConversionError,
 * which names the key of the mapping that cannot be.
 */
export function makeConversion(spec: ConversionSpec, resource: ResourceDefinition): Conversion {
  const { type } = resource;
  if (type === undefined) throw new ConversionError("do", `${resource.name} is executable: it has no value`);
  const source = makeSource(spec, type);
  const plan = makePlan(spec, resource, type, source.type);
  const field = bitField(spec, source.type);
  const { scaling, checking } = stagesOf(plan, field);
  const stages = [source.stage, ...scaling, ...checking];
  const toValue = reader(stages);
  const note = noteOf(plan);
  return {
    ...(source.length === undefined ? {} : { length: source.length }),
    ...(note === undefined ? {} : { note }),
    looksBack: stages.some(({ looksBack }) => looksBack === true),
    toValue,
    explain: (raw) => explained(raw, source.stage, scaling),
    ...(spec.writable ? { toRaw: writer(plan, stages, maskBytes(source, field)) } : {}),
    simulate(seed) {
      const value = simulatedValue(resource, simulationHints(plan, field), seed);
      return (time) => toWire(write(stages, value(time), "nearest"));
    },
  };
}

function reader(stages: readonly Stage[]): (raw: RawValue, history?: PointHistory) => Converted {
  return (raw, history) => {
    let value: Value | Bad = raw;
    for (const stage of stages) {
      value = stage.read(value, history);
      if (value instanceof Bad) return badOf(value);
    }
    return { good: value };
  };
}

/** As far as it goes: a stage that finds it bad is the last. */
function explained(raw: RawValue, decoding: Stage, scaling: readonly Stage[]): Explained {
  const decoded = decoding.read(raw);
  if (decoded instanceof Bad) return {};
  let value: Value = decoded;
  for (const stage of scaling) {
    const read = stage.read(value);
    if (read instanceof Bad) return { decoded };
    value = read;
  }
  return { decoded, scaled: value };
}

function badOf({ bad, doubted }: Bad): Converted {
  return doubted === undefined ? { bad } : { bad, doubted };
}

function writer(plan: Plan, stages: readonly Stage[], mask: Uint8Array | undefined): (value: Value) => RawWrite {
  const check = plan.raw.kind === "float" && plan.type !== "float" ? reader(stages) : undefined;
  return (value) => {
    const raw = toWire(write(stages, value, "exact"));
    if (check !== undefined) {
      const back = check(raw);
      if (!("good" in back && sameValue(back.good, value)))
        refuse(`${value} cannot be held exactly by ${plan.raw.name}`);
    }
    return mask === undefined ? { raw } : { raw, mask };
  };
}

function write(stages: readonly Stage[], value: Value, mode: WriteMode): Value {
  return stages.reduceRight((written, stage) => stage.write(written, mode), value);
}

/** A link leaves the pipeline as its text. */
function toWire(value: Value): RawValue {
  return isObjectLink(value) ? refuse("a link has no raw value") : value;
}

/** The bits of the field as they stand on the wire. */
function maskBytes({ stage }: Source, field: BitField | undefined): Uint8Array | undefined {
  if (field === undefined) return undefined;
  const mask = stage.write(field.mask, "exact");
  return mask instanceof Uint8Array ? mask : undefined;
}

function noteOf({ spec, wanted, unit }: Plan): string | undefined {
  if (isIdentity(unit)) return undefined;
  const bounded = spec.valid !== undefined ? "valid" : spec.accept !== undefined ? "accept" : undefined;
  const counts = bounded === undefined ? "" : `; ${bounded} is in ${wanted}`;
  return `${spec.unit} -> ${wanted} (${describeLinear(unit)})${counts}`;
}
