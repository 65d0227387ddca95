/**
 * What a BTHome packet may have in it: the objects of version 2 (bthome.io/format). Values of one kind have one name and one unit here,
 * however many bytes and digits they come with.
 */
import type { FieldKind } from "./decoder.ts";
import type { NumberFormat } from "./numbers.ts";

export type BthomeObject =
  | { readonly id: number; readonly name: string; readonly type: "number"; readonly format: NumberFormat }
  /** One byte, 0 or 1. */
  | { readonly id: number; readonly name: string; readonly type: "boolean" }
  /** A length of one byte, then as many bytes. */
  | { readonly id: number; readonly name: string; readonly type: "text" | "raw" }
  | { readonly id: number; readonly name: string; readonly type: "button" | "dimmer" }
  /** The least significant byte is the last number. */
  | { readonly id: number; readonly name: string; readonly type: "version"; readonly bytes: 3 | 4 };

const BYTES = { u8: 1, u16: 2, u24: 3, u32: 4, s8: 1, s16: 2, s32: 4 } as const;
type Size = keyof typeof BYTES;
type Row = readonly [id: number, name: string, size: Size, per?: number, times?: number];

/** Exact: a pound is 0.45359237 kg. */
const POUND = 45_359_237;

const NUMBERS: readonly Row[] = [
  [0x00, "packet_id", "u8"],
  [0x01, "battery", "u8"],
  [0x02, "temperature", "s16", 100],
  [0x03, "humidity", "u16", 100],
  [0x04, "pressure", "u24", 100],
  [0x05, "illuminance", "u24", 100],
  [0x06, "mass", "u16", 100],
  [0x07, "mass", "u16", 1e10, POUND],
  [0x08, "dew_point", "s16", 100],
  [0x09, "count", "u8"],
  [0x0a, "energy", "u24", 1000],
  [0x0b, "power", "u24", 100],
  [0x0c, "voltage", "u16", 1000],
  [0x0d, "pm2_5", "u16"],
  [0x0e, "pm10", "u16"],
  [0x12, "co2", "u16"],
  [0x13, "tvoc", "u16"],
  [0x14, "moisture", "u16", 100],
  [0x2e, "humidity", "u8"],
  [0x2f, "moisture", "u8"],
  [0x3d, "count", "u16"],
  [0x3e, "count", "u32"],
  [0x3f, "rotation", "s16", 10],
  [0x40, "distance", "u16", 1000],
  [0x41, "distance", "u16", 10],
  [0x42, "duration", "u24", 1000],
  [0x43, "current", "u16", 1000],
  [0x44, "speed", "u16", 100],
  [0x45, "temperature", "s16", 10],
  [0x46, "uv_index", "u8", 10],
  [0x47, "volume", "u16", 10],
  [0x48, "volume", "u16", 1000],
  [0x49, "volume_flow_rate", "u16", 1000],
  [0x4a, "voltage", "u16", 10],
  [0x4b, "gas", "u24", 1000],
  [0x4c, "gas", "u32", 1000],
  [0x4d, "energy", "u32", 1000],
  [0x4e, "volume", "u32", 1000],
  [0x4f, "water", "u32", 1000],
  [0x50, "timestamp", "u32"],
  [0x51, "acceleration", "u16", 1000],
  [0x52, "gyroscope", "u16", 1000],
  [0x55, "volume_storage", "u32", 1000],
  [0x56, "conductivity", "u16"],
  [0x57, "temperature", "s8"],
  [0x58, "temperature", "s8", 100, 35],
  [0x59, "count", "s8"],
  [0x5a, "count", "s16"],
  [0x5b, "count", "s32"],
  [0x5c, "power", "s32", 100],
  [0x5d, "current", "s16", 1000],
  [0x5e, "direction", "u16", 100],
  [0x5f, "precipitation", "u16", 10],
  [0x60, "channel", "u8"],
  [0x61, "rotational_speed", "u16"],
  [0x62, "speed", "s32", 1e6],
  [0x63, "acceleration", "s32", 1e6],
  [0x64, "light_level", "u8"],
  [0xf0, "device_type", "u16"],
];

/** Where a measured value has the same name, what is on or off has a word more. */
const BOOLEANS: readonly (readonly [id: number, name: string, about: string])[] = [
  [0x0f, "generic_boolean", "on"],
  [0x10, "power_on", "power is on"],
  [0x11, "opening", "open"],
  [0x15, "battery_low", "the battery is low"],
  [0x16, "battery_charging", "the battery is being charged"],
  [0x17, "carbon_monoxide", "carbon monoxide was detected"],
  [0x18, "cold", "it is cold"],
  [0x19, "connectivity", "connected"],
  [0x1a, "door", "the door is open"],
  [0x1b, "garage_door", "the garage door is open"],
  [0x1c, "gas_detected", "gas was detected"],
  [0x1d, "heat", "it is hot"],
  [0x1e, "light", "light was detected"],
  [0x1f, "lock", "unlocked"],
  [0x20, "moisture_detected", "wet"],
  [0x21, "motion", "motion was detected"],
  [0x22, "moving", "it moves"],
  [0x23, "occupancy", "occupied"],
  [0x24, "plug", "plugged in"],
  [0x25, "presence", "somebody is there"],
  [0x26, "problem", "there is a problem"],
  [0x27, "running", "running"],
  [0x28, "safety", "safe"],
  [0x29, "smoke", "smoke was detected"],
  [0x2a, "sound", "sound was detected"],
  [0x2b, "tamper", "somebody tampers with it"],
  [0x2c, "vibration", "vibration was detected"],
  [0x2d, "window", "the window is open"],
];

const OTHERS: readonly BthomeObject[] = [
  { id: 0x3a, name: "button", type: "button" },
  { id: 0x3c, name: "dimmer", type: "dimmer" },
  { id: 0x53, name: "text", type: "text" },
  { id: 0x54, name: "raw", type: "raw" },
  { id: 0xf1, name: "firmware_version", type: "version", bytes: 4 },
  { id: 0xf2, name: "firmware_version", type: "version", bytes: 3 },
];

/** What a button says; 0: nothing, because another one was pressed. */
export const BUTTON_EVENTS: ReadonlyMap<number, string> = new Map([
  [0x01, "press"],
  [0x02, "double_press"],
  [0x03, "triple_press"],
  [0x04, "long_press"],
  [0x05, "long_double_press"],
  [0x06, "long_triple_press"],
  [0x80, "hold_press"],
]);

export const DIMMER_EVENTS: ReadonlyMap<number, string> = new Map([
  [0x01, "rotate_left"],
  [0x02, "rotate_right"],
]);

/** In the order of their ids. */
export const BTHOME_OBJECTS: readonly BthomeObject[] = [
  ...NUMBERS.map(
    ([id, name, size, per, times]): BthomeObject => ({ id, name, type: "number", format: formatOf(size, per, times) }),
  ),
  ...BOOLEANS.map(([id, name]): BthomeObject => ({ id, name, type: "boolean" })),
  ...OTHERS,
].sort((a, b) => a.id - b.id);

const ABOUT: Readonly<Record<string, readonly [about: string, unit?: string]>> = {
  packet_id: ["counts packets, from 255 on to 0"],
  battery: ["state of charge", "%"],
  temperature: ["temperature", "Cel"],
  humidity: ["relative humidity", "%RH"],
  pressure: ["air pressure", "hPa"],
  illuminance: ["illuminance", "lx"],
  mass: ["mass", "kg"],
  dew_point: ["dew point", "Cel"],
  count: ["a count"],
  energy: ["energy", "kWh"],
  power: ["power", "W"],
  voltage: ["voltage", "V"],
  pm2_5: ["particles up to 2.5 um", "ug/m3"],
  pm10: ["particles up to 10 um", "ug/m3"],
  co2: ["carbon dioxide", "ppm"],
  tvoc: ["volatile organic compounds", "ug/m3"],
  moisture: ["moisture, e.g. of soil", "%"],
  rotation: ["angle of rotation", "deg"],
  distance: ["distance", "m"],
  duration: ["duration", "s"],
  current: ["current", "A"],
  speed: ["speed", "m/s"],
  uv_index: ["UV index"],
  volume: ["volume", "l"],
  volume_flow_rate: ["flow", "m3/h"],
  gas: ["volume of gas", "m3"],
  water: ["volume of water", "l"],
  timestamp: ["a time, in seconds since 1970", "s"],
  acceleration: ["acceleration", "m/s2"],
  gyroscope: ["angular velocity, in degrees a second"],
  volume_storage: ["stored volume", "l"],
  conductivity: ["conductivity", "uS/cm"],
  direction: ["direction", "deg"],
  precipitation: ["precipitation", "mm"],
  channel: ["a channel"],
  rotational_speed: ["speed of rotation", "1/min"],
  light_level: ["level of light"],
  device_type: ["type of the device, as its maker numbers them"],
};

/** Fields by their names; those of several objects once. */
export const BTHOME_FIELDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ...NUMBERS.map(([, name]): [string, FieldKind] => {
    const [about, unit] = ABOUT[name] ?? [name];
    return [name, { type: "number", about, ...(unit === undefined ? {} : { unit }), ...repeated(name) }];
  }),
  ...BOOLEANS.map(([, name, about]): [string, FieldKind] => [name, { type: "boolean", about, repeats: true }]),
  ["button", { type: "text", about: `what was done: ${[...BUTTON_EVENTS.values()].join(", ")}`, repeats: true }],
  ["dimmer", { type: "text", about: `what was done: ${[...DIMMER_EVENTS.values()].join(", ")}`, repeats: true }],
  ["dimmer_steps", { type: "number", about: "by how many steps", repeats: true }],
  ["text", { type: "text", about: "text", repeats: true }],
  ["raw", { type: "bytes", about: "bytes", repeats: true }],
  ["firmware_version", { type: "text", about: "version of the firmware" }],
]);

/** Of what there is one in a device. */
function repeated(name: string): { repeats?: true } {
  return name === "packet_id" || name === "device_type" ? {} : { repeats: true };
}

function formatOf(size: Size, per?: number, times?: number): NumberFormat {
  return {
    bytes: BYTES[size],
    ...(size.startsWith("s") ? { signed: true } : {}),
    ...(per === undefined ? {} : { per }),
    ...(times === undefined ? {} : { times }),
  };
}
