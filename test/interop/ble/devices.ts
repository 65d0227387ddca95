/** The devices of the Bluetooth tests, their mappings, and a gateway that has them. */
import type { TestContext } from "node:test";
import { type GatewaySetup, GatewayWorld } from "../gateway-world.ts";
import type { Air, AirDevice } from "./air.ts";
import { bthomeRoom } from "./bthome.ts";

export const ROOM = "f0:00:00:00:00:01";
export const THERMOMETER = "f0:00:00:00:00:02";
export const ACTUATOR = "f0:00:00:00:00:03";

export const KEY = "231d39c1d7cc1ab1aee224cd096db932";

/** The parts of the actuator. */
export const ACTUATOR_SERVICE = "4fafc201-1fb5-459e-8fcc-c5c9c331914b";
export const SWITCH = `${ACTUATOR_SERVICE}/beb5483e-36e1-4688-b7f5-ea07361b26a8`;
export const COMMAND = `${ACTUATOR_SERVICE}/beb5483f-36e1-4688-b7f5-ea07361b26a8`;
const uuidOf = (characteristic: string): string => characteristic.split("/")[1] ?? "";

const CONNECTED = "params: { address: { type: mac } }\nconnectivity: { bearer: bluetooth, rssi: auto }\n";

export const MAPPINGS = {
  room: `params: { address: { type: mac }, key: { type: secret } }
ble: { match: { address: $address }, decode: bthome, key: $key }
availability: { offline_after: 2s }
connectivity: { bearer: bluetooth, rssi: auto, link_quality: auto }
objects:
  3303: { sensor_value: { field: temperature, unit: Cel } }
  3304: { sensor_value: { field: humidity, unit: "%RH" } }
`,
  thermometer: `${CONNECTED}ble: { match: { address: $address } }
objects:
  3303: { sensor_value: { char: 2A6E, as: s16le, scale: 0.01, unit: Cel, via: notify } }
  3304: { sensor_value: { char: 2A6F, as: u16le, scale: 0.01, unit: "%RH", poll: 1s } }
  3:
    manufacturer: { char: 2A29, as: string, poll: connect }
    battery_level: { char: 2A19, service: 180F, as: u8, unit: "%", poll: connect }
`,
  actuator: `${CONNECTED}ble: { match: { address: $address }, connect: keep, timeout: 3s }
objects:
  3306: { on/off: { char: ${uuidOf(SWITCH)}, as: u8, enum: { 0: false, 1: true }, poll: 1s, write: true } }
  3: { reboot: { do: [ { char: ${uuidOf(COMMAND)}, hex: "01 02", response: false } ] } }
`,
  "polled-thermometer": `params: { address: { type: mac } }
ble: { match: { address: $address }, connect: poll }
objects:
  3303: { sensor_value: { char: 2A6E, as: s16le, scale: 0.01, unit: Cel, poll: 2s } }
`,
};

/** Temperature and humidity of the room in hundredths; each call is a new packet. */
export function aRoom(): { said(temperature: number, humidity: number): AirDevice["advertised"]; device: AirDevice } {
  let counter = 0;
  const said = (temperature: number, humidity: number): AirDevice["advertised"] =>
    bthomeRoom(ROOM, KEY, { temperature, humidity, counter: ++counter });
  return { said, device: { address: ROOM, advertised: said(2506, 5055) } };
}

export function aThermometer(address = THERMOMETER, value = "a608"): AirDevice {
  return {
    address,
    advertised: { name: "Thermo", services: ["181a"] },
    services: [
      {
        uuid: "181a",
        characteristics: [
          { uuid: "2a6e", properties: ["read", "notify"], value },
          { uuid: "2a6f", properties: ["read"], value: "a00f" },
        ],
      },
      // Longer than the smallest MTU takes.
      {
        uuid: "180a",
        characteristics: [
          { uuid: "2a29", properties: ["read"], value: Buffer.from("Acme".repeat(60)).toString("hex") },
        ],
      },
      { uuid: "180f", characteristics: [{ uuid: "2a19", properties: ["read"], value: "61" }] },
    ],
  };
}

export function anActuator(): AirDevice {
  return {
    address: ACTUATOR,
    advertised: { name: "Switch" },
    services: [
      {
        uuid: ACTUATOR_SERVICE,
        characteristics: [
          { uuid: uuidOf(SWITCH), properties: ["read", "write"], value: "00" },
          { uuid: uuidOf(COMMAND), properties: ["write-without-response"] },
        ],
      },
    ],
  };
}

export interface BleSetup {
  /** Each a flow map of YAML without its link. */
  readonly devices: readonly string[];
  /** Further keys of the link, e.g. `connections: 2`. */
  readonly link?: string;
  /** Beside those of Bluetooth. */
  readonly others?: Pick<GatewaySetup, "links" | "devices" | "mappings">;
}

/** Resolves when it has registered. */
export function openBleWorld(t: TestContext, air: Pick<Air, "link" | "environment">, setup: BleSetup) {
  const { devices, link = "", others } = setup;
  const key = link === "" ? "" : `, ${link}`;
  return GatewayWorld.open(t, {
    protocol: "ble",
    links: [`air: ${air.link}${key} }`, ...(others?.links ?? [])],
    devices: [...devices.map((device) => `${device}, link: air`), ...(others?.devices ?? [])],
    mappings: { ...MAPPINGS, ...others?.mappings },
    files: { "secrets.yaml": `room: "${KEY}"\n` },
    environment: air.environment,
  });
}

export const IN_YAML = {
  room: `id: room, mapping: room, address: "${ROOM}", key: !secret room`,
  thermometer: `id: thermometer, mapping: thermometer, address: "${THERMOMETER}"`,
  actuator: `id: actuator, mapping: actuator, address: "${ACTUATOR}"`,
};
