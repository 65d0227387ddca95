/**
 * The machine's Bluetooth service, BlueZ, over D-Bus. noble has a binding for it, too, but that tells what BlueZ remembers as if it were heard
 * now, joins the data of several makers, keeps every device that ever passed by, and knows characteristics by their UUIDs alone, of which there may
 * be two. So we speak with BlueZ by the package that noble does it with.
 */
import { type Clock, DeviceError, type Millis, reasonOf, SECOND } from "../../../../../src/adapter.ts";
import { withDeadline } from "../../../../wires/deadline.ts";
import type { Backend, BackendListener, OpenBackend, Peer, PeerOptions } from "../backend.ts";
import { bluezError, isUnknown } from "./bluez-error.ts";
import { BluezPeer } from "./bluez-peer.ts";
import { type Bus, DBusError, openBus, type Properties, type Signal, Variant } from "./bus.ts";
import { BluezHearing } from "./hearing.ts";
import {
  ADAPTER,
  adapterPath,
  BLUEZ,
  DEVICE,
  devicePath,
  GET_OBJECTS,
  interfacesOf,
  OBJECT_MANAGER,
  objectsOf,
  PROPERTIES,
  propertiesOf,
} from "./objects.ts";

/** What BlueZ is given to end what it was told to end. */
const LONGEST_CANCEL: Millis = 2 * SECOND;

export const openBluez: OpenBackend = async ({ backend }, listener, { clock }) => {
  if (backend.kind !== "bluez") throw new Error("not an adapter of BlueZ");
  const bluez = new BluezBackend(backend.adapter, listener, clock);
  try {
    await bluez.open();
  } catch (error) {
    throw new Error(faultOf(error), { cause: error });
  }
  return bluez;
};

class BluezBackend implements Backend {
  private readonly adapter: string;
  private readonly listener: BackendListener;
  private readonly clock: Clock;
  private readonly hearing = new BluezHearing();
  /** By the path of the device. */
  private readonly peers = new Map<string, BluezPeer>();
  /** Who waits for a property of a device. */
  private readonly watching = new Map<string, (changed: Properties) => void>();
  private opened: Bus | undefined;
  private scanning = false;

  constructor(adapter: string, listener: BackendListener, clock: Clock) {
    this.adapter = adapter;
    this.listener = listener;
    this.clock = clock;
  }

  async open(): Promise<void> {
    const bus = await openBus(BLUEZ, {
      onSignal: (signal) => this.take(signal),
      onServiceGone: () => this.listener.onGone("BlueZ ended (systemctl status bluetooth)"),
    });
    this.opened = bus;
    const objects = objectsOf(await bus.call(GET_OBJECTS));
    const adapter = objects[adapterPath(this.adapter)]?.[ADAPTER];
    if (adapter === undefined) {
      const there = Object.entries(objects).flatMap(([path, { [ADAPTER]: one }]) =>
        one === undefined ? [] : path.slice(11),
      );
      throw new Error(`BlueZ has no adapter ${this.adapter}; it has ${there.join(", ") || "none: plug one in"}`);
    }
    if (adapter.Powered !== true)
      throw new Error(`${this.adapter} is off: bluetoothctl power on, or rfkill unblock bluetooth`);
    for (const [path, { [DEVICE]: device }] of Object.entries(objects)) {
      if (device !== undefined && this.isOurs(path)) this.hearing.know(path, device);
    }
  }

  /** `active`: BlueZ always is. */
  async startScan(): Promise<void> {
    if (this.scanning) return;
    const filter = { Transport: new Variant("s", "le"), DuplicateData: new Variant("b", true) };
    await this.ask("SetDiscoveryFilter", "a{sv}", [filter]);
    // What is heard may come before the answer.
    this.scanning = true;
    try {
      await this.ask("StartDiscovery");
    } catch (error) {
      this.scanning = false;
      throw bluezError(error);
    }
  }

  async stopScan(): Promise<void> {
    if (!this.scanning) return;
    this.scanning = false;
    // That none was running is as good.
    await this.ask("StopDiscovery").catch((error) => {
      if (!(error instanceof DBusError)) throw error;
    });
  }

  async connect(address: string, { until, onValue }: PeerOptions): Promise<Peer> {
    await this.stopScan();
    const path = devicePath(this.adapter, address);
    const span = (): Millis => until - this.clock.monotonic();
    try {
      const connecting = this.connectTo(path, address);
      await withDeadline(connecting, { clock: this.clock, span: span(), late: () => absent() });
      const late = (): DeviceError =>
        new DeviceError("unreachable", "connected, but its services did not come in time");
      await withDeadline(this.resolved(path), { clock: this.clock, span: span(), late });
      const objects = objectsOf(await this.bus.call(GET_OBJECTS));
      const peer = new BluezPeer(path, objects, { bus: this.bus, clock: this.clock, onValue });
      this.peers.set(path, peer);
      return peer;
    } catch (error) {
      await this.giveUp(path);
      throw bluezError(error);
    } finally {
      this.watching.delete(path);
    }
  }

  async probe(): Promise<void> {
    await this.property(adapterPath(this.adapter), ADAPTER, "Powered");
  }

  /** BlueZ would keep connections. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.peers.values()].map((peer) => peer.disconnect()));
    this.opened?.close();
  }

  private get bus(): Bus {
    if (this.opened === undefined) throw new Error("the bus is not open");
    return this.opened;
  }

  /** One that BlueZ never heard has no object; newer ones connect to it nonetheless, where experiments are allowed. */
  private async connectTo(path: string, address: string): Promise<void> {
    try {
      await this.bus.call({ path, interface: DEVICE, member: "Connect" });
    } catch (error) {
      if (!isUnknown(error)) throw error;
      await this.connectUnheard(address);
    }
  }

  private async connectUnheard(address: string): Promise<void> {
    const device = { Address: new Variant("s", address.toUpperCase()) };
    try {
      await this.ask("ConnectDevice", "a{sv}", [device]);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      throw new DeviceError(
        "unreachable",
        "BlueZ has not heard it yet, or has forgotten it: it must advertise while it is listened to",
      );
    }
  }

  /** When BlueZ knows all services. */
  private async resolved(path: string): Promise<void> {
    const told = new Promise<void>((resolve, reject) => {
      this.watching.set(path, (changed) => {
        if (changed.ServicesResolved === true) resolve();
        if (changed.Connected === false) reject(new DeviceError("unreachable", "the connection was lost at once"));
      });
    });
    told.catch(() => {});
    if ((await this.property(path, DEVICE, "ServicesResolved")) !== true) await told;
  }

  /** Else BlueZ goes on connecting, or stays connected, for nobody. */
  private async giveUp(path: string): Promise<void> {
    const disconnecting = this.bus.call({ path, interface: DEVICE, member: "Disconnect" });
    await withDeadline(disconnecting, { clock: this.clock, span: LONGEST_CANCEL, late: absent }).catch(() => {});
  }

  private take({ path, interface: name, member, args }: Signal): void {
    if (!this.isOurs(path) && name !== OBJECT_MANAGER) return;
    if (name === PROPERTIES && member === "PropertiesChanged")
      this.changed(path, String(args[0]), propertiesOf(args[1]));
    if (name === OBJECT_MANAGER && member === "InterfacesAdded") this.added(String(args[0]), interfacesOf(args[1]));
    if (name === OBJECT_MANAGER && member === "InterfacesRemoved") this.removed(String(args[0]), args[1]);
  }

  private changed(path: string, of: string, changed: Properties): void {
    if (of === ADAPTER && changed.Powered === false) this.listener.onGone(`${this.adapter} was switched off`);
    if (of === DEVICE) {
      this.heard(path, changed);
      this.watching.get(path)?.(changed);
      if (changed.Connected === false) this.lost(path, "the connection was lost");
    }
    for (const peer of this.peers.values()) peer.changed(path, changed);
  }

  private added(path: string, { [DEVICE]: device }: Readonly<Record<string, Properties>>): void {
    if (device !== undefined && this.isOurs(path)) this.heard(path, device);
  }

  private removed(path: string, interfaces: unknown): void {
    if (!Array.isArray(interfaces)) return;
    if (path === adapterPath(this.adapter) && interfaces.includes(ADAPTER))
      this.listener.onGone(`${this.adapter} is gone`);
    if (!interfaces.includes(DEVICE)) return;
    this.hearing.forget(path);
    this.lost(path, "BlueZ has forgotten it");
  }

  private heard(path: string, properties: Properties): void {
    const advertisement = this.hearing.take(path, properties);
    if (advertisement !== undefined && this.scanning) this.listener.onAdvertisement(advertisement);
  }

  private lost(path: string, reason: string): void {
    this.peers.get(path)?.ended(new DeviceError("unreachable", reason));
    this.peers.delete(path);
  }

  private isOurs(path: string): boolean {
    return path === adapterPath(this.adapter) || path.startsWith(`${adapterPath(this.adapter)}/`);
  }

  private ask(member: string, signature = "", args: readonly unknown[] = []): Promise<unknown> {
    return this.bus.call({ path: adapterPath(this.adapter), interface: ADAPTER, member, signature, args });
  }

  private property(path: string, of: string, name: string): Promise<unknown> {
    return this.bus.call({ path, interface: PROPERTIES, member: "Get", signature: "ss", args: [of, name] });
  }
}

function absent(): DeviceError {
  return new DeviceError("unreachable", "it does not answer: it is out of reach, off, or connected to somebody else");
}

/** Why BlueZ cannot be had, and what to do about it. */
function faultOf(error: unknown): string {
  const type = error instanceof DBusError ? error.type : "";
  if (type === "org.freedesktop.DBus.Error.NameHasNoOwner" || type === "org.freedesktop.DBus.Error.ServiceUnknown") {
    return "BlueZ does not run: apt-get install bluez, systemctl enable --now bluetooth";
  }
  if (type === "org.freedesktop.DBus.Error.AccessDenied") {
    return 'the gateway may not speak with BlueZ: its user must be in the group bluetooth; see "Permissions" in docs/ble.md';
  }
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ECONNREFUSED")) {
    return "there is no D-Bus on this machine: apt-get install dbus; into a container comes /run/dbus";
  }
  return reasonOf(error);
}
