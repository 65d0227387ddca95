/** A Bluetooth adapter as a central: it hears advertisements and connects to peripherals, whatever stack drives it. */
import type { Millis } from "../../../src/adapter.ts";
import type { BleOptions } from "../options.ts";

/**
 * One adapter. Each promise settles within the time that its call names, or within USUAL_TIMEOUT; a failure is a DeviceError:
 * `unreachable` (no answer, not connected, the adapter is not there), `rejected` (the peripheral, or the adapter, refused),
 * `malformed` (something else came). A RadioError (radio-error.ts), which is a `rejected`, where the controller is full or the peripheral wants
 * to be paired with. A peripheral that leaves an operation without an answer is disconnected: what it would say later could be taken
 * for the answer to something else.
 */
export interface Radio {
  /** Hears advertisements until it is stopped. Again with other options: as those say from now on. */
  startScan(options: ScanOptions): Promise<void>;
  stopScan(): Promise<void>;
  /** Connects, and finds all services and characteristics. One after the other; it ends the scan, which may be started again then. */
  connect(address: string, options: ConnectOptions): Promise<Connection>;
  /** Resolves while the whole stack still answers. One that does not is unavailable from then on, and begins anew. */
  probe(timeout: Millis): Promise<void>;
  /** Ends every connection; nothing is heard of it afterwards. */
  close(): Promise<void>;
}

/** How long an operation may take where its call does not say. ATT itself gives up after 30 s (Core Specification, Vol. 3, Part F, 3.3.3). */
export const USUAL_TIMEOUT: Millis = 10_000;

/** Which adapter it is, and what is asked for at each connect where the backend lets us choose. */
export type RadioOptions = Pick<BleOptions, "backend" | "parameters">;

export interface RadioListener {
  onState(state: RadioState): void;
  onAdvertisement(advertisement: Advertisement): void;
}

/**
 * `unavailable`: with the reason, for a person; the radio goes on trying by itself. What was begun before is over then: connections,
 * and the scan. It is `unavailable` until the first state is told.
 */
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
