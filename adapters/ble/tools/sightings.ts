/** Who was heard on the air: of each address all that it said so far, and what the decoders make of that. */

import type { AdvertisementDecoder, FieldValue } from "../decoders/decoder.ts";
import { advertisementDecoders } from "../decoders/index.ts";
import { Packet } from "../packet.ts";
import type { AddressType } from "../radio/radio.ts";
import type { Heard } from "./asks.ts";

type HeardOne = Heard[number];

/** Phones change their addresses: a scan of a day hears no end of them. */
const MOST = 5000;

export interface Sighting {
  readonly address: string;
  addressType: AddressType | undefined;
  connectable: boolean;
  name: string | undefined;
  /** Of the newest packet that had it, in dBm. */
  rssi: number | undefined;
  packets: number;
  readonly services: Set<string>;
  readonly serviceData: Map<string, Uint8Array>;
  readonly manufacturerData: Map<number, Uint8Array>;
  /** The format of its packets, where one is known. */
  decoder: AdvertisementDecoder | undefined;
  readonly fields: Map<string, FieldValue>;
  /** Why the newest packet of that format says nothing, e.g. since it is encrypted. */
  fault: string | undefined;
}

export class Sightings {
  private readonly byAddress = new Map<string, Sighting>();
  private leftOut = 0;

  /** How many addresses were one too many. */
  get missed(): number {
    return this.leftOut;
  }

  /** The strongest first. */
  get all(): readonly Sighting[] {
    return [...this.byAddress.values()].sort((a, b) => (b.rssi ?? -128) - (a.rssi ?? -128));
  }

  /** True: nobody knew of this one. */
  hear(advertisement: HeardOne): boolean {
    const { address } = advertisement;
    const known = this.byAddress.get(address);
    if (known === undefined && this.byAddress.size >= MOST) {
      this.leftOut++;
      return false;
    }
    const sighting = known ?? empty(address);
    if (known === undefined) this.byAddress.set(address, sighting);
    merge(sighting, advertisement);
    decode(sighting, advertisement);
    return known === undefined;
  }
}

function empty(address: string): Sighting {
  return {
    ...{ address, addressType: undefined, connectable: false, name: undefined, rssi: undefined, packets: 0 },
    ...{ services: new Set(), serviceData: new Map(), manufacturerData: new Map() },
    ...{ decoder: undefined, fields: new Map(), fault: undefined },
  };
}

function merge(sighting: Sighting, { addressType, connectable, name, rssi, ...said }: HeardOne): void {
  sighting.packets++;
  sighting.addressType = addressType ?? sighting.addressType;
  sighting.connectable ||= connectable;
  sighting.name = name ?? sighting.name;
  sighting.rssi = rssi ?? sighting.rssi;
  for (const uuid of said.services) sighting.services.add(uuid);
  for (const [uuid, bytes] of said.serviceData) sighting.serviceData.set(uuid, bytes);
  for (const [company, bytes] of said.manufacturerData) sighting.manufacturerData.set(company, bytes);
}

/** The first format that knows it is it: they stand in an order in which none is mistaken for another. */
function decode(sighting: Sighting, advertisement: HeardOne): void {
  const packet = new Packet(advertisement);
  for (const decoder of advertisementDecoders.values()) {
    const outcome = packet.outcome({ decoder });
    if (outcome === undefined) continue;
    sighting.decoder = decoder;
    if ("fault" in outcome) sighting.fault = outcome.fault;
    else {
      sighting.fault = undefined;
      for (const [name, value] of outcome.decoded.fields) sighting.fields.set(name, value);
    }
    return;
  }
}
