/** A Bluetooth adapter and the peripherals around it, which do what a test tells them, right or wrong. */

import type {
  Advertisement,
  Characteristic,
  Connection,
  ConnectOptions,
  Property,
  Radio,
  RadioListener,
  ScanOptions,
  Service,
  WriteOptions,
} from "../../adapters/ble/radio/radio.ts";
import { RadioError } from "../../adapters/ble/radio/radio-error.ts";
import { withDeadline } from "../../adapters/wires/deadline.ts";
import { type Clock, DeviceError, type Millis, SECOND } from "../../src/adapter.ts";

/** What a peripheral has, e.g. `{ "181a": { "2a6e": { value: "a608" } } }`. */
export type ScriptedServices = Readonly<Record<string, Readonly<Record<string, ScriptedCharacteristic>>>>;

export interface ScriptedCharacteristic {
  /** Hex. */
  readonly value?: string;
  /** Absent: all. */
  readonly properties?: readonly Property[];
}

/** What happens to an operation: it is answered; nothing comes; it is refused. */
export type Fate = "answered" | "mute" | "refused";

const EVERYTHING: readonly Property[] = ["read", "write", "write-without-response", "notify", "indicate"];
/** How long the adapter waits for an answer where the call does not say. */
const USUAL: Millis = 10 * SECOND;

/** All that is in reach of one adapter. `open` is handed to whom it is tested. */
export class ScriptedRadio {
  readonly peripherals = new Map<string, ScriptedPeripheral>();
  /** What was asked of the adapter, in order: "scan active", "stop", "connect a4:…", "connected a4:…", "disconnect a4:…", "probe", "close". */
  readonly log: string[] = [];
  /** The controller's own limit. */
  limit = Number.POSITIVE_INFINITY;
  /** Whether `probe` answers. */
  healthy = true;
  /** Whether the adapter can be opened, and scan: undefined is yes, else why not. */
  fault: string | undefined;
  scanning: ScanOptions | undefined;
  /** The most connections that there were at once. */
  mostConnections = 0;
  private readonly clock: Clock;
  private listener: RadioListener | undefined;
  private connecting = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The way to it, for a Central. One is open at a time. */
  readonly open = async (listener: RadioListener): Promise<Radio> => {
    this.log.push("open");
    this.listener = listener;
    if (this.fault === undefined) listener.onState({ state: "ready" });
    else listener.onState({ state: "unavailable", reason: this.fault });
    return this.radio();
  };

  /** Makes a peripheral that is in reach. */
  add(address: string, services: ScriptedServices = {}): ScriptedPeripheral {
    const peripheral = new ScriptedPeripheral(this.clock, address, services);
    this.peripherals.set(address, peripheral);
    return peripheral;
  }

  /** The adapter vanishes: it says so, and ends what there is. */
  unplug(reason = "the adapter was unplugged"): void {
    this.fault = reason;
    this.scanning = undefined;
    for (const peripheral of this.peripherals.values()) peripheral.drop(reason);
    this.listener?.onState({ state: "unavailable", reason });
  }

  plug(): void {
    this.fault = undefined;
    this.listener?.onState({ state: "ready" });
  }

  /** Something advertises. Heard where the adapter listens now; returns whether it was. */
  advertise(address: string, what: Partial<Advertisement> = {}): boolean {
    if (this.scanning === undefined || this.listener === undefined || this.fault !== undefined) return false;
    this.listener.onAdvertisement({
      ...{ address, addressType: "random", connectable: true, rssi: -60, services: [] },
      ...{ serviceData: new Map(), manufacturerData: new Map(), ...what },
    });
    return true;
  }

  get connected(): readonly string[] {
    return [...this.peripherals.values()].flatMap(({ address, connected }) => (connected ? [address] : []));
  }

  private radio(): Radio {
    return {
      startScan: async (options) => {
        this.mustBeThere();
        this.log.push(options.active ? "scan active" : "scan passive");
        this.scanning = options;
      },
      stopScan: async () => {
        this.log.push("stop");
        this.scanning = undefined;
      },
      connect: (address, options) => this.connect(address, options),
      probe: async (timeout) => {
        this.log.push("probe");
        if (!this.healthy) await this.never(timeout, "the adapter does not answer");
      },
      close: async () => {
        this.log.push("close");
        this.listener = undefined;
        this.scanning = undefined;
        for (const peripheral of this.peripherals.values()) peripheral.drop("closed");
      },
    };
  }

  private async connect(address: string, { timeout }: ConnectOptions): Promise<Connection> {
    this.mustBeThere();
    this.log.push(`connect ${address}`);
    if (this.connecting) throw new Error("two connects at once");
    this.connecting = true;
    // Most stacks listen no more while they connect.
    this.scanning = undefined;
    try {
      const peripheral = this.peripherals.get(address);
      if (peripheral === undefined || peripheral.absent) return await this.never(timeout, "no answer");
      if (peripheral.refusal !== undefined) throw peripheral.refusal;
      if (this.connected.length >= this.limit) throw new RadioError("full", "Connection Limit Exceeded (0x9)");
      const connection = peripheral.connect(() => this.log.push(`disconnect ${address}`));
      this.log.push(`connected ${address}`);
      this.mostConnections = Math.max(this.mostConnections, this.connected.length);
      return connection;
    } finally {
      this.connecting = false;
    }
  }

  private mustBeThere(): void {
    if (this.fault !== undefined) throw new DeviceError("unreachable", this.fault);
  }

  private never(span: Millis, what: string): Promise<never> {
    const late = (): DeviceError => new DeviceError("unreachable", what);
    return withDeadline(new Promise<never>(() => {}), { clock: this.clock, span, late });
  }
}

export class ScriptedPeripheral {
  readonly address: string;
  /** It does not answer a connect. */
  absent = false;
  /** Why it lets nobody connect. */
  refusal: DeviceError | undefined;
  /** What becomes of operations. */
  fate: Fate = "answered";
  /** By UUID, where not all have one fate. */
  readonly fates = new Map<string, Fate>();
  /** What was asked of it: "read 2a6e", "write 2a06 01", "subscribe 2a6e", "unsubscribe 2a6e". */
  readonly log: string[] = [];
  rssi = -60;
  mtu = 247;
  /** What it does when it is written to, e.g. to notify. */
  onWrite: (uuid: string, bytes: Uint8Array) => void = () => {};
  private readonly clock: Clock;
  private readonly services: readonly Service[];
  private readonly values = new Map<number, Uint8Array>();
  private life:
    | { readonly abort: AbortController; readonly told: Map<number, (bytes: Uint8Array) => void> }
    | undefined;

  constructor(clock: Clock, address: string, services: ScriptedServices) {
    this.clock = clock;
    this.address = address;
    let id = 0;
    this.services = Object.entries(services).map(([uuid, characteristics]) => ({
      uuid,
      characteristics: Object.entries(characteristics).map(([name, { value = "", properties = EVERYTHING }]) => {
        this.values.set(++id, Buffer.from(value, "hex"));
        // "2a6e#1": a second one of that UUID.
        return { id, uuid: name.split("#")[0] ?? name, service: uuid, properties: new Set(properties) };
      }),
    }));
  }

  get connected(): boolean {
    return this.life !== undefined;
  }

  /** Its value from now on. */
  set(uuid: string, hex: string): void {
    this.values.set(this.find(uuid).id, Buffer.from(hex, "hex"));
  }

  value(uuid: string): string {
    return Buffer.from(this.values.get(this.find(uuid).id) ?? []).toString("hex");
  }

  /** Notifies whoever is subscribed; returns whether somebody is. */
  notify(uuid: string, hex: string): boolean {
    const told = this.life?.told.get(this.find(uuid).id);
    told?.(Buffer.from(hex, "hex"));
    return told !== undefined;
  }

  /** The connection is lost. */
  drop(reason = "the peripheral is out of reach"): void {
    const life = this.life;
    this.life = undefined;
    life?.told.clear();
    life?.abort.abort(new DeviceError("unreachable", reason));
  }

  /** For the adapter. `onDisconnect`: we ended it. */
  connect(onDisconnect: () => void): Connection {
    const life = { abort: new AbortController(), told: new Map<number, (bytes: Uint8Array) => void>() };
    this.life = life;
    const { signal } = life.abort;
    const operate = <T>(
      what: string,
      { uuid }: Pick<Characteristic, "uuid">,
      timeout: Millis | undefined,
      run: () => T,
    ) => this.operate(signal, { what, uuid, timeout: timeout ?? USUAL }, run);
    return {
      ...{ address: this.address, services: this.services, signal, mtu: this.mtu },
      read: (c, timeout) => operate(`read ${c.uuid}`, c, timeout, () => this.values.get(c.id) ?? new Uint8Array()),
      write: (c, bytes, options) =>
        operate(writeText(c, bytes, options), c, options.timeout, () => this.take(c, bytes)),
      subscribe: (c, listener, timeout) =>
        operate(`subscribe ${c.uuid}`, c, timeout, () => void life.told.set(c.id, listener)),
      unsubscribe: (c, timeout) => operate(`unsubscribe ${c.uuid}`, c, timeout, () => void life.told.delete(c.id)),
      rssi: (timeout) => operate("rssi", { uuid: "rssi" }, timeout, () => this.rssi),
      disconnect: async () => {
        if (this.life !== life) return;
        onDisconnect();
        this.drop("disconnected");
      },
    };
  }

  private take({ id, uuid }: Characteristic, bytes: Uint8Array): void {
    this.values.set(id, bytes);
    this.onWrite(uuid, bytes);
  }

  private async operate<T>(
    signal: AbortSignal,
    { what, uuid, timeout }: { readonly what: string; readonly uuid: string; readonly timeout: Millis },
    run: () => T,
  ): Promise<T> {
    signal.throwIfAborted();
    this.log.push(what);
    switch (this.fates.get(uuid) ?? this.fate) {
      case "answered":
        return run();
      case "refused":
        throw new DeviceError("rejected", "Operation failed with ATT error: 0x03");
      case "mute": {
        const lost = new Promise<never>((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
        );
        const late = (): DeviceError => new DeviceError("unreachable", "no answer");
        return await withDeadline(lost, { clock: this.clock, span: timeout, late });
      }
    }
  }

  /** "2a6e", or "180f/2a19" where several services have it. */
  private find(name: string): Characteristic {
    const [uuid, service] = name.split("/").reverse();
    const found = this.services
      .flatMap(({ characteristics }) => characteristics)
      .find((one) => one.uuid === uuid && (service === undefined || one.service === service));
    if (found === undefined) throw new Error(`${this.address} has no ${name}`);
    return found;
  }
}

function writeText({ uuid }: Characteristic, bytes: Uint8Array, { response }: WriteOptions): string {
  return `write ${uuid} ${Buffer.from(bytes).toString("hex")}${response ? "" : " (no response)"}`;
}
