/** What the benchmark and its load generator, a process of its own, say to each other. All times are milliseconds. */

/** How the server and its client speak: without security; by DTLS; by DTLS with a Connection ID. */
export type Security = "none" | "DTLS" | "DTLS with Connection ID";

export interface ListenOrder {
  readonly security: Security;
}

export interface GetOrder {
  readonly path: string;
  /** Content-Format of the Accept option. */
  readonly accept: number;
}

export interface ReadsOrder {
  /** Read in turn. */
  readonly paths: readonly string[];
  /** How many requests are under way at the same time. */
  readonly window: number;
  /** Ends with whichever comes first. */
  readonly count: number;
  readonly limit: number;
  /** The process whose processor time is told. */
  readonly pid: number;
  /** Asks from a new port: some peers take a message ID that comes round for a repetition. */
  readonly newPort: boolean;
}

export interface NotificationsOrder {
  /** Each is observed by itself. */
  readonly paths: readonly string[];
  /** Whether the notifications shall be confirmable. Confirmable ones are acknowledged at once. */
  readonly confirmable: boolean;
  /** From the last Observe until the counting begins, and how long that lasts. */
  readonly settle: number;
  readonly duration: number;
  /** Meanwhile one of the paths is read this often. */
  readonly readEvery: number;
  /** The process whose processor time is told. */
  readonly pid: number;
}

export interface DrainOrder {
  readonly paths: readonly string[];
  /** Of each path, one a second. */
  readonly samples: number;
  /** Of the first of each: milliseconds since 1970. */
  readonly since: number;
  /** Whether each path is observed, in SenML CBOR, as soon as the client has registered. */
  readonly observe: boolean;
  /** The process whose processor time is told. */
  readonly pid: number;
}

export interface RegistrationsOrder {
  /** How many clients must have registered. */
  readonly count: number;
  readonly limit: number;
}

export type Order =
  | ({ readonly type: "listen" } & ListenOrder)
  | { readonly type: "registration"; readonly limit: number }
  | ({ readonly type: "registrations" } & RegistrationsOrder)
  | ({ readonly type: "get" } & GetOrder)
  | ({ readonly type: "reads" } & ReadsOrder)
  | ({ readonly type: "notifications" } & NotificationsOrder)
  | ({ readonly type: "drain" } & DrainOrder);

/** A Register as it came. */
export interface RegistrationFigures {
  /** When its first and last block came, on the clock that all processes of the machine share (`hrtime`). */
  readonly firstBlockAt: number;
  readonly completeAt: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly links: number;
}

/** The Registers of many clients. */
export interface RegistrationsFigures {
  /** When the first and the last of them came. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The most that came within a second. */
  readonly mostASecond: number;
}

export interface GetFigures {
  readonly code: string;
  readonly contentFormat: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly duration: number;
  /** Of the last block. */
  readonly text: string;
}

export interface ReadsFigures {
  readonly count: number;
  readonly perSecond: number;
  /** Microseconds from the request to its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Microseconds of processor time for each read: of the process that answers, and of the load generator. */
  readonly cpu: number;
  readonly generatorCpu: number;
  /** Answers other than 2.05, and requests without an answer. */
  readonly failed: number;
}

export interface NotificationsFigures {
  readonly count: number;
  readonly perSecond: number;
  /** Notifications whose number or value is not above that of the one before, of the same observation. */
  readonly outOfOrder: number;
  /** Notifications that hold no number. */
  readonly failed: number;
  /** Parts of one core: of the process that notifies, and of the load generator. */
  readonly cpu: number;
  readonly generatorCpu: number;
  /** Of the reads meanwhile: how many, microseconds from the request to its answer, how many had none within ACK_TIMEOUT. */
  readonly reads: number;
  readonly readP50: number;
  readonly readP99: number;
  readonly readTimeouts: number;
}

export interface DrainFigures {
  readonly count: number;
  readonly perSecond: number;
  /** From the first to the last message. */
  readonly seconds: number;
  readonly messages: number;
  readonly missing: number;
  /** Samples that are not the next ones of their path. */
  readonly disorder: number;
  /** Parts of one core: of the process that drains, and of the load generator. */
  readonly cpu: number;
  readonly generatorCpu: number;
}

export interface Answers {
  readonly listen: { readonly port: number };
  readonly registration: RegistrationFigures;
  readonly registrations: RegistrationsFigures;
  readonly get: GetFigures;
  readonly reads: ReadsFigures;
  readonly notifications: NotificationsFigures;
  readonly drain: DrainFigures;
}

/** Milliseconds on the clock that all processes of the machine share. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
