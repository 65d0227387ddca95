/** What goes into the registration machine, and what comes out. */
import type { Millis, Random } from "../clock.ts";
import { formatCode, isSuccess } from "../coap/codes.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";
import type { ServerRetry } from "./register-retry.ts";
import type { Versions } from "./version-choice.ts";

/** "waiting": for its turn, or its delay; "deregistering" also before a disable; the last request may still be answered then. */
export type RegistrationState =
  | "deregistered"
  | "waiting"
  | "registering"
  | "registered"
  | "updating"
  | "retrying"
  | "disabled"
  | "deregistering";

export interface RegistrationOptions {
  readonly endpoint: string;
  /** Seconds; 0 never ends. */
  readonly lifetime: number;
  /** Bindings, e.g. "U". */
  readonly binding: string;
  readonly queueMode: boolean;
  /** Tried in this order where the server answers 4.12; what it takes is kept. */
  readonly versions: Versions;
  /** What the server wrote to /1/x/25, asked at each Register: tried first. */
  readonly supportedVersions?: () => readonly string[];
  /** Profile IDs that the server may know: `oma:name`, `v:name`, `suite:hash`. */
  readonly profileIds?: readonly string[];
  /**
   * Whether a Register goes in place of an Update with the object list, for a server that looks into object 25 at a Register
   * only. It voids every observation.
   */
  readonly reregisterOnChange?: boolean;
  readonly random: Random;
  /** What the server wrote to /1/x/17 to 20, asked at each failure; nothing written: the built-in retries without end. */
  readonly serverRetry?: () => ServerRetry;
  /**
   * Whether the server knows us by more than the connection: over DTLS by the session, which another association takes up.
   * What had no answer over one is asked again over the next, before the registration is given up.
   */
  readonly outlivesConnection?: boolean;
}

/** `version: auto`. */
export const ALL_VERSIONS: Versions = ["1.2", "1.1", "1.0"];

/** What the server has taken, and knows of us. */
export interface Agreement {
  /** e.g. ["rd", "5a3f"] */
  readonly location: readonly string[];
  readonly version: Lwm2mVersion;
  /** Seconds; 0 never ends. */
  readonly lifetime: number;
  readonly queueMode: boolean;
}

export type RegistrationEvent =
  /** `after`: the delay before the first Register (Server object 14); absent: at once. */
  | { readonly type: "start"; readonly after?: Millis }
  /** Not before a `start`; `reason` is for the log. */
  | { readonly type: "hold"; readonly reason: string }
  /** In place of `start`: the server may have a registration of ours from before. Core §6.2.2: an Update tells. */
  | {
      readonly type: "resume";
      readonly agreement: Agreement;
      /** How long ago the last request was sent that the server took. */
      readonly age: Millis;
      readonly objectsChanged: boolean;
    }
  /** De-registers; `deregistered` within 5 seconds. */
  | { readonly type: "stop" }
  /** The answer to the request of this number; `location` is its Location-Path, e.g. ["rd", "5a3f"]. Old numbers are ignored. */
  | { readonly type: "answer"; readonly request: number; readonly code: number; readonly location?: readonly string[] }
  | {
      readonly type: "noAnswer";
      readonly request: number;
      readonly reason: string;
      /** There is no way to the server yet: it has heard nothing of this request. */
      readonly unsent?: boolean;
    }
  | { readonly type: "objectsChanged" }
  /** Seconds. */
  | { readonly type: "lifetimeChanged"; readonly lifetime: number }
  /** The letter Q of the binding in 1.0, the flag of later versions. */
  | { readonly type: "queueModeChanged"; readonly queueMode: boolean }
  /** /1/x/8 was executed. */
  | { readonly type: "updateTriggered" }
  /** A notification was not acknowledged. */
  | { readonly type: "suspect" }
  /** Queue mode: something is to be sent after a sleep, and the server must hear first where we are now. */
  | { readonly type: "awake" }
  /** /1/x/4 was executed: away for so long, then back. */
  | { readonly type: "disable"; readonly for: Millis }
  /** Over TCP: the connection is gone, and with it what the server knows of us; not again before `wait` is over. */
  | { readonly type: "connectionLost"; readonly reason: string; readonly wait: Millis }
  /** Over DTLS: the association is gone; by its session the server may still know us. */
  | { readonly type: "interrupted"; readonly reason: string }
  /** Over DTLS: a new session, in which the server does not know us. */
  | { readonly type: "sessionRenewed"; readonly reason: string }
  /** Our address is another one by now, and the server knows us by it alone. */
  | { readonly type: "networkChanged" }
  /** The server is reached by another interface from now on; it may know us by more than our address. */
  | { readonly type: "uplinkChanged"; readonly reason: string };

/** The requests are Confirmable; a newer one makes the answer to the one before unwanted. */
export type RegistrationEffect =
  /** POST /rd with this query and the whole object list for this version; without it where a profile stands for it. */
  | {
      readonly type: "register";
      readonly request: number;
      readonly version: Lwm2mVersion;
      readonly query: readonly string[];
      readonly withObjects: boolean;
    }
  /** POST to the location; the query has only what is new, and there is a payload only with objects. */
  | {
      readonly type: "update";
      readonly request: number;
      readonly location: readonly string[];
      readonly version: Lwm2mVersion;
      readonly query: readonly string[];
      readonly withObjects: boolean;
    }
  /** DELETE of the location. */
  | { readonly type: "deregister"; readonly request: number; readonly location: readonly string[] }
  /** The server has a new registration of ours: every observation of the one before is void. */
  | { readonly type: "accepted"; readonly location: readonly string[]; readonly version: Lwm2mVersion }
  /** The server still has the registration of before, and so its observations. */
  | { readonly type: "resumed"; readonly location: readonly string[]; readonly version: Lwm2mVersion }
  /**
   * There is no registration for the time being: as many attempts have failed as the server allows, or one where it says nothing.
   * Others whose turn comes after it need not wait for it any more.
   */
  | { readonly type: "failed" }
  /** `reason` is for the log; `until` is when the machine acts by itself: retries, updates, gives a request up. */
  | {
      readonly type: "state";
      readonly state: RegistrationState;
      readonly reason: string;
      readonly until: Millis | undefined;
    };

/** What the user, or the process, wants of a registration. */
export type Command = Extract<RegistrationEvent, { readonly type: "start" | "hold" | "resume" | "stop" }>;
export type Resume = Extract<RegistrationEvent, { readonly type: "resume" }>;
export type ConnectionLost = Extract<RegistrationEvent, { readonly type: "connectionLost" }>;
/** The way to the server is another one. */
export type Moved = Extract<
  RegistrationEvent,
  { readonly type: "networkChanged" | "uplinkChanged" | "connectionLost" | "interrupted" | "sessionRenewed" }
>;
export type Standing = Extract<RegistrationEffect, { readonly type: "state" }>;

/** How a request ended. */
export interface Outcome {
  readonly ok: boolean;
  /** For the log. */
  readonly text: string;
  readonly code?: number;
  readonly location?: readonly string[] | undefined;
  readonly unsent?: boolean;
}

/** Only a 2.xx is success. A Location-Path without segments is none. */
export function outcomeOf(event: RegistrationEvent & { readonly type: "answer" | "noAnswer" }): Outcome {
  if (event.type === "noAnswer") return { ok: false, text: event.reason, unsent: event.unsent === true };
  const { code, location = [] } = event;
  return {
    ok: isSuccess(code),
    text: formatCode(code),
    code,
    location: location.length === 0 ? undefined : location,
  };
}
