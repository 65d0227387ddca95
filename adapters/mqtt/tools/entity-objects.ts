/** Which LwM2M object an entity of Home Assistant is: by its component and its device class. */
import type { Entity } from "./families/sighting.ts";

export interface EntityObject {
  readonly object: number;
  /** The name of the resource in mappings. */
  readonly resource: string;
  /** Of which the object can have one alone. */
  readonly single?: true;
  /** The value is on or off. */
  readonly switches?: true;
}

const SENSOR_VALUE = "sensor_value";

/** https://www.home-assistant.io/integrations/sensor/#device-class; objects are those of the OMA registry. */
const SENSORS: Readonly<Record<string, number>> = {
  atmospheric_pressure: 3315,
  carbon_dioxide: 3325,
  carbon_monoxide: 3325,
  conductivity: 3327,
  current: 3317,
  distance: 3330,
  energy: 3331,
  frequency: 3318,
  humidity: 3304,
  illuminance: 3301,
  moisture: 3320,
  ph: 3326,
  pm1: 3325,
  pm10: 3325,
  pm25: 3325,
  power: 3328,
  power_factor: 3329,
  precipitation_intensity: 3346,
  pressure: 3323,
  sound_pressure: 3324,
  speed: 3346,
  temperature: 3303,
  volatile_organic_compounds: 3325,
  volatile_organic_compounds_parts: 3325,
  voltage: 3316,
  volume_flow_rate: 3346,
  weight: 3322,
  wind_speed: 3346,
};

/** Undefined: nobody could tell without a look at the device. */
export function objectOfEntity({ component, type, numeric }: Entity): EntityObject | undefined {
  switch (component) {
    case "sensor":
      if (type === "battery") return { object: 3, resource: "battery_level", single: true };
      if (type === "water") return { object: 3424, resource: "cumulated_water_volume" };
      if (type === undefined ? !numeric : !numeric && !Object.hasOwn(SENSORS, type)) return undefined;
      return { object: sensorObject(type), resource: SENSOR_VALUE };
    case "binary_sensor":
      return { object: isPresence(type) ? 3302 : 3200, resource: "digital_input_state", switches: true };
    case "switch":
      return { object: 3306, resource: "on/off", switches: true };
    case "light":
      return { object: 3311, resource: "on/off", switches: true };
    case "number":
      return { object: 3308, resource: "set_point_value" };
    default:
      return undefined;
  }
}

function sensorObject(type: string | undefined): number {
  return type === undefined || !Object.hasOwn(SENSORS, type) ? 3300 : (SENSORS[type] ?? 3300);
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
