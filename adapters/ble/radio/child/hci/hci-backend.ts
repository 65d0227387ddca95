/**
 * A controller that is ours alone, over HCI: the lower layers of noble (the transport, its commands, ACL data), and above them what noble
 * does not do well enough: each advertising packet by itself, GATT with its errors, connects that end. See docs/ble.md.
 */
import type Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { type Clock, DeviceError, SECOND } from "../../../../../src/adapter.ts";
import { orAborted, withDeadline } from "../../../../wires/deadline.ts";
import type { ConnectionParameters } from "../../../options.ts";
import type { AddressType } from "../../radio.ts";
import type { Backend, BackendListener, OpenBackend, Peer, PeerOptions } from "../backend.ts";
import { Connector } from "./connector.ts";
import { GattPeer } from "./gatt-peer.ts";
import { HciCommands } from "./hci-commands.ts";
import { HciLink, type LinkEnd } from "./hci-link.ts";
import { Hearing, likelyTypes } from "./hearing.ts";
import { openController } from "./open-controller.ts";

/** Where nothing is said: noble's own supervision timeout, 420 ms, ends connections at the first noise. */
const USUAL: ConnectionParameters = { interval: { min: 30, max: 50 }, latency: 0, supervision: 4 * SECOND };

export const openHci: OpenBackend = async ({ backend, parameters = USUAL }, listener, { clock }) => {
  if (backend.kind === "bluez") throw new Error("BlueZ drives its adapters by itself");
  const hci = await openController(backend, clock);
  const opened = new HciBackend(hci, { parameters, listener }, clock);
  await opened.quiet();
  return opened;
};

type NobleReport = readonly [
  status: number,
  type: number,
  address: string,
  addressType: AddressType,
  data: Buffer,
  rssi: number,
];

class HciBackend implements Backend {
  private readonly hci: Hci;
  private readonly clock: Clock;
  private readonly listener: BackendListener;
  private readonly commands: HciCommands;
  private readonly connector: Connector;
  private readonly hearing = new Hearing();
  private readonly links = new Map<number, HciLink>();
  private readonly supervision: number;
  private scanning = false;

  constructor(
    hci: Hci,
    { parameters, listener }: { readonly parameters: ConnectionParameters; readonly listener: BackendListener },
    clock: Clock,
  ) {
    this.hci = hci;
    this.clock = clock;
    this.listener = listener;
    this.supervision = parameters.supervision;
    this.commands = new HciCommands(hci, clock);
    this.connector = new Connector(hci, clock, { parameters, onStuck: (reason) => listener.onGone(reason) });
    this.listen();
  }

  async quiet(): Promise<void> {
    await this.commands.quiet();
  }

  async startScan(active: boolean): Promise<void> {
    await this.commands.startScan(active);
    this.scanning = true;
  }

  async stopScan(): Promise<void> {
    this.scanning = false;
    await this.commands.stopScan();
  }

  async connect(address: string, { addressType, until, onValue }: PeerOptions): Promise<Peer> {
    // Few controllers can do both at once.
    if (this.scanning) await this.stopScan();
    const link = this.held(await this.reach(address, addressType, until));
    try {
      const opening = orAborted(
        GattPeer.open(link, onValue, () => this.commands.rssi(link.handle)),
        link.lost,
      );
      const late = (): DeviceError =>
        new DeviceError("unreachable", "connected, but its services did not come in time");
      return await withDeadline(opening, { clock: this.clock, span: until - this.clock.monotonic(), late });
    } catch (error) {
      link.disconnect().catch(() => {});
      throw error;
    }
  }

  async probe(): Promise<void> {
    await this.commands.probe();
  }

  async close(): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.disconnect()));
    this.hci.stop();
  }

  /** Where nobody knows what kind of address it is, each kind has its share of the time. */
  private async reach(address: string, asked: AddressType | undefined, until: number): Promise<LinkEnd> {
    const known = asked ?? this.hearing.addressType(address);
    const types = known === undefined ? [...likelyTypes(address)] : [known];
    for (;;) {
      const span = (until - this.clock.monotonic()) / types.length;
      const type = types.shift() ?? "public";
      try {
        return await this.connector.connect(address, type, span, this.links.size === 0);
      } catch (error) {
        const isAbsent = error instanceof DeviceError && error.kind === "unreachable";
        if (!isAbsent || types.length === 0) throw error;
      }
    }
  }

  private held(end: LinkEnd): HciLink {
    const link = new HciLink(this.hci, end, this.supervision);
    this.links.set(end.handle, link);
    return link;
  }

  private listen(): void {
    const { hci } = this;
    hci.on("stateChange", (state: string) => {
      if (state !== "poweredOn") this.listener.onGone("the adapter is gone, or was switched off");
    });
    hci.on("leAdvertisingReport", (...report: NobleReport) => {
      const [, type, address, addressType, data, rssi] = report;
      this.listener.onAdvertisement(this.hearing.take({ type, address, addressType, data, rssi }));
    });
    hci.on("aclDataPkt", (handle: number, channel: number, data: Buffer) =>
      this.links.get(handle)?.take(channel, data),
    );
    hci.on("encryptChange", (handle: number, encrypted: number) =>
      this.links.get(handle)?.encryptionChanged(encrypted),
    );
    hci.on("disconnComplete", (handle: number, status: number) => {
      this.links.get(handle)?.ended(status);
      this.links.delete(handle);
    });
  }
}
