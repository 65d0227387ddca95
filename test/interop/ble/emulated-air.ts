/** The gateway's own emulator of a controller, behind a pseudo-terminal. */
import type { TestContext } from "node:test";
import { type AdvertisedContent, advertisingData } from "../../../adapters/ble/emulator/advertising-data.ts";
import type { Peripheral } from "../../../adapters/ble/emulator/peripheral.ts";
import type { AdvertisingSpec } from "../../../adapters/ble/emulator/peripheral-spec.ts";
import type { PlayedCharacteristic } from "../../../adapters/ble/emulator/played-characteristic.ts";
import { aBleController, type SerialController } from "../../support/ble-controller.ts";
import { ADDRESS_TYPE, type Air, type AirDevice, withFlags } from "./air.ts";

const INTERVAL = 100;

/** Undefined, the test being skipped, where there is no socat. */
export async function emulatedAir(t: TestContext): Promise<EmulatedAir | undefined> {
  const serial = await aBleController(t);
  return serial === undefined ? undefined : new EmulatedAir(t, serial);
}

export class EmulatedAir implements Air {
  readonly link: string;
  readonly environment = {};
  private readonly t: TestContext;
  private readonly devices = new Map<string, AirDevice>();
  private current: SerialController;

  constructor(t: TestContext, serial: SerialController) {
    this.t = t;
    this.current = serial;
    this.link = `{ type: ble, backend: hci-uart, port: ${serial.port}`;
  }

  /** For what only this one can. */
  get serial(): SerialController {
    return this.current;
  }

  async add(device: AirDevice): Promise<void> {
    this.devices.set(device.address, device);
    const services = (device.services ?? []).map(({ uuid, characteristics }) => ({
      uuid,
      characteristics: characteristics.map(({ value = "", ...one }) => ({ ...one, value: Buffer.from(value, "hex") })),
    }));
    const advertising = advertisingOf(device.advertised);
    this.current.controller.add({ address: device.address, addressType: ADDRESS_TYPE, services, advertising });
  }

  async advertise(address: string, advertised: AdvertisedContent): Promise<void> {
    this.peripheral(address).advertise(advertisingOf(advertised));
  }

  async setValue(address: string, characteristic: string, value: string): Promise<void> {
    this.characteristic(address, characteristic).value = Buffer.from(value, "hex");
  }

  async value(address: string, characteristic: string): Promise<string> {
    return Buffer.from(this.characteristic(address, characteristic).value).toString("hex");
  }

  async notify(address: string, characteristic: string, value: string): Promise<void> {
    this.characteristic(address, characteristic).notify(Buffer.from(value, "hex"));
  }

  async refuseWrites(address: string, characteristic: string, att: number | undefined): Promise<void> {
    this.characteristic(address, characteristic).faults = { write: att };
  }

  async drop(address: string): Promise<void> {
    this.peripheral(address).drop();
  }

  async vanish(): Promise<void> {
    await this.current.vanish();
  }

  async comeBack(): Promise<void> {
    const serial = await aBleController(this.t, {}, this.current.port);
    if (serial === undefined) throw new Error("there is no socat any more");
    this.current = serial;
    for (const device of this.devices.values()) await this.add(device);
  }

  peripheral(address: string): Peripheral {
    const found = this.current.controller.peripherals.find((one) => one.address === address);
    if (found === undefined) throw new Error(`there is no peripheral ${address}`);
    return found;
  }

  private characteristic(address: string, name: string): PlayedCharacteristic {
    const [service = "", uuid = ""] = name.split("/");
    return this.peripheral(address).characteristic(uuid, { service });
  }
}

function advertisingOf(advertised: AdvertisedContent): AdvertisingSpec {
  return { data: advertisingData(withFlags(advertised)), interval: INTERVAL };
}
