/** A peripheral that BlueZ is connected to. */
import type { Clock, DeviceError, Millis } from "../../../../../src/adapter.ts";
import type { Characteristic, Service } from "../../radio.ts";
import { normalUuid } from "../../uuid.ts";
import type { Peer, ValueListener } from "../backend.ts";
import { bluezError } from "./bluez-error.ts";
import { type Bus, type Call, type Properties, Variant } from "./bus.ts";
import { BATTERY, bytesOf, CHARACTERISTIC, DEVICE, isFlag, type Objects, PROPERTIES, SERVICE } from "./objects.ts";

interface Held {
  readonly characteristic: Characteristic;
  readonly path: string;
  /** Changes of its value while it is read: one of them may be the answer, told once more. */
  told?: Uint8Array[] | undefined;
  /** What was read last, and until when BlueZ may yet tell it once more. */
  echo?: { readonly bytes: Uint8Array; readonly until: Millis } | undefined;
}

const DEFAULT_MTU = 23;
const ECHO: Millis = 200;
/** Since 5.48 BlueZ keeps the Battery Service for itself, and shows its one value in another way. */
const BATTERY_SERVICE = "180f";
const BATTERY_LEVEL = "2a19";

export class BluezPeer implements Peer {
  readonly lost: AbortSignal;
  readonly services: readonly Service[];
  readonly mtu: number;
  private readonly bus: Bus;
  private readonly clock: Clock;
  /** Of the device. */
  private readonly path: string;
  private readonly life = new AbortController();
  private readonly onValue: ValueListener;
  private readonly byId = new Map<number, Held>();
  private readonly byPath = new Map<string, Held>();
  private readonly subscribed = new Set<string>();

  constructor(
    path: string,
    objects: Objects,
    { bus, clock, onValue }: { readonly bus: Bus; readonly clock: Clock; readonly onValue: ValueListener },
  ) {
    this.path = path;
    this.bus = bus;
    this.clock = clock;
    this.onValue = onValue;
    this.lost = this.life.signal;
    this.services = this.hold(objects);
    this.mtu = mtuOf(objects, path);
  }

  async read(id: number): Promise<Uint8Array> {
    const held = this.held(id);
    if (held.path === this.path) return Uint8Array.of(Number(await this.property(BATTERY, "Percentage")));
    const told: Uint8Array[] = [];
    held.told = told;
    try {
      const bytes = bytesOf(await this.call(held.path, "ReadValue", "a{sv}", [{}])) ?? new Uint8Array();
      held.echo = { bytes, until: this.clock.monotonic() + ECHO };
      return bytes;
    } finally {
      held.told = undefined;
      for (const value of told) this.notified(held, value);
    }
  }

  async write(id: number, bytes: Uint8Array): Promise<void> {
    await this.writeAs("request", id, bytes);
  }

  async command(id: number, bytes: Uint8Array): Promise<void> {
    await this.writeAs("command", id, bytes);
  }

  async subscribe(id: number): Promise<void> {
    const { path } = this.held(id);
    this.subscribed.add(path);
    if (path !== this.path) await this.call(path, "StartNotify");
  }

  async unsubscribe(id: number): Promise<void> {
    const { path } = this.held(id);
    this.subscribed.delete(path);
    if (path !== this.path) await this.call(path, "StopNotify");
  }

  /** Of its newest advertisement: BlueZ does not measure connections. */
  async rssi(): Promise<number> {
    return Number(await this.property(DEVICE, "RSSI"));
  }

  async disconnect(): Promise<void> {
    const over = new Promise<void>((resolve) => {
      if (this.lost.aborted) resolve();
      this.lost.addEventListener("abort", () => resolve(), { once: true });
    });
    await this.bus.call({ path: this.path, interface: DEVICE, member: "Disconnect" });
    await over;
  }

  /** Properties of the device, or of what it has, changed. */
  changed(path: string, changed: Properties): void {
    const held = this.byPath.get(path);
    if (held === undefined || !this.subscribed.has(path)) return;
    const percentage = changed.Percentage;
    const bytes = typeof percentage === "number" ? Uint8Array.of(percentage) : bytesOf(changed.Value);
    if (bytes === undefined) return;
    if (held.told === undefined) this.notified(held, bytes);
    else held.told.push(bytes);
  }

  ended(error: DeviceError): void {
    this.life.abort(error);
  }

  private notified(held: Held, bytes: Uint8Array): void {
    const { echo } = held;
    held.echo = undefined;
    const isEcho = echo !== undefined && this.clock.monotonic() <= echo.until && isSame(echo.bytes, bytes);
    if (!isEcho) this.onValue(held.characteristic.id, bytes);
  }

  private hold(objects: Objects): readonly Service[] {
    const below = Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1));
    const services = below.flatMap(([path, { [SERVICE]: service }]) => {
      const uuid = normalUuid(String(service?.UUID));
      if (!path.startsWith(`${this.path}/`) || uuid === undefined) return [];
      const own = below.filter(([other]) => other.startsWith(`${path}/`));
      return [{ uuid, characteristics: own.flatMap(([at, all]) => this.holdOne(at, uuid, all[CHARACTERISTIC]) ?? []) }];
    });
    const hasBattery = objects[this.path]?.[BATTERY] !== undefined;
    if (!hasBattery || services.some(({ uuid }) => uuid === BATTERY_SERVICE)) return services;
    const level = { UUID: BATTERY_LEVEL, Flags: ["read", "notify"] };
    return [
      ...services,
      { uuid: BATTERY_SERVICE, characteristics: this.holdOne(this.path, BATTERY_SERVICE, level) ?? [] },
    ];
  }

  private holdOne(path: string, service: string, properties: Properties | undefined): [Characteristic] | undefined {
    const uuid = normalUuid(String(properties?.UUID));
    if (uuid === undefined) return undefined;
    const flags = properties?.Flags;
    const id = this.byId.size + 1;
    const characteristic = { id, uuid, service, properties: new Set(Array.isArray(flags) ? flags.filter(isFlag) : []) };
    const held: Held = { characteristic, path };
    this.byId.set(id, held);
    this.byPath.set(path, held);
    return [characteristic];
  }

  private held(id: number): Held {
    const held = this.byId.get(id);
    if (held === undefined) throw new Error(`there is no characteristic ${id}`);
    return held;
  }

  private async writeAs(type: "request" | "command", id: number, bytes: Uint8Array): Promise<void> {
    const options = { type: new Variant("s", type) };
    await this.call(this.held(id).path, "WriteValue", "aya{sv}", [Buffer.from(bytes), options]);
  }

  private call(path: string, member: string, signature = "", args: readonly unknown[] = []): Promise<unknown> {
    return this.ask({ path, interface: CHARACTERISTIC, member, signature, args });
  }

  private property(of: string, name: string): Promise<unknown> {
    return this.ask({ path: this.path, interface: PROPERTIES, member: "Get", signature: "ss", args: [of, name] });
  }

  private async ask(call: Call): Promise<unknown> {
    try {
      return await this.bus.call(call);
    } catch (error) {
      throw bluezError(error);
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Told by characteristics, since 5.62; all have the same. */
function mtuOf(objects: Objects, device: string): number {
  const known = Object.entries(objects).flatMap(([path, { [CHARACTERISTIC]: characteristic }]) => {
    const mtu = characteristic?.MTU;
    return path.startsWith(`${device}/`) && typeof mtu === "number" ? [mtu] : [];
  });
  return Math.max(DEFAULT_MTU, ...known);
}
