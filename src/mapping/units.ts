/**
 * The units of the SenML registry (RFC 8428 §12.1, RFC 8798 §2 and §3, and what IANA has added since), those that only the
 * OMA registry spells, and those that meters and sensors print. Everything converts through the first unit of its kind.
 */
import { nearestNames } from "../near-miss.ts";
import { compose, IDENTITY, invert, type Linear, linear } from "./linear.ts";

export interface Unit {
  readonly name: string;
  /** Units of the same kind can become each other, e.g. all of "power" but never "apparent power". */
  readonly kind: string;
  /** What it is a measure of where the kind alone would allow nonsense: a latitude is no longitude. */
  readonly subject?: string;
  /** To the first unit of the kind. */
  readonly toBase: Linear;
}

export function findUnit(name: string): Unit | undefined {
  return UNITS.get(ALIASES.get(name) ?? name);
}

/** Every spelling that is known. */
export function unitNames(): readonly string[] {
  return [...UNITS.keys(), ...ALIASES.keys()];
}

/** How a value in one unit becomes one in another; a refusal is a sentence: "unit A cannot become V". */
export function convertUnit(from: string, to: string): Linear | { readonly refusal: string } {
  if (from === to) return IDENTITY;
  const [source, target] = [findUnit(from), findUnit(to)];
  if (source === undefined) return { refusal: `unknown unit "${from}"${hint(from, to)}` };
  if (target === undefined) return { refusal: `unit ${from} cannot become ${to}, which only fits itself` };
  const otherSubject =
    source.subject !== undefined && target.subject !== undefined && source.subject !== target.subject;
  if (source.kind !== target.kind || otherSubject) return { refusal: `unit ${from} cannot become ${to}` };
  return compose(source.toBase, invert(target.toBase));
}

/** Where the resource takes any unit, a known one in the wrong case is still a slip: "kw". */
export function checkSpelling(unit: string): { readonly refusal: string } | undefined {
  const meant = findUnit(unit) === undefined ? sameLetters(unit) : undefined;
  return meant === undefined ? undefined : { refusal: `unknown unit "${unit}"; did you mean "${meant}"?` };
}

function hint(name: string, wanted: string): string {
  const meant = sameLetters(name) ?? (name.length > 2 ? nearestNames(name, unitNames(), 1)[0] : undefined);
  return meant === undefined ? ` (the resource is in ${wanted})` : `; did you mean "${meant}"?`;
}

function sameLetters(name: string): string | undefined {
  return unitNames().find((known) => known.toLowerCase() === name.toLowerCase());
}

/** A factor, or a factor and an offset: base = value * factor + offset. */
type Definition = number | string | readonly [factor: number | string, offset: number | string];

/** `5/18` and the like are exact: see rational.ts. */
const KINDS: Readonly<Record<string, Readonly<Record<string, Definition>>>> = {
  voltage: { V: 1, mV: "1/1000", uV: 1e-6, kV: 1000 },
  current: { A: 1, mA: "1/1000", uA: 1e-6, kA: 1000 },
  power: { W: 1, mW: "1/1000", kW: 1000, MW: 1e6 },
  "apparent power": { VA: 1, kVA: 1000, MVA: 1e6 },
  "reactive power": { var: 1, kvar: 1000, Mvar: 1e6 },
  energy: { J: 1, Ws: 1, kJ: 1000, MJ: 1e6, GJ: 1e9, Wh: 3600, kWh: 3.6e6, MWh: 3.6e9 },
  "apparent energy": { VAs: 1, VAh: 3600, kVAh: 3.6e6, MVAh: 3.6e9 },
  "reactive energy": { vars: 1, varh: 3600, kvarh: 3.6e6, Mvarh: 3.6e9 },
  charge: { Ah: 1, mAh: "1/1000" },
  resistance: { Ohm: 1, mOhm: "1/1000", kOhm: 1000, MOhm: 1e6 },
  frequency: {
    Hz: 1,
    "1/s": 1,
    mHz: "1/1000",
    kHz: 1000,
    MHz: 1e6,
    GHz: 1e9,
    "1/min": "1/60",
    "1/h": "1/3600",
    "beat/min": "1/60",
  },
  // The Fahrenheit degree is 5/9 K, and 0 degF is 459.67 of them above zero.
  temperature: { K: 1, Cel: [1, 273.15], Fah: ["5/9", "45967/180"] },
  ratio: {
    "/": 1,
    "/100": "1/100",
    "%": "1/100",
    "%RH": "1/100",
    "%EL": "1/100",
    "/1000": "1/1000",
    ppm: 1e-6,
    ppb: 1e-9,
  },
  // IANA: parts per trillion; the salinity of OMA object 3426 is in parts per thousand. Nothing can be concluded from it.
  "parts per t": { ppt: 1 },
  pressure: { Pa: 1, hPa: 100, kPa: 1000, MPa: 1e6, mbar: 100, bar: 1e5, psi: "8896443230521/1290320000" },
  length: { m: 1, um: 1e-6, mm: "1/1000", cm: "1/100", km: 1000, in: "254/10000", ft: "3048/10000" },
  area: { m2: 1, mm2: 1e-6, cm2: "1/10000", km2: 1e6, ha: 1e4 },
  volume: { m3: 1, l: "1/1000", ml: 1e-6 },
  flow: { "m3/s": 1, "m3/h": "1/3600", "m3/min": "1/60", "l/s": "1/1000", "l/min": "1/60000", "l/h": "1/3600000" },
  speed: {
    "m/s": 1,
    "mm/s": "1/1000",
    "km/h": "5/18",
    "m/min": "1/60",
    "m/h": "1/3600",
    "mm/h": "1/3600000",
    kn: "1852/3600",
  },
  acceleration: { "m/s2": 1, "mm/s2": "1/1000" },
  mass: { kg: 1, g: "1/1000", mg: 1e-6, t: 1000 },
  density: { "kg/m3": 1, "g/m3": "1/1000", "mg/m3": 1e-6, "ug/m3": 1e-9, "g/l": 1, "mg/l": "1/1000", "ug/l": 1e-6 },
  force: { N: 1, kN: 1000 },
  angle: { rad: 1, deg: Math.PI / 180, lat: Math.PI / 180, lon: Math.PI / 180 },
  time: { s: 1, us: 1e-6, ms: "1/1000", min: 60, h: 3600, d: 86_400 },
  data: { B: 1, bit: "1/8", KB: 1000, KiB: 1024, MB: 1e6, MiB: 1_048_576, GB: 1e9, GiB: 1_073_741_824 },
  "data rate": { "bit/s": 1, "kbit/s": 1000, "Mbit/s": 1e6, "Gbit/s": 1e9, "B/s": 8, "kB/s": 8000, "MB/s": 8e6 },
  "energy per distance": { "J/m": 1, "Wh/km": "18/5", "kWh/km": 3600 },
  illuminance: { lx: 1, klx: 1000 },
  irradiance: { "W/m2": 1, "kW/m2": 1000 },
  conductivity: { "S/m": 1, "mS/m": "1/1000", "mS/cm": "1/10", "uS/cm": "1/10000" },
  "power level": { dBW: 1, dBm: [1, -30] },
  ...Object.fromEntries(
    // SenML units that have no other of their kind here.
    [
      "cd",
      "lm",
      "mol",
      "sr",
      "F",
      "S",
      "Wb",
      "T",
      "H",
      "Bq",
      "Gy",
      "Sv",
      "kat",
      "cd/m2",
      "pH",
      "dB",
      "Bspl",
      "NTU",
      "count",
    ].map((name) => [name, { [name]: 1 }]),
  ),
};

/**
 * Other spellings. `C` is the coulomb in RFC 8428, but the only resource of the OMA registry in `C` (3388/503, CPU
 * temperature) and every device that prints it mean degrees Celsius.
 */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...["C", "°C", "degC", "Celsius"].map((name): [string, string] => [name, "Cel"]),
  ...["°F", "degF", "Fahrenheit"].map((name): [string, string] => [name, "Fah"]),
  ["°", "deg"],
  ["rpm", "1/min"],
  ["kB", "KB"],
  ["L", "l"],
  ["L/h", "l/h"],
  ["L/min", "l/min"],
  ["m³", "m3"],
  ["m³/h", "m3/h"],
  ["µg/m³", "ug/m3"],
  ["µS/cm", "uS/cm"],
  ["Ω", "Ohm"],
  ["VAr", "var"],
  ["kVAr", "kvar"],
  ["VArh", "varh"],
  ["kVArh", "kvarh"],
  ["‰", "/1000"],
]);

const SUBJECTS: Readonly<Record<string, string>> = {
  "%RH": "relative humidity",
  "%EL": "battery level",
  lat: "latitude",
  lon: "longitude",
};

const UNITS: ReadonlyMap<string, Unit> = new Map(
  Object.entries(KINDS).flatMap(([kind, units]) =>
    Object.entries(units).map(([name, definition]): [string, Unit] => {
      const [factor, offset] = typeof definition === "object" ? definition : [definition, 0];
      const subject = SUBJECTS[name];
      return [name, { name, kind, ...(subject === undefined ? {} : { subject }), toBase: linear(factor, offset) }];
    }),
  ),
);
