/**
 * What BlueZ tells of devices as advertisements. It has no events for packets, but properties that change: only what changed was heard now.
 * What it had in its memory before, and tells to whoever asks, was heard by nobody.
 */
import type { AddressType, Advertisement } from "../../radio.ts";
import { normalUuid } from "../../uuid.ts";
import type { Properties } from "./bus.ts";
import { addressOf, bytesOf, propertiesOf, textOf, uuidsOf } from "./objects.ts";

interface Known {
  readonly addressType?: AddressType;
  readonly name?: string;
  readonly serviceData: ReadonlyMap<string, Uint8Array>;
  readonly manufacturerData: ReadonlyMap<number, Uint8Array>;
}

type Data = Pick<Known, "serviceData" | "manufacturerData">;

/** BlueZ forgets those that it did not hear for a while, and says so; this is for one that does not. */
const MOST_KNOWN = 2000;
/** What is heard of a device in a packet; the rest is about connections. */
const OF_PACKETS = ["RSSI", "ServiceData", "ManufacturerData", "Name", "UUIDs"];
const NOTHING: Data = { serviceData: new Map(), manufacturerData: new Map() };

export class BluezHearing {
  private readonly known = new Map<string, Known>();

  /** It is there, and was there before anybody listened. */
  know(path: string, properties: Properties): void {
    this.keep(path, properties);
  }

  forget(path: string): void {
    this.known.delete(path);
  }

  /** `changed`: all properties, where the device is new. Undefined: nothing of that was in a packet. */
  take(path: string, changed: Properties): Advertisement | undefined {
    const address = addressOf(path);
    const before = this.known.get(path);
    const now = this.keep(path, changed);
    if (address === undefined || !OF_PACKETS.some((name) => name in changed)) return undefined;
    const { RSSI: rssi, UUIDs: uuids } = changed;
    return {
      ...{ address, connectable: true, services: uuidsOf(uuids), ...newOf(dataOf(changed), before ?? NOTHING) },
      ...(now.addressType === undefined ? {} : { addressType: now.addressType }),
      ...(now.name === undefined ? {} : { name: now.name }),
      ...(typeof rssi === "number" ? { rssi } : {}),
    };
  }

  addressType(path: string): AddressType | undefined {
    return this.known.get(path)?.addressType;
  }

  private keep(path: string, changed: Properties): Known {
    const before = this.known.get(path);
    const { serviceData, manufacturerData } = dataOf(changed);
    const addressType = addressTypeOf(changed.AddressType) ?? before?.addressType;
    // Not Alias: that is the address where there is no name.
    const name = textOf(changed.Name) ?? before?.name;
    const now: Known = {
      ...(addressType === undefined ? {} : { addressType }),
      ...(name === undefined ? {} : { name }),
      serviceData: "ServiceData" in changed ? serviceData : (before ?? NOTHING).serviceData,
      manufacturerData: "ManufacturerData" in changed ? manufacturerData : (before ?? NOTHING).manufacturerData,
    };
    this.known.delete(path);
    this.known.set(path, now);
    if (this.known.size > MOST_KNOWN) this.known.delete(this.known.keys().next().value ?? "");
    return now;
  }
}

/** Properties hold what several packets said: what is in them as before is not of this one. Unless all is: then it was said again. */
function newOf(data: Data, before: Data): Data {
  const serviceData = differing(data.serviceData, before.serviceData);
  const manufacturerData = differing(data.manufacturerData, before.manufacturerData);
  return serviceData.size + manufacturerData.size === 0 ? data : { serviceData, manufacturerData };
}

function differing<Key>(
  data: ReadonlyMap<Key, Uint8Array>,
  before: ReadonlyMap<Key, Uint8Array>,
): ReadonlyMap<Key, Uint8Array> {
  return new Map(
    [...data].filter(
      ([key, bytes]) => Buffer.compare(bytes, before.get(key) ?? Buffer.of(0)) !== 0 || !before.has(key),
    ),
  );
}

function dataOf(properties: Properties): Data {
  const serviceData = new Map<string, Uint8Array>();
  for (const [text, value] of Object.entries(propertiesOf(properties.ServiceData))) {
    const [uuid, bytes] = [normalUuid(text), bytesOf(value)];
    if (uuid !== undefined && bytes !== undefined) serviceData.set(uuid, bytes);
  }
  const manufacturerData = new Map<number, Uint8Array>();
  for (const [company, value] of Object.entries(propertiesOf(properties.ManufacturerData))) {
    const bytes = bytesOf(value);
    if (bytes !== undefined) manufacturerData.set(Number(company), bytes);
  }
  return { serviceData, manufacturerData };
}

function addressTypeOf(value: unknown): AddressType | undefined {
  return value === "public" || value === "random" ? value : undefined;
}
