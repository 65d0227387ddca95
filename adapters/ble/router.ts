/** To whom an advertisement goes: by its address in a map; only whoever does not know an address is asked of each. */
import { Packet } from "./packet.ts";
import type { Advertisement } from "./radio/radio.ts";

/** Who hears advertisements. */
export interface Hearer {
  /** Absent: it tells by more than the address which are its own. */
  readonly address?: string | undefined;
  take(packet: Packet): void;
}

/** All advertisements of one adapter, until what it returns is called. */
export type Hear = (listener: (advertisement: Advertisement) => void) => () => void;

export class AdvertisementRouter {
  private readonly hear: Hear;
  private readonly byAddress = new Map<string, readonly Hearer[]>();
  private others: readonly Hearer[] = [];
  private size = 0;
  private stop: (() => void) | undefined;

  constructor(hear: Hear) {
    this.hear = hear;
  }

  /** Returns what ends it. The adapter listens as long as there is anybody. */
  add(hearer: Hearer): () => void {
    this.change(hearer, (hearers) => [...hearers, hearer]);
    this.size++;
    this.stop ??= this.hear((advertisement) => this.route(advertisement));
    return () => {
      this.change(hearer, (hearers) => hearers.filter((one) => one !== hearer));
      this.size--;
      if (this.size > 0) return;
      this.stop?.();
      this.stop = undefined;
    };
  }

  /** The lists are never changed in place: what a device does with a packet may end another, or begin one. */
  private change({ address }: Hearer, changed: (hearers: readonly Hearer[]) => readonly Hearer[]): void {
    if (address === undefined) {
      this.others = changed(this.others);
      return;
    }
    const hearers = changed(this.byAddress.get(address) ?? []);
    if (hearers.length === 0) this.byAddress.delete(address);
    else this.byAddress.set(address, hearers);
  }

  private route(advertisement: Advertisement): void {
    const known = this.byAddress.get(advertisement.address);
    if (known === undefined && this.others.length === 0) return;
    const packet = new Packet(advertisement);
    if (known !== undefined) for (const hearer of known) hearer.take(packet);
    for (const hearer of this.others) hearer.take(packet);
  }
}
