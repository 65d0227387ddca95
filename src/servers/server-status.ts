import type { Millis, UnixMillis } from "../clock.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { Path } from "../lwm2m/path.ts";
import type { RegistrationState } from "../lwm2m/registration.ts";
import type { DropCause } from "../store/store.ts";
import type { Delivery } from "./backlog.ts";
import type { OutboxDropCause } from "./debts.ts";
import type { ReportEntryStatus } from "./local-reports.ts";
import type { SendCounters } from "./send.ts";
import type { SecurityStatus, TransportCounters } from "./transport/transport.ts";

import type { BudgetStatus } from "./uplink/outlet.ts";
import type { LinkTraffic } from "./uplink/traffic.ts";
import type { UplinkStatus } from "./uplink/uplinks.ts";

export type { ReportEntryStatus } from "./local-reports.ts";

/** One server as a person wants to see it; plain data. */
export interface ServerStatus {
  readonly shortServerId: number;
  readonly uri: string;
  readonly state: RegistrationState;
  readonly since: UnixMillis;
  /** Why it is in this state: what was answered, or what was not. */
  readonly reason: string;
  /** When the gateway acts by itself: the next try, the next Update. */
  readonly until?: UnixMillis;
  /** Of the registration, e.g. "/rd/5a3f". */
  readonly location?: string;
  readonly version?: Lwm2mVersion;
  /** The paths that are observed; of composite observations each of theirs. */
  readonly observations: readonly Path[];
  readonly reports: ReportsStatus;
  /** What its `report:` entries have found; absent: it has none. */
  readonly reportEntries?: readonly ReportEntryStatus[];
  readonly sends: SendCounters;
  /** In queue mode only. */
  readonly queueMode?: QueueModeStatus;
  readonly transport: TransportCounters;
  /** By which interface it is reached; absent: as the machine's routes say. */
  readonly uplink?: UplinkStatus;
  /** Of all its registrations: this month, and since the start. With headers; those of TCP are estimated. */
  readonly traffic?: readonly LinkTraffic[];
  readonly budget?: BudgetStatus;
  /** Of DTLS, while there is an association. */
  readonly security?: SecurityStatus;
  /** What only its layout knows; absent: it shows each device under its prefix, or as a client of its own, and always did. */
  readonly layout?: LayoutStatus;
  /** Layout `clients`: every device, in their order, those at the end that are none. */
  readonly clients?: readonly ClientStatus[];
}

/** What a layout has made of the devices by now. */
export interface LayoutStatus {
  /** As it is now; `auto` begins as `instances`. */
  readonly shown: "instances" | "gateway";
  /** Which instance is which: "/meter-2/3303/0" is shown as "/3303/1". */
  readonly paths?: readonly { readonly own: Path; readonly shown: Path }[];
  /** Of `auto`: why it is another than at first. */
  readonly switched?: string;
}

/** How a device stands that is a client of its own. */
export interface ClientStanding {
  /** Its id. */
  readonly device: string;
  /** `unheard`: it was never heard, and so never registered; `refused`: it cannot be a client here. */
  readonly state: RegistrationState | "unheard" | "refused";
  readonly reason: string;
}

/** What of a registration there is, where there is or was one. */
export interface ClientStatus
  extends ClientStanding,
    Partial<Omit<ServerStatus, "shortServerId" | "uri" | "state" | "reason" | "clients">> {
  readonly prefix: string;
  /** Endpoint Client Name. */
  readonly endpoint?: string;
}

export interface ReportsStatus {
  /** Reports that the server does not have. */
  readonly waiting: number;
  /** Of these, how many cannot be delivered in the way that is open now: no Send, and no format with times. */
  readonly stranded: number;
  readonly delivered: number;
  /** In the last minute. */
  readonly deliveredLately: number;
  /** How long ago the server acknowledged one; absent: it never did. */
  readonly sinceDelivered?: Millis;
  /** What it will never have. */
  readonly dropped: Readonly<Record<DropCause | OutboxDropCause, number>>;
  /** How what waited is delivered now. */
  readonly delivery: Delivery;
  /** Why there is no Send now. */
  readonly sendObstacle?: string;
}

export interface QueueModeStatus {
  /** When it will sleep; absent: it sleeps. */
  readonly awakeUntil?: UnixMillis;
  /** Datagrams of the server that came during a sleep. */
  readonly unheard: number;
}
