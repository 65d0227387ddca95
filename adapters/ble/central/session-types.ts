/** What a device wants of the adapter, and what it is told. */
import type { Millis } from "../../../src/adapter.ts";
import type { AddressType, Characteristic, Service, WriteOptions } from "../radio/radio.ts";

/** A device that wants connections. */
export interface SessionSpec {
  /** For people: the log, `status`. */
  readonly name: string;
  /** Undefined while nobody knows which peripheral it is: it is not connected to then. Asked anew each time. */
  address(): string | undefined;
  /** Absent: as it was advertised. */
  readonly addressType?: AddressType | undefined;
  /** `keep`: stays connected; `poll`: connected while it is used, and a little longer. */
  readonly connect: "keep" | "poll";
  /** Subscribed to after each connect, in this order. */
  readonly subscriptions: readonly CharacteristicRef[];
}

/** Which characteristic of a peripheral is meant. */
export interface CharacteristicRef {
  /** Absent: of whichever service has it. As `normalUuid` makes it. */
  readonly service?: string | undefined;
  /** As `normalUuid` makes it. */
  readonly uuid: string;
  /** Where several fit: which one, from 0, in the order of the peripheral. Absent: there must be one alone. */
  readonly index?: number | undefined;
}

/** Nothing is heard after `close`. */
export interface SessionListener {
  /**
   * Whether it can be talked to. `keep`: connected, and subscriptions made. `poll`: it was, or was heard advertising, since it could
   * last not be connected to. False comes with the reason, for a person.
   */
  onReachable(reachable: boolean, reason?: string): void;
  /** A connection begins: what is notified from now on goes on with nothing that came before. Also where nobody noticed that one ended. */
  onConnected?(): void;
  /** `ref`: the very object of the spec. */
  onNotification(ref: CharacteristicRef, bytes: Uint8Array): void;
  /** A subscription that was not made after this connect: the peripheral does not have it, or refused. */
  onRefused?(ref: CharacteristicRef, reason: string): void;
  /** In dBm: of an advertisement, or of the connection. */
  onRssi?(rssi: number): void;
  /** How many of the newest 50 exchanges came, in percent. Said again where it changes. */
  onQuality?(percent: number): void;
}

export interface Session {
  /**
   * Connects where it is not connected, waits for its turn and does the work, which has the peripheral for itself. Rejects with what the
   * work rejects with, or with DeviceError `unreachable`: no connection in time, the connection was lost in the middle (at once), no
   * answer to an operation in time.
   */
  use<T>(urgency: Urgency, work: (peripheral: Peripheral) => Promise<T>): Promise<T>;
  /** What waits fails; the connection ends. */
  close(): void;
}

/** Writes overtake reads that still wait: somebody stands at the switch. */
export type Urgency = "write" | "read";

/** A peripheral that is connected, for the time of one `work`. Failures are DeviceErrors. */
export interface Peripheral {
  readonly address: string;
  /** ATT_MTU. */
  readonly mtu: number;
  readonly services: readonly Service[];
  /** Aborted when the connection is over, with the DeviceError that says why. */
  readonly signal: AbortSignal;
  /** Throws DeviceError `rejected` where there is none, or several fit; it says what there is instead. */
  find(ref: CharacteristicRef): Characteristic;
  /** `rejected` where it cannot be read, or the peripheral refuses. `timeout`: 10 s where it is absent. */
  read(ref: CharacteristicRef, timeout?: Millis): Promise<Uint8Array>;
  write(ref: CharacteristicRef, bytes: Uint8Array, options: WriteOptions): Promise<void>;
  /**
   * Hears a characteristic until this work is over, beside whoever hears it by the spec; for an answer that comes as a notification. Resolves
   * when the peripheral has confirmed; `rejected` where it cannot notify.
   */
  subscribe(ref: CharacteristicRef, listener: (bytes: Uint8Array) => void, timeout?: Millis): Promise<void>;
}
