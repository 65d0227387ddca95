/** Bumble's controller and peripherals, behind a pseudo-terminal. */
import type { TestContext } from "node:test";
import { type AdvertisedContent, advertisingData } from "../../../adapters/ble/emulator/advertising-data.ts";
import { aBumble, type Bumble } from "../../support/bumble-peripherals.ts";
import { type Air, type AirDevice, withFlags } from "./air.ts";

const INTERVAL = 100;

/** Undefined, the test being skipped, where there is no Bumble. */
export async function bumbleAir(t: TestContext): Promise<BumbleAir | undefined> {
  const bumble = await aBumble(t);
  return bumble === undefined ? undefined : new BumbleAir(bumble);
}

export class BumbleAir implements Air {
  readonly link: string;
  readonly environment = {};
  private readonly bumble: Bumble;
  private readonly devices = new Map<string, AirDevice>();

  constructor(bumble: Bumble) {
    this.bumble = bumble;
    this.link = `{ type: ble, backend: hci-uart, port: ${bumble.port}`;
  }

  async add(device: AirDevice): Promise<void> {
    this.devices.set(device.address, device);
    const { services = [] } = device;
    const advertising = hexOf(device.advertised);
    await this.bumble.add({ address: named(device.address), advertising, interval: INTERVAL, services });
  }

  async advertise(address: string, advertised: AdvertisedContent): Promise<void> {
    await this.bumble.advertise(named(address), hexOf(advertised));
  }

  async setValue(address: string, characteristic: string, value: string): Promise<void> {
    await this.bumble.setValue(keyOf(address, characteristic), value);
  }

  value(address: string, characteristic: string): Promise<string> {
    return this.bumble.value(keyOf(address, characteristic));
  }

  async notify(address: string, characteristic: string, value: string): Promise<void> {
    await this.bumble.notify(keyOf(address, characteristic), value);
  }

  async refuseWrites(address: string, characteristic: string, att: number | undefined): Promise<void> {
    await this.bumble.refuse(keyOf(address, characteristic), att);
  }

  async drop(address: string): Promise<void> {
    await this.bumble.drop(named(address));
  }

  async vanish(): Promise<void> {
    await this.bumble.kill();
  }

  async comeBack(): Promise<void> {
    await this.bumble.start();
    for (const device of this.devices.values()) await this.add(device);
  }
}

/** Bumble spells addresses so. */
function named(address: string): string {
  return address.toUpperCase();
}

function keyOf(address: string, characteristic: string): string {
  return `${named(address)} ${characteristic}`;
}

function hexOf(advertised: AdvertisedContent): string {
  return Buffer.from(advertisingData(withFlags(advertised))).toString("hex");
}
