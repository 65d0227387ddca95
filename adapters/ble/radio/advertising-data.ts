/**
 * AD structures, as one advertising packet or scan response carries them (Core Specification, Vol. 3, Part C, 11; Supplement to the
 * Core Specification, Part A).
 */
import type { Advertisement } from "./radio.ts";
import { normalUuid } from "./uuid.ts";

export type AdvertisingData = Pick<Advertisement, "name" | "services" | "serviceData" | "manufacturerData">;

/** What the bytes say. Never throws: what is not understood, or cut off, is left out, and what comes before it counts. */
export function readAdvertisingData(bytes: Uint8Array): AdvertisingData {
  const content = new Content();
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    // Part C, 11: zeroes at the end are padding.
    if (length === 0 || at + 1 + length > bytes.length) break;
    content.take(bytes[at + 1] ?? 0, bytes.subarray(at + 2, at + 1 + length));
    at += 1 + length;
  }
  return content;
}

class Content implements AdvertisingData {
  name?: string;
  readonly services: string[] = [];
  readonly serviceData = new Map<string, Uint8Array>();
  readonly manufacturerData = new Map<number, Uint8Array>();

  /** Types of the Assigned Numbers, 2.3. */
  take(type: number, data: Uint8Array): void {
    switch (type) {
      case 0x02:
      case 0x03:
        this.takeServices(data, 2);
        return;
      case 0x04:
      case 0x05:
        this.takeServices(data, 4);
        return;
      case 0x06:
      case 0x07:
        this.takeServices(data, 16);
        return;
      case 0x08:
        // The shortened name, where the complete one is not there.
        this.name ??= text(data);
        return;
      case 0x09:
        this.name = text(data);
        return;
      case 0x16:
        this.takeServiceData(data, 2);
        return;
      case 0x20:
        this.takeServiceData(data, 4);
        return;
      case 0x21:
        this.takeServiceData(data, 16);
        return;
      case 0xff:
        if (data.length >= 2) this.manufacturerData.set((data[0] ?? 0) | ((data[1] ?? 0) << 8), data.slice(2));
        return;
      default:
        return;
    }
  }

  private takeServices(data: Uint8Array, size: number): void {
    for (let at = 0; at + size <= data.length; at += size) {
      const uuid = readUuid(data.subarray(at, at + size));
      if (uuid !== undefined && !this.services.includes(uuid)) this.services.push(uuid);
    }
  }

  private takeServiceData(data: Uint8Array, size: number): void {
    const uuid = data.length < size ? undefined : readUuid(data.subarray(0, size));
    if (uuid !== undefined) this.serviceData.set(uuid, data.slice(size));
  }
}

/** The UUID as `normalUuid` makes it, of 2, 4 or 16 bytes, the lowest first; undefined: they are of another length. */
export function readUuid(bytes: Uint8Array): string | undefined {
  return normalUuid(Buffer.from(bytes).reverse().toString("hex"));
}

/** Some devices end their name as C does. */
function text(data: Uint8Array): string {
  return Buffer.from(data).toString("utf8").replace(/\0+$/, "");
}
