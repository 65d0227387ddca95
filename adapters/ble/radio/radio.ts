/** A Bluetooth adapter as a central: it hears advertisements and connects to peripherals, whatever stack drives it. */
import type { Millis } from "../../../src/adapter.ts";

/**
 * One adapter. Each promise settles within the time that its call names, or the radio's usual one; a failure is a DeviceError:
 * `unreachable` (no answer, not connected, the adapter is not there), `rejected` (the peripheral, or the adapter, refused),
 * `malformed` (something else came). A RadioError (radio-error.ts), which is a `rejected`, where the controller is full or the peripheral wants
 * to be paired with.
 */
export interface Radio {
  /** Hears advertisements until it is stopped. Again with other options: as those say from now on. */
  startScan(options: ScanOptions): Promise<void>;
  stopScan(): Promise<void>;
  /** Connects, and finds all services and characteristics. */
  connect(address: string, options: ConnectOptions): Promise<Connection>;
  /** Resolves while the whole stack still answers. */
  probe(timeout: Millis): Promise<void>;
  /** Ends every connection; nothing is heard of it afterwards. */
  close(): Promise<void>;
}

export interface RadioListener {
  onState(state: RadioState): void;
  onAdvertisement(advertisement: Advertisement): void;
}

/** `unavailable`: with the reason, for a person; the radio goes on trying by itself. */
export type RadioState = { readonly state: "ready" } | { readonly state: "unavailable"; readonly reason: string };

export interface ScanOptions {
  /** Whether scannable devices are asked for more (scan requests); a backend that cannot choose is active. */
  readonly active: boolean;
}

export interface ConnectOptions {
  readonly addressType?: AddressType | undefined;
  /** How long connecting and finding services may take. */
  readonly timeout: Millis;
}

export type AddressType = "public" | "random";

/** What one advertising packet, or all that is known of the newest ones, says. */
export interface Advertisement {
  /** "a4:c1:38:8f:19:e9" */
  readonly address: string;
  /** Absent where the stack does not tell. */
  readonly addressType?: AddressType | undefined;
  readonly connectable: boolean;
  /** In dBm; absent where it is not known. */
  readonly rssi?: number | undefined;
  readonly name?: string | undefined;
  /** UUIDs as `normalUuid` in uuid.ts makes them. */
  readonly services: readonly string[];
  readonly serviceData: ReadonlyMap<string, Uint8Array>;
  /** By the company's identifier. */
  readonly manufacturerData: ReadonlyMap<number, Uint8Array>;
}

/** One connection to one peripheral. One operation is in flight at a time; the others wait. */
export interface Connection {
  readonly address: string;
  readonly services: readonly Service[];
  /** Aborted when it is over, with the DeviceError that says why. */
  readonly signal: AbortSignal;
  /** ATT_MTU: the largest notification or write without response has three bytes less. */
  readonly mtu: number;
  /** The whole value, also where it is longer than the MTU. */
  read(characteristic: Characteristic, timeout?: Millis): Promise<Uint8Array>;
  /** `response: false`: nobody confirms; what is longer than the MTU takes goes in pieces, in order. */
  write(characteristic: Characteristic, bytes: Uint8Array, options: WriteOptions): Promise<void>;
  /** Notifications or, where it has only those, indications. Once for each characteristic. */
  subscribe(characteristic: Characteristic, listener: (bytes: Uint8Array) => void, timeout?: Millis): Promise<void>;
  unsubscribe(characteristic: Characteristic, timeout?: Millis): Promise<void>;
  /** In dBm. */
  rssi(timeout?: Millis): Promise<number>;
  /** Resolves when it is over; never rejects. */
  disconnect(): Promise<void>;
}

export interface WriteOptions {
  readonly response: boolean;
  readonly timeout?: Millis | undefined;
}

export interface Service {
  readonly uuid: string;
  readonly characteristics: readonly Characteristic[];
}

export interface Characteristic {
  /** Which one of the connection: two may have one UUID. */
  readonly id: number;
  readonly uuid: string;
  readonly service: string;
  readonly properties: ReadonlySet<Property>;
}

export type Property = "read" | "write" | "write-without-response" | "notify" | "indicate";
