/** A fake bluetoothd on a private message bus. */
import type { TestContext } from "node:test";
import type { AdvertisedContent } from "../../../adapters/ble/emulator/advertising-data.ts";
import { aFakeBluez, type FakeAdvertisement, type FakeBluez } from "../../support/fake-bluez.ts";
import type { Air, AirDevice } from "./air.ts";

const INTERVAL = 100;
const RSSI = -60;

/** Undefined, the test being skipped, where something that it needs is missing. */
export async function bluezAir(t: TestContext): Promise<BluezAir | undefined> {
  const bluez = await aFakeBluez(t);
  if (bluez === undefined) return undefined;
  const air = new BluezAir(bluez);
  const speaking = setInterval(() => air.speak(), INTERVAL);
  t.after(() => clearInterval(speaking));
  return air;
}

export class BluezAir implements Air {
  readonly link = "{ type: ble";
  readonly environment: NodeJS.ProcessEnv;
  readonly bluez: FakeBluez;
  private readonly devices = new Map<string, AirDevice>();
  private isThere = true;

  constructor(bluez: FakeBluez) {
    this.bluez = bluez;
    this.environment = { DBUS_SYSTEM_BUS_ADDRESS: bluez.bus };
  }

  async add(device: AirDevice): Promise<void> {
    await this.bluez.addPeripheral(device);
    this.devices.set(device.address, device);
  }

  async advertise(address: string, advertised: AdvertisedContent): Promise<void> {
    const device = this.devices.get(address);
    if (device !== undefined) this.devices.set(address, { ...device, advertised });
  }

  setValue(address: string, characteristic: string, value: string): Promise<void> {
    return this.bluez.setValue(address, characteristic, value);
  }

  async value(address: string, characteristic: string): Promise<string> {
    return String(await this.bluez.value(address, characteristic));
  }

  async notify(address: string, characteristic: string, value: string): Promise<void> {
    await this.bluez.notify(address, characteristic, value);
  }

  async refuseWrites(address: string, characteristic: string, att: number | undefined): Promise<void> {
    if (att === undefined) await this.bluez.noFaults();
    else await this.bluez.fault("WriteValue", `${address} ${characteristic}`, { att }, 0);
  }

  drop(address: string): Promise<void> {
    return this.bluez.drop(address);
  }

  async vanish(): Promise<void> {
    this.isThere = false;
    await this.bluez.kill();
  }

  async comeBack(): Promise<void> {
    await this.bluez.start();
    await this.bluez.addAdapter("hci0");
    for (const device of this.devices.values()) await this.bluez.addPeripheral(device);
    this.isThere = true;
  }

  /** Everybody advertises once; whoever is connected does not. */
  speak(): void {
    if (!this.isThere) return;
    for (const device of this.devices.values()) {
      void this.bluez.advertise(device, { rssi: RSSI, ...bluezContent(device.advertised) });
    }
  }
}

function bluezContent({ name, services, serviceData, manufacturerData }: AdvertisedContent): FakeAdvertisement {
  const hex = <K>(data: ReadonlyMap<K, Uint8Array> | undefined): Record<string, string> =>
    Object.fromEntries([...(data ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).toString("hex")]));
  return {
    ...(name === undefined ? {} : { name }),
    ...(services === undefined ? {} : { services }),
    serviceData: hex(serviceData),
    manufacturerData: hex(manufacturerData),
  };
}
