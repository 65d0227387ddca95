/** One server of the configuration as the rest of the gateway has it, however many registrations its layout makes of it. */
import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import type { Path } from "../../lwm2m/path.ts";
import type { RegistrationEvent } from "../../lwm2m/registration.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { SendOutcome, SendRequest } from "../../servers/send.ts";
import type { ServerStatus } from "../../servers/server-status.ts";

export interface Presence {
  readonly shortServerId: number;
  /** Who hears what happens: asked for each time, since it may be somebody else by then. */
  readonly listener: PresenceListener;
  /** Opens the sockets and begins to register. Rejects where a socket cannot be had. */
  start(): Promise<void>;
  /** De-registers in order. */
  stop(): Promise<void>;
  /** Devices came, went or became others; with a prefix: what servers fill under it did. Said after `removed` and `changed`. */
  treesChanged(prefix?: string): void;
  /** Never rejects for what the server or the network does; what is not shown to the server is named. */
  send(request: SendRequest): Promise<SendOutcome>;
  status(): ServerStatus;
  /** Whether the server has registered the gateway itself. */
  readonly registered: boolean;
  /** Whether its start is over; absent: once it has begun to register. */
  readonly settled?: boolean;
}

/** Everything in own paths: those of the devices, with their prefix. What the server does not see is left out. */
export interface PresenceListener {
  /** `gone`: what went at the same moment. */
  changed(samples: readonly Sample[], gone: readonly Path[]): void;
  /** A device, or a part of one, is gone. */
  removed(path: Path): void;
  /** A device answers again, or for the first time. */
  appeared(prefix: string): void;
  /** A device does not answer any more. */
  disappeared?(prefix: string): void;
  /** The instances of the gateway's own objects are others now. */
  objectsChanged(): void;
  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void;
  /** The history has forgotten what waits of these observations, whose ids are in own paths. */
  forgotten(match: (id: ObservationId) => boolean): void;
  /** What was done to the account of this server. */
  onAccount(event: RegistrationEvent): void;
  /** /1/x/23 was written. */
  muteChanged(): void;
  /** /1/x/2, /1/x/3 or /1/x/26 was written. */
  defaultsChanged(): void;
}
