/** Advertising reports as advertisements, each by itself: noble would join all that a peripheral ever said, and keep it. */

import { readAdvertisingData } from "../../advertising-data.ts";
import type { AddressType, Advertisement } from "../../radio.ts";

export interface Report {
  /** Core Specification, Vol. 4, Part E, 7.7.65.2. */
  readonly type: number;
  readonly address: string;
  readonly addressType: AddressType;
  readonly data: Uint8Array;
  readonly rssi: number;
}

interface Known {
  readonly addressType: AddressType;
  readonly connectable: boolean;
  readonly name: string | undefined;
}

/** Phones that pass by have another address each quarter of an hour: the newest are enough. */
const MOST_KNOWN = 2000;
const SCAN_RESPONSE = 4;
/** ADV_IND, ADV_DIRECT_IND */
const CONNECTABLE: ReadonlySet<number> = new Set([0, 1]);
const RSSI_UNKNOWN = 127;

export class Hearing {
  private readonly known = new Map<string, Known>();

  take({ type, address, addressType, data, rssi }: Report): Advertisement {
    const content = readAdvertisingData(data);
    const before = this.known.get(address);
    // The name often stands in the scan response alone, and a response does not say whether one may connect.
    const name = content.name ?? before?.name;
    const connectable = type === SCAN_RESPONSE ? (before?.connectable ?? true) : CONNECTABLE.has(type);
    this.keep(address, { addressType, connectable, name });
    const { services, serviceData, manufacturerData } = content;
    return {
      ...{ address, addressType, connectable, services, serviceData, manufacturerData },
      ...(name === undefined ? {} : { name }),
      ...(rssi === RSSI_UNKNOWN ? {} : { rssi }),
    };
  }

  /** Undefined: it was not heard, or long ago. */
  addressType(address: string): AddressType | undefined {
    return this.known.get(address)?.addressType;
  }

  private keep(address: string, known: Known): void {
    this.known.delete(address);
    this.known.set(address, known);
    if (this.known.size <= MOST_KNOWN) return;
    const [oldest = ""] = this.known.keys();
    this.known.delete(oldest);
  }
}

/**
 * What kind of address that may be, the likelier first, where nobody said. The two highest bits of a random address tell what it is made of
 * (Vol. 6, Part B, 1.3.2): 10 stands for nothing, and 00 and 01 for what changes, by which nobody calls a device.
 */
export function likelyTypes(address: string): readonly AddressType[] {
  const first = Number.parseInt(address.slice(0, 2), 16);
  return first >> 6 === 3 ? ["random", "public"] : ["public"];
}
