/** What drives an adapter: the words that all Bluetooth stacks have in common, and nothing of their habits. */
import type { Clock, Logger, Millis } from "../../../../src/adapter.ts";
import type { AddressType, Advertisement, RadioOptions, Service } from "../radio.ts";

/**
 * An adapter that is open. Each failure is an Error; where it is a DeviceError, or a RadioError, it says more. Nothing but `connect` has a
 * deadline of its own: who calls has, and goes on without the answer.
 */
export interface Backend {
  startScan(active: boolean): Promise<void>;
  stopScan(): Promise<void>;
  /** One at a time. Settles by `until`, a moment of the clock, and a little later at most. */
  connect(address: string, options: PeerOptions): Promise<Peer>;
  /** Resolves if the adapter answers. */
  probe(): Promise<void>;
  /** Ends connections; as far as that works. */
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly addressType?: AddressType | undefined;
  readonly until: Millis;
  readonly onValue: ValueListener;
}

/** A peripheral told a value unasked. `characteristic`: the id. */
export type ValueListener = (characteristic: number, bytes: Uint8Array) => void;

/** A peripheral that is connected. Its operations never overlap, and none begins once it is lost. Characteristics go by their ids. */
export interface Peer {
  readonly services: readonly Service[];
  readonly mtu: number;
  /** Aborted with a DeviceError when the connection is over, by whomever. */
  readonly lost: AbortSignal;
  read(characteristic: number): Promise<Uint8Array>;
  write(characteristic: number, bytes: Uint8Array): Promise<void>;
  /** At most `mtu - 3` bytes. Resolves when they are on their way. */
  command(characteristic: number, bytes: Uint8Array): Promise<void>;
  subscribe(characteristic: number): Promise<void>;
  unsubscribe(characteristic: number): Promise<void>;
  /** In dBm; may overlap with the others. */
  rssi(): Promise<number>;
  /** Resolves when it is over. */
  disconnect(): Promise<void>;
}

export interface BackendListener {
  onAdvertisement(advertisement: Advertisement): void;
  /** The adapter cannot be used any more, and why: it has to be opened anew. */
  onGone(reason: string): void;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Pick<Logger, "debug">;
}

/** Rejects with an Error that says, for a person, why the adapter cannot be used, and what to do. */
export type OpenBackend = (
  options: RadioOptions,
  listener: BackendListener,
  surroundings: Surroundings,
) => Promise<Backend>;
