import type { FakeBus } from "./fake-bus.ts";

/** A small device for scenarios: two temperatures, a humidity, a lamp to write to. Polled each 10 s. */
export const CLIMATE = `
format: 1
mapping: climate
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 10s }
objects:
  3303:
    0:
      sensor_value: { input: 0, as: f32, unit: Cel, valid: [-40, 125] }
      application_type: { const: Room }
    1:
      sensor_value: { input: 2, as: f32, unit: Cel }
  3304:
    sensor_value: { input: 40, as: f32, unit: "%RH" }
  3311:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 3, as: u16, unit: "%", accept: [0, 100], write: true }
`;

export const TEMPERATURE = "/meter-1/3303/0/5700";
export const SECOND_TEMPERATURE = "/meter-1/3303/1/5700";
export const HUMIDITY = "/meter-1/3304/0/5700";
export const LAMP = "/meter-1/3311/0/5850";
export const DIMMER = "/meter-1/3311/0/5851";

/** The points of the same. */
export const POINT = {
  temperature: "3303/0/5700",
  secondTemperature: "3303/1/5700",
  humidity: "3304/0/5700",
  lamp: "3311/0/5850",
  dimmer: "3311/0/5851",
} as const;

/** A gateway with one of them under the prefix meter-1; the temperatures are 21 and 22, the humidity 40. */
export const CLIMATE_SETUP = {
  mapping: "climate",
  mappings: { climate: CLIMATE },
  prepare: ({ meter }: { readonly meter: { set(point: string, value: number): unknown } }): void => {
    meter.set(POINT.temperature, 21);
    meter.set(POINT.secondTemperature, 22);
    meter.set(POINT.humidity, 40);
  },
} as const;

/** The same, polled each hour: for long times in which the device is nobody's business. */
export const SLOW_CLIMATE_SETUP = {
  ...CLIMATE_SETUP,
  mappings: { climate: CLIMATE.replace("normal: 10s", "normal: 1h") },
} as const;

/** The entry of one of several of them. */
export const climateMeter = (n: number): string => `{ id: meter-${n}, mapping: climate, link: bus, unit_id: ${n} }`;

/** meter-1 and meter-2, and a third on the bus; their temperatures are 21 and 22, 31 and 32, 41 and 42, the humidity is 40. */
export const CLIMATE_METERS = {
  mappings: { climate: CLIMATE },
  devices: [1, 2].map(climateMeter),
  prepare: ({ bus }: { readonly bus: FakeBus }): void => {
    for (const n of [1, 2, 3]) {
      bus
        .unit(n)
        .set(POINT.temperature, 10 * (n + 1) + 1)
        .set(POINT.secondTemperature, 10 * (n + 1) + 2)
        .set(POINT.humidity, 40);
    }
  },
} as const;
