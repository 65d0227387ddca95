/** What the benchmark and its load generator, a process of its own, say to each other. All times are milliseconds. */

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

export type Order =
  | { readonly type: "listen" }
  | { readonly type: "registration"; readonly limit: number }
  | ({ readonly type: "get" } & GetOrder)
  | ({ readonly type: "reads" } & ReadsOrder);

/** A Register as it came. */
export interface RegistrationFigures {
  /** When its first and last block came, on the clock that all processes of the machine share (`hrtime`). */
  readonly firstBlockAt: number;
  readonly completeAt: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly links: number;
}

export interface GetFigures {
  readonly code: string;
  readonly contentFormat: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly duration: number;
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

export interface Answers {
  readonly listen: { readonly port: number };
  readonly registration: RegistrationFigures;
  readonly get: GetFigures;
  readonly reads: ReadsFigures;
}

/** Milliseconds on the clock that all processes of the machine share. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
