/** What an entity of Home Assistant measures or switches: by its component, its device class and its unit. */
import type { Quantity } from "../../../src/adapter.ts";
import type { Entity } from "./families/sighting.ts";

/** https://www.home-assistant.io/integrations/mqtt/#configuration. Undefined: nobody could tell without a look at the device. */
export function quantityOf({ component, type, numeric }: Entity): Quantity | undefined {
  switch (component) {
    case "sensor":
      return { kind: "measured", ...(type === undefined ? {} : { what: type }), isNumber: numeric };
    case "binary_sensor":
      return { kind: "detected", ...(isPresence(type) ? { what: "presence" } : {}) };
    case "switch":
      return { kind: "switched" };
    case "light":
      return { kind: "switched", what: "light" };
    case "number":
      return { kind: "set" };
    default:
      return undefined;
  }
}

function isPresence(type: string | undefined): boolean {
  return type === "motion" || type === "occupancy" || type === "presence" || type === "moving";
}

/** Units as Home Assistant has them, and as mappings do; what is in neither is left to whoever reads the mapping. */
const UNITS: Readonly<Record<string, string>> = {
  "%": "%",
  "°C": "Cel",
  "°F": "Fah",
  K: "K",
  V: "V",
  mV: "mV",
  A: "A",
  mA: "mA",
  W: "W",
  kW: "kW",
  VA: "VA",
  Wh: "Wh",
  kWh: "kWh",
  MWh: "MWh",
  Hz: "Hz",
  Pa: "Pa",
  hPa: "hPa",
  kPa: "kPa",
  bar: "bar",
  mbar: "mbar",
  psi: "psi",
  lx: "lx",
  ppm: "ppm",
  ppb: "ppb",
  m: "m",
  cm: "cm",
  mm: "mm",
  km: "km",
  kg: "kg",
  g: "g",
  dB: "dB",
  dBm: "dBm",
  L: "l",
  "m³": "m3",
  "m³/h": "m3/h",
  "L/min": "l/min",
  "m/s": "m/s",
  "km/h": "km/h",
  "mm/h": "mm/h",
  "µg/m³": "ug/m3",
  "μg/m³": "ug/m3",
  "mg/m³": "mg/m3",
  "µS/cm": "uS/cm",
  "μS/cm": "uS/cm",
  s: "s",
  min: "min",
  h: "h",
  d: "d",
};

/** Undefined: it has none, or one that mappings do not know. */
export function unitOfEntity({ unit, type }: Entity): string | undefined {
  if (unit === undefined || !Object.hasOwn(UNITS, unit)) return undefined;
  return unit === "%" && type === "humidity" ? "%RH" : UNITS[unit];
}
