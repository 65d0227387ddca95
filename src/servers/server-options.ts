import type { Clock, Millis } from "../clock.ts";
import type { CoapMachine } from "../coap/endpoint.ts";
import type { Logger } from "../log.ts";
import type { AttributeStore } from "../lwm2m/attribute-store.ts";
import type { Restraint } from "../lwm2m/budget.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import type { Observations } from "../lwm2m/observations.ts";
import type { Registration } from "../lwm2m/registration.ts";
import type { ReportEntry } from "../lwm2m/report-entry.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { History } from "../store/store.ts";
import type { Delivery } from "./backlog.ts";
import type { KeptSession } from "./kept-state.ts";
import type { Pace } from "./pace.ts";
import type { TurnPlace } from "./registration-order.ts";
import type { Transport } from "./transport/transport.ts";
import type { View } from "./view.ts";

/** All that one server is made of. */
export interface ServerOptions {
  readonly shortServerId: number;
  readonly uri: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transport: Transport;
  readonly coap: CoapMachine;
  readonly registration: Registration;
  /** Its place among the servers that are registered at one after the other; absent: it waits for none. */
  readonly turn?: TurnPlace | undefined;
  /** Of all that look for the server, shake hands and register at once; absent: it is the only one. */
  readonly pace?: Pick<Pace, "turn"> | undefined;
  readonly observations: Observations;
  readonly attributes: AttributeStore;
  /** What this registration shows. */
  readonly view: View;
  /** Whether what it writes, executes, creates and deletes is logged; absent: it is not. */
  readonly audited?: boolean;
  /** /1/x/6: whether reports are kept for a server that is away. */
  readonly storing: () => boolean;
  /** How often what devices have is to be evaluated for an observation, in own paths; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
  /** What servers are owed and do not have yet: of all of them. */
  readonly history: Pick<History, "append" | "peek" | "confirm" | "forget" | "waiting" | "observations" | "dropped">;
  /** How what waited is delivered, where the server takes it. */
  readonly delivery: Delivery;
  /** Reports that are kept of an observation for a server that is away, where no hqmax says how many. */
  readonly keep: number;
  /** Bytes of payload up to which reports are put together. */
  readonly maxMessage: number;
  /** What the gateway reports by itself; absent: nothing. */
  readonly reports?: readonly ReportEntry[];
  /** RFC 7252 §4.7, §4.8. */
  readonly nstart: number;
  readonly ackTimeout: Millis;
  /** Core §6.5; absent: it never sleeps. */
  readonly queueMode?: { readonly enabled: boolean; readonly awake: Millis };
  /** /1/x/23: whether Send is not wanted. */
  readonly muted?: () => boolean;
  /** What a budget allows of reports now; absent: everything. */
  readonly restraint?: () => Restraint;
  /** What the process before this one left; absent: nothing. */
  readonly kept?: KeptSession;
  /** What the process after this one needs is another now. */
  readonly onToKeep?: () => void;
  /** The registration is in another state than before. */
  readonly onState?: () => void;
  /** Its transport is closed. */
  readonly onStopped?: () => void;
  /** The server has registered us with this version. */
  readonly onRegistered?: (version: Lwm2mVersion) => void;
}
