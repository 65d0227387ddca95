/** One Bluetooth adapter among all devices of a link: whose turn it is to be heard, and whose to be connected to. */
import type { AdapterContext, LinkReport, Millis } from "../../../src/adapter.ts";
import type { Advertisement, Radio, RadioListener } from "../radio/radio.ts";
import type { Session, SessionListener, SessionSpec } from "./session-types.ts";

export interface CentralOptions {
  /** For people, e.g. "hci0". */
  readonly name: string;
  /** `off`: advertisements are never listened for; devices are connected to by their addresses alone. */
  readonly scan: "passive" | "active" | "off";
  /** Connections at once. */
  readonly connections: number;
  /** How long connecting to one device, and finding its services, may take. */
  readonly connectTimeout: Millis;
}

/** Opens the adapter, or starts to: a radio that is not there yet says `unavailable`, and goes on trying. */
export type OpenRadio = (listener: RadioListener) => Promise<Radio>;

export interface Central {
  start(): void;
  close(): Promise<void>;
  report(): LinkReport;
  /** Hears every advertisement, of whomever: as long as somebody does, the adapter listens. Returns what ends it. */
  hear(listener: (advertisement: Advertisement) => void): () => void;
  /** Hears that the adapter is not there (false, and why), or there again. Called at once where it is not there now. */
  listen(listener: (available: boolean, reason?: string) => void): () => void;
  /** A device that wants connections: it need not `hear` for that. */
  session(spec: SessionSpec, listener: SessionListener): Session;
}

export type MakeCentral = (open: OpenRadio, options: CentralOptions, context: AdapterContext) => Central;
