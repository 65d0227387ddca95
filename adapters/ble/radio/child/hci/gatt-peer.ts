/** A peripheral that is connected over HCI. */
import type { Characteristic, Service } from "../../radio.ts";
import type { Peer, ValueListener } from "../backend.ts";
import { AttClient } from "./att-client.ts";
import { command, configure, discover, exchangeMtu, type FoundCharacteristic, read, write } from "./gatt.ts";
import type { HciLink } from "./hci-link.ts";

export class GattPeer implements Peer {
  readonly services: readonly Service[];
  readonly lost: AbortSignal;
  private readonly link: HciLink;
  private readonly att: AttClient;
  private readonly characteristics: ReadonlyMap<number, FoundCharacteristic>;
  private readonly readRssi: () => Promise<number>;

  private constructor(link: HciLink, att: AttClient, found: Found, readRssi: () => Promise<number>) {
    this.link = link;
    this.lost = link.lost;
    this.att = att;
    this.services = found.services;
    this.characteristics = found.characteristics;
    this.readRssi = readRssi;
  }

  /** Agrees on how long packets are, and finds what the peripheral has. */
  static async open(link: HciLink, onValue: ValueListener, readRssi: () => Promise<number>): Promise<GattPeer> {
    // The id of a characteristic is the handle of its value: what is notified is known by it, too.
    const att = new AttClient(link, onValue);
    link.onAtt = (pdu) => att.take(pdu);
    await exchangeMtu(att);
    const found = await discover(att);
    const all = found.flatMap(({ characteristics }) => characteristics);
    const services = found.map(({ uuid, characteristics }) => ({
      uuid,
      characteristics: characteristics.map((one) => shown(uuid, one)),
    }));
    const byHandle = new Map(all.map((one) => [one.handle, one]));
    return new GattPeer(link, att, { services, characteristics: byHandle }, readRssi);
  }

  get mtu(): number {
    return this.att.mtu;
  }

  read(handle: number): Promise<Uint8Array> {
    return read(this.att, handle);
  }

  write(handle: number, bytes: Uint8Array): Promise<void> {
    return write(this.att, handle, bytes);
  }

  async command(handle: number, bytes: Uint8Array): Promise<void> {
    command(this.att, handle, bytes);
  }

  subscribe(handle: number): Promise<void> {
    return this.configure(handle, true);
  }

  unsubscribe(handle: number): Promise<void> {
    return this.configure(handle, false);
  }

  rssi(): Promise<number> {
    return this.readRssi();
  }

  disconnect(): Promise<void> {
    return this.link.disconnect();
  }

  private async configure(handle: number, on: boolean): Promise<void> {
    const characteristic = this.characteristics.get(handle);
    if (characteristic !== undefined) await configure(this.att, characteristic, on);
  }
}

interface Found {
  readonly services: readonly Service[];
  readonly characteristics: ReadonlyMap<number, FoundCharacteristic>;
}

function shown(service: string, { uuid, handle, properties }: FoundCharacteristic): Characteristic {
  return { id: handle, uuid, service, properties };
}
