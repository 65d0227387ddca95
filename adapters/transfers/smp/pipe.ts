/** What carries packets of SMP to one device and back: a serial line, a characteristic. */
import type { Millis } from "../../../src/adapter.ts";

export interface PacketPipe {
  /** Connects, where that is needed. Rejects with DeviceError. Called again where the channel before is over. */
  open(hears: (packet: Uint8Array) => void): Promise<PacketChannel>;
  /** Gives the wire back; nothing is heard afterwards. */
  close(): void;
}

export interface PacketChannel {
  /** Aborted where it is over, with the DeviceError that says why. */
  readonly signal: AbortSignal;
  /** The longest packet that every device takes in. */
  readonly certain: number;
  /** What the transport puts around a packet into the buffer of the device. */
  readonly overhead: number;
  /** How long a packet of so many bytes is on its way, as far as that is known. */
  time(bytes: number): Millis;
  /** Resolves when it is on its way. Rejects with DeviceError. */
  send(packet: Uint8Array): Promise<void>;
  /** Nobody answered: what came of a packet is forgotten. */
  reset(): void;
}

/** The longest answer that is taken: a list of the images of many slots. */
export const LONGEST_ANSWER = 4096;
