/** Register, Update, De-register and their retries. */
import type { Millis, Random } from "../clock.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";

export type RegistrationState =
  | "deregistered"
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
  /** Tried in this order where the server answers 4.12. */
  readonly versions: readonly Lwm2mVersion[];
  readonly random: Random;
  /** What the server wrote to /1/x/17 to 20, asked at each failure; all absent: the built-in retries without end. */
  readonly serverRetry?: () => ServerRetry;
}

/** Resources 17 to 20 of the Server object, times in seconds (Core §6.2.1.2); an absent one has its default there. */
export interface ServerRetry {
  readonly count?: number | undefined;
  readonly timer?: number | undefined;
  readonly sequenceDelay?: number | undefined;
  readonly sequenceCount?: number | undefined;
}

export type RegistrationEvent =
  | { readonly type: "start" }
  /** De-registers, within a few seconds. */
  | { readonly type: "stop" }
  /** The answer to the request of this number; `location` is Location-Path, e.g. ["rd", "5a3f"]. Old numbers are ignored. */
  | { readonly type: "answer"; readonly request: number; readonly code: number; readonly location?: readonly string[] }
  | { readonly type: "noAnswer"; readonly request: number; readonly reason: "timeout" | "reset" }
  | { readonly type: "objectsChanged" }
  /** Seconds. */
  | { readonly type: "lifetimeChanged"; readonly lifetime: number }
  /** /1/x/8 was executed. */
  | { readonly type: "updateTriggered" }
  /** A notification was not acknowledged. */
  | { readonly type: "suspect" }
  /** /1/x/4 was executed: away for so long, then back. */
  | { readonly type: "disable"; readonly for: Millis }
  /** Our address may be another one now. */
  | { readonly type: "networkChanged" };

export type RegistrationEffect =
  /** POST /rd with the whole object list for this version. */
  | {
      readonly type: "register";
      readonly request: number;
      readonly version: Lwm2mVersion;
      readonly query: readonly string[];
    }
  | {
      readonly type: "update";
      readonly request: number;
      readonly location: readonly string[];
      readonly version: Lwm2mVersion;
      readonly query: readonly string[];
      /** Whether the whole object list goes with it. */
      readonly withObjects: boolean;
    }
  | { readonly type: "deregister"; readonly request: number; readonly location: readonly string[] }
  /** The server has a new registration of ours: every observation of the one before is void. */
  | { readonly type: "accepted"; readonly location: readonly string[]; readonly version: Lwm2mVersion }
  /** `reason` is for the log; `until` is when the machine acts by itself. */
  | {
      readonly type: "state";
      readonly state: RegistrationState;
      readonly reason: string;
      readonly until?: Millis;
    };
