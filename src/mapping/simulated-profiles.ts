/** How a simulated number moves: from the unit of the resource, else from its name. */
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { applyLinear } from "./linear.ts";
import { convertUnit, findUnit } from "./units.ts";

export type Profile =
  | { readonly kind: "wandering"; readonly center: number; readonly spread: number }
  /** A counter: so much more every hour. */
  | { readonly kind: "rising"; readonly hourly: number }
  | { readonly kind: "steady"; readonly value: number };

export function profileOf(resource: ResourceDefinition, unit: string | undefined): Profile {
  const name = resource.name.toLowerCase();
  const bySubject = BY_UNIT.get(unit ?? "");
  if (bySubject !== undefined) return bySubject;
  const kind = unit === undefined ? undefined : findUnit(unit)?.kind;
  const typical = TYPICAL.find((each) => each.kind === kind) ?? TYPICAL.find((each) => each.name?.test(name));
  if (typical !== undefined) return inUnit(typical, unit);
  if (/count|cumulat|total/.test(name)) return { kind: "rising", hourly: 60 };
  return resource.type === "float" ? wandering(20, 5) : { kind: "steady", value: 0 };
}

interface Typical {
  readonly kind: string;
  /** Where the resource has no unit. */
  readonly name?: RegExp;
  readonly unit: string;
  readonly profile: Profile;
}

function wandering(center: number, spread: number): Profile {
  return { kind: "wandering", center, spread };
}

/** A house with a heat pump and a lamp. */
const TYPICAL: readonly Typical[] = [
  { kind: "power factor", name: /power factor|cos/, unit: "", profile: wandering(0.94, 0.04) },
  { kind: "voltage", name: /voltage|tension/, unit: "V", profile: wandering(230, 4) },
  { kind: "current", name: /\bcurrent\b(?! (?:position|value|time))/, unit: "A", profile: wandering(5, 2) },
  { kind: "energy", name: /energy/, unit: "kWh", profile: { kind: "rising", hourly: 1.15 } },
  { kind: "apparent energy", unit: "kVAh", profile: { kind: "rising", hourly: 1.2 } },
  { kind: "reactive energy", unit: "kvarh", profile: { kind: "rising", hourly: 0.3 } },
  { kind: "reactive power", name: /reactive/, unit: "var", profile: wandering(300, 90) },
  { kind: "apparent power", name: /apparent/, unit: "VA", profile: wandering(1200, 350) },
  { kind: "power", name: /power/, unit: "W", profile: wandering(1150, 350) },
  { kind: "frequency", name: /frequency/, unit: "Hz", profile: wandering(50, 0.04) },
  { kind: "temperature", name: /temperature/, unit: "Cel", profile: wandering(21, 2) },
  { kind: "pressure", name: /pressure|barometer/, unit: "Pa", profile: wandering(101_325, 900) },
  { kind: "illuminance", name: /illumina|light/, unit: "lx", profile: wandering(420, 150) },
  { kind: "ratio", name: /percent|humidity|level/, unit: "%", profile: wandering(55, 12) },
  { kind: "power level", name: /signal strength|rssi/, unit: "dBm", profile: wandering(-71, 6) },
  { kind: "speed", name: /speed/, unit: "m/s", profile: wandering(3, 1.5) },
  { kind: "flow", name: /flow/, unit: "l/min", profile: wandering(12, 4) },
  { kind: "volume", name: /volume/, unit: "m3", profile: { kind: "rising", hourly: 0.05 } },
  { kind: "angle", name: /angle|direction/, unit: "deg", profile: wandering(180, 60) },
  { kind: "mass", name: /weight|load/, unit: "kg", profile: wandering(12, 0.5) },
];

/** Where the unit says more than its kind. */
const BY_UNIT: ReadonlyMap<string, Profile> = new Map([
  ["lat", wandering(48.21, 0.001)],
  ["lon", wandering(16.37, 0.001)],
  ["%EL", wandering(80, 3)],
  ["ppm", wandering(620, 150)],
  ["1/min", wandering(1450, 30)],
]);

function inUnit({ profile, unit }: Typical, wanted: string | undefined): Profile {
  const conversion = wanted === undefined ? undefined : convertUnit(unit, wanted);
  if (conversion === undefined || "refusal" in conversion) return profile;
  const convert = (value: number): number => Number(applyLinear(conversion, value));
  switch (profile.kind) {
    case "wandering": {
      const center = convert(profile.center);
      return wandering(center, Math.abs(convert(profile.center + profile.spread) - center));
    }
    case "rising":
      return { kind: "rising", hourly: convert(profile.hourly) };
    case "steady":
      return profile;
  }
}
