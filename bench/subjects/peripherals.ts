/** Bluetooth devices of the gateway's own emulator, behind a pseudo-terminal, and a gateway among them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import { Controller } from "../../adapters/ble/emulator/controller.ts";
import type { PlayedCharacteristic } from "../../adapters/ble/emulator/played-characteristic.ts";
import { playOnPty } from "../../adapters/wires/played-port.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";

export const ADVERTISERS = 50;
export const CONNECTED = 8;
/** How often each of them has something new to say, in milliseconds. */
export const PERIOD = 1000;

const SERVICE = "181a";
const TEMPERATURE = "2a6e";

export const MAPPINGS: Readonly<Record<string, string>> = {
  advertiser: `params: { address: { type: mac } }
ble: { match: { address: $address }, decode: bthome }
availability: { offline_after: 30s }
connectivity: { bearer: bluetooth, rssi: auto, link_quality: auto }
objects:
  3303: { sensor_value: { field: temperature, unit: Cel } }
`,
  connected: `params: { address: { type: mac } }
ble: { match: { address: $address } }
connectivity: { bearer: bluetooth, rssi: auto, link_quality: auto }
objects:
  3303: { sensor_value: { char: ${TEMPERATURE}, as: s16le, scale: 0.01, unit: Cel, via: notify } }
`,
};

/** Those that only advertise, and those that want to be connected to; all have other values each second. */
export class Peripherals {
  readonly port: string;
  private readonly notifiers: readonly PlayedCharacteristic[];
  private readonly close: () => Promise<void>;
  private readonly ticking: NodeJS.Timeout;
  private seconds = 0;

  private constructor(port: string, notifiers: readonly PlayedCharacteristic[], close: () => Promise<void>) {
    this.port = port;
    this.notifiers = notifiers;
    this.close = close;
    this.ticking = setInterval(() => this.tick(), PERIOD);
  }

  static async start(folder: string): Promise<Peripherals> {
    const context = { clock: systemClock, random: systemRandom, log: silentLogger };
    const controller = new Controller({ connections: CONNECTED }, context);
    for (let i = 0; i < ADVERTISERS; i++) addAdvertiser(controller, i);
    const notifiers = Array.from({ length: CONNECTED }, (_, i) => addConnected(controller, i));
    const port = join(folder, "hci");
    const played = await playOnPty({ kind: "pty", path: port }, (send) => controller.attach(send), context);
    return new Peripherals(port, notifiers, () => played.close());
  }

  /** How many are connected, and told each second. */
  get subscribed(): number {
    return this.notifiers.filter(({ subscribed }) => subscribed).length;
  }

  async stop(): Promise<void> {
    clearInterval(this.ticking);
    await this.close();
  }

  private tick(): void {
    this.seconds++;
    for (const notifier of this.notifiers) notifier.notify(hundredths(this.seconds));
  }
}

/** BTHome v2: packet ID, temperature; a new one at each packet, some of which are never received. */
function addAdvertiser(controller: Controller, i: number): void {
  let packets = i;
  const data = (): Uint8Array => {
    packets++;
    const payload = Uint8Array.of(0x40, 0x00, packets & 0xff, 0x02, ...hundredths(packets));
    return advertisingData({ flags: true, serviceData: new Map([["fcd2", payload]]) });
  };
  controller.add({
    address: addressOf("advertiser", i),
    advertising: { data, interval: PERIOD, type: "non-connectable" },
  });
}

function addConnected(controller: Controller, i: number): PlayedCharacteristic {
  const data = advertisingData({ flags: true, services: [SERVICE] });
  const characteristics = [{ uuid: TEMPERATURE, properties: ["read", "notify"], value: hundredths(0) } as const];
  const peripheral = controller.add({
    address: addressOf("connected", i),
    advertising: { data, interval: PERIOD },
    services: [{ uuid: SERVICE, characteristics }],
  });
  return peripheral.characteristic(TEMPERATURE);
}

/** 0.00 to 99.99 °C, s16le in hundredths. */
function hundredths(count: number): Uint8Array {
  const value = count % 10_000;
  return Uint8Array.of(value & 0xff, value >> 8);
}

function addressOf(kind: "advertiser" | "connected", i: number): string {
  return `02:00:00:00:${kind === "advertiser" ? "01" : "02"}:${i.toString(16).padStart(2, "0")}`;
}

/** Its configuration; returns the path of it. `server`: its port on 127.0.0.1. */
export function writeConfiguration(folder: string, port: string, server: number): string {
  const config = join(folder, "config.yaml");
  mkdirSync(join(folder, "mappings"), { recursive: true });
  for (const [name, text] of Object.entries(MAPPINGS)) {
    writeFileSync(join(folder, "mappings", `${name}.yaml`), `format: 1\nmapping: ${name}\nprotocol: ble\n${text}`);
  }
  const devices = (["advertiser", "connected"] as const).flatMap((kind) =>
    Array.from({ length: kind === "advertiser" ? ADVERTISERS : CONNECTED }, (_, i) => {
      return `  - { id: ${kind}-${i}, mapping: ${kind}, link: air, address: "${addressOf(kind, i)}" }\n`;
    }),
  );
  writeFileSync(
    config,
    `format: 1
gateway: { endpoint: "urn:dev:ops:32473-soak", state: state }
servers: [ { id: 101, uri: "coap://127.0.0.1:${server}", lifetime: 5m } ]
links: { air: { type: ble, backend: hci-uart, port: ${port}, connections: ${CONNECTED} } }
devices:
${devices.join("")}`,
  );
  return config;
}
