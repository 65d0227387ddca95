/** In which resource a mapping has what a device measures or switches, as far as the words for it tell: for mappings that tools begin. */
import type { Quantity, SuggestedResource } from "../adapter.ts";

/** For what is a number, and nothing else is known of it. */
const GENERIC_SENSOR = 3300;

/** The words are those of https://www.home-assistant.io/integrations/sensor/#device-class; objects are those of the OMA registry. */
const SENSORS: ReadonlyMap<string, number> = new Map([
  ["atmospheric_pressure", 3315],
  ["carbon_dioxide", 3325],
  ["carbon_monoxide", 3325],
  ["conductivity", 3327],
  ["current", 3317],
  ["distance", 3330],
  ["energy", 3331],
  ["frequency", 3318],
  ["humidity", 3304],
  ["illuminance", 3301],
  ["moisture", 3320],
  ["ph", 3326],
  ["pm1", 3325],
  ["pm10", 3325],
  ["pm25", 3325],
  ["power", 3328],
  ["power_factor", 3329],
  ["precipitation_intensity", 3346],
  ["pressure", 3323],
  ["sound_pressure", 3324],
  ["speed", 3346],
  ["temperature", 3303],
  ["volatile_organic_compounds", 3325],
  ["volatile_organic_compounds_parts", 3325],
  ["voltage", 3316],
  ["volume_flow_rate", 3346],
  ["weight", 3322],
  ["wind_speed", 3346],
]);

const ELSEWHERE: ReadonlyMap<string, SuggestedResource> = new Map([
  ["battery", { object: 3, resource: "battery_level", isSingle: true }],
  ["water", { object: 3424, resource: "cumulated_water_volume" }],
]);

/** Undefined: nobody could tell without a look at the device. */
export function suggestedResource(quantity: Quantity): SuggestedResource | undefined {
  switch (quantity.kind) {
    case "measured":
      return measured(quantity.what ?? "", quantity.isNumber);
    case "detected":
      return {
        object: quantity.what === "presence" ? 3302 : 3200,
        resource: "digital_input_state",
        isBoolean: true,
      };
    case "switched":
      return { object: quantity.what === "light" ? 3311 : 3306, resource: "on/off", isBoolean: true };
    case "set":
      return { object: 3308, resource: "set_point_value" };
  }
}

function measured(what: string, isNumber: boolean): SuggestedResource | undefined {
  const elsewhere = ELSEWHERE.get(what);
  if (elsewhere !== undefined) return elsewhere;
  const object = SENSORS.get(what) ?? (isNumber ? GENERIC_SENSOR : undefined);
  return object === undefined ? undefined : { object, resource: "sensor_value" };
}
