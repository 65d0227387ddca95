/** What a device of some kind could deliver: for `sim`, the demo and tests. A function of the seed and the time, nothing else. */
import { HOUR, MINUTE, SECOND, type UnixMillis } from "../clock.ts";
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { NumberRange } from "./conversion-types.ts";
import { isNumericType } from "./lwm2m-type.ts";
import { type Profile, profileOf } from "./simulated-profiles.ts";

export interface SimulationHints {
  /** The unit of the value where the registry has none. */
  readonly unit?: string;
  /** Numbers stay within every one of these. */
  readonly bounds?: readonly NumberRange[];
  /** The only values there are: those of an enum. */
  readonly choices?: readonly Value[];
  /** The greatest length of text and the length of opaque values, in bytes. */
  readonly length?: number;
}

/** Numbers wander slowly or rise, as their unit and name suggest; all else stays as it is. Same seed and time, same value. */
export function simulatedValue(
  resource: ResourceDefinition,
  hints: SimulationHints,
  seed: number,
): (time: UnixMillis) => Value {
  const own = mix(seed, resource.id);
  const { choices = [] } = hints;
  const choice = choices[own % Math.max(1, choices.length)];
  if (choice !== undefined) return () => choice;
  const { type } = resource;
  if (type === undefined || !isNumericType(type)) {
    const value = steadyValue(resource, hints, own);
    return () => value;
  }
  if (type === "time") return (time) => Math.floor(time / SECOND);
  const bounds = intersection([...(hints.bounds ?? []), ...registryBounds(resource.range)]);
  const profile = profileOf(resource, resource.unit ?? hints.unit);
  const number = numberOver(profile, bounds, own);
  return type === "float" ? number : (time) => clamp(Math.round(number(time)), bounds);
}

function steadyValue({ type, name }: ResourceDefinition, { length }: SimulationHints, seed: number): Value {
  switch (type) {
    case "boolean":
      return seed % 2 === 0;
    case "opaque":
      return Uint8Array.from({ length: length ?? 4 }, (_, i) => mix(seed, i) & 0xff);
    case "objlnk":
      return { object: 0xffff, instance: 0xffff };
    case "corelnk":
      return "";
    case "string":
    case undefined:
    case "integer":
    case "unsigned":
    case "float":
    case "time":
      // Digits, since the device may hold a serial number as an integer.
      return (/number|serial|version|id\b/i.test(name) ? String(1000 + (seed % 9000)) : "simulated").slice(0, length);
  }
}

const EVERYTHING: NumberRange = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
/** Counters began to count here. */
const FIRST: UnixMillis = Date.UTC(2026, 0, 1);

function numberOver(profile: Profile, bounds: NumberRange, seed: number): (time: UnixMillis) => number {
  switch (profile.kind) {
    case "steady":
      return () => clamp(profile.value, bounds);
    case "wandering": {
      const { center, spread } = fit(profile.center, profile.spread, bounds);
      const digits = digitsOf(spread / 50);
      return (time) => clamp(Number((center + spread * wander(seed, time)).toFixed(digits)), bounds);
    }
    case "rising": {
      const start = (seed % 1000) * profile.hourly;
      const digits = digitsOf(profile.hourly / 500);
      return (time) => {
        const total = start + (profile.hourly * Math.max(0, time - FIRST)) / HOUR;
        return clamp(Number(wrap(total, bounds).toFixed(digits)), bounds);
      };
    }
  }
}

/** What the profile would leave is moved into the bounds. */
function fit(center: number, spread: number, [low, high]: NumberRange): { center: number; spread: number } {
  if (center - spread >= low && center + spread <= high) return { center, spread };
  if (center > low && center < high) return { center, spread: Math.min(center - low, high - center) };
  if (Number.isFinite(low) && Number.isFinite(high)) return { center: (low + high) / 2, spread: (high - low) / 4 };
  return Number.isFinite(low) ? { center: low + spread, spread } : { center: high - spread, spread };
}

/** A register that is full begins again. */
function wrap(value: number, [low, high]: NumberRange): number {
  const least = Number.isFinite(low) ? Math.max(0, low) : 0;
  return Number.isFinite(high) && value > high && high > least ? least + ((value - least) % (high - least)) : value;
}

function clamp(value: number, [low, high]: NumberRange): number {
  return Math.min(high, Math.max(low, value));
}

function intersection(ranges: readonly NumberRange[]): NumberRange {
  const both = ranges.reduce(([low, high], range) => [Math.max(low, range[0]), Math.min(high, range[1])], EVERYTHING);
  return both[0] <= both[1] ? both : EVERYTHING;
}

/** "0..100", "0-100", "-1..1"; a range in other words bounds nothing here. */
function registryBounds(range = ""): readonly NumberRange[] {
  const [, low, high] = /^(-?[\d.]*\d)\s*(?:\.\.+|-)\s*(-?\d[\d.]*)$/.exec(range) ?? [];
  return low === undefined || high === undefined || Number(low) > Number(high) ? [] : [[Number(low), Number(high)]];
}

function digitsOf(step: number): number {
  return Math.min(12, Math.max(0, Math.ceil(-Math.log10(step))));
}

/** A slow walk within [-1, 1]: smooth noise of three periods. */
function wander(seed: number, time: UnixMillis): number {
  return (
    0.7 * noise(seed, time / (15 * MINUTE)) +
    0.22 * noise(seed + 1, time / MINUTE) +
    0.08 * noise(seed + 2, time / (5 * SECOND))
  );
}

/** Random at whole numbers, smooth between them. */
function noise(seed: number, at: number): number {
  const floor = Math.floor(at);
  const part = at - floor;
  const [before, after] = [signed(mix(seed, floor)), signed(mix(seed, floor + 1))];
  return before + (after - before) * part * part * (3 - 2 * part);
}

function signed(bits: number): number {
  return bits / 0x8000_0000 - 1;
}

/** 32 well-mixed bits of two numbers (the finalizer of MurmurHash3). */
function mix(seed: number, value: number): number {
  let bits = (Math.imul(seed | 0, 0x9e37_79b1) ^ Math.imul(value | 0, 0x85eb_ca6b)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
