/** What waits for whom, and how long there is room: what `store stats` shows; plain data. */
import type { Millis, UnixMillis } from "../../clock.ts";
import { type ObservationId, serverOf } from "../../lwm2m/observation-id.ts";
import { type DropCause, type HistoryStats, roomLasts, StoreError } from "../../store/store.ts";

/** In the state directory. */
export const HISTORY_FILE = "history.db";

export interface StoreReport {
  /** The running gateway knows what is in memory, too. */
  readonly source: "gateway" | "file";
  /** history.db */
  readonly file: string;
  readonly now: UnixMillis;
  /** Of the file and its log. */
  readonly fileBytes: number;
  /** What waits takes of it. */
  readonly bytes: number;
  readonly limit?: number;
  /** Of the oldest sample that waits. */
  readonly oldest?: UnixMillis;
  /** What came lately; the running gateway alone knows it. */
  readonly inflow?: { readonly span: Millis; readonly samples: number; readonly bytes: number };
  /** How long there is room while no server takes anything and as much comes as lately. */
  readonly lasts?: Millis;
  readonly servers: readonly ServerStore[];
}

/** Without the queues, of which there may be thousands. */
export type StoreSummary = Omit<StoreReport, "servers"> & { readonly servers: readonly Omit<ServerStore, "queues">[] };

export interface ServerStore {
  /** Short Server ID. */
  readonly server: number;
  readonly entries: number;
  readonly bytes: number;
  readonly oldest?: UnixMillis;
  readonly newest?: UnixMillis;
  /** Since the start of the gateway; it alone knows. */
  readonly dropped?: Readonly<Record<DropCause, number>>;
  /** Those with the most bytes first. */
  readonly queues: readonly QueueStore[];
}

/** What one observation, or one report entry of one device, is owed. */
export interface QueueStore {
  readonly id: ObservationId;
  readonly entries: number;
  readonly bytes: number;
  readonly oldest: UnixMillis;
  readonly newest: UnixMillis;
}

export interface StoreReportContext {
  readonly source: StoreReport["source"];
  readonly file: string;
  readonly now: UnixMillis;
  /** Those of the configuration: they are listed also where nothing waits for them. */
  readonly servers: readonly number[];
  readonly dropped?: (server: number) => Readonly<Record<DropCause, number>>;
}

/** `stats` without inflow are those of a file. */
export function storeReport(
  stats: Omit<HistoryStats, "inflow"> & Partial<Pick<HistoryStats, "inflow">>,
  { source, file, now, servers, dropped }: StoreReportContext,
): StoreReport {
  const { observations, bytes, fileBytes, limit, oldest, inflow } = stats;
  const queues = [...observations]
    .map(([id, { count: entries, ...rest }]): QueueStore => ({ id, entries, ...rest }))
    .sort((a, b) => b.bytes - a.bytes || b.entries - a.entries);
  const ids = new Set([...servers, ...queues.map(({ id }) => serverOf(id))].sort((a, b) => a - b));
  const lasts = inflow === undefined ? undefined : roomLasts({ bytes, limit, inflow });
  return {
    ...{ source, file, now, fileBytes, bytes },
    ...(limit === undefined ? {} : { limit }),
    ...(oldest === undefined ? {} : { oldest }),
    ...(inflow === undefined ? {} : { inflow }),
    ...(lasts === undefined ? {} : { lasts }),
    servers: [...ids].map((server) => ({
      ...serverStore(
        server,
        queues.filter(({ id }) => serverOf(id) === server),
      ),
      ...(dropped === undefined ? {} : { dropped: dropped(server) }),
    })),
  };
}

export function summaryOf({ servers, ...rest }: StoreReport): StoreSummary {
  return { ...rest, servers: servers.map(({ queues: _, ...server }) => server) };
}

function serverStore(server: number, queues: readonly QueueStore[]): ServerStore {
  const sum = (of: (queue: QueueStore) => number): number => queues.reduce((total, queue) => total + of(queue), 0);
  const span =
    queues.length === 0
      ? {}
      : {
          oldest: queues.reduce((time, { oldest }) => Math.min(time, oldest), Number.POSITIVE_INFINITY),
          newest: queues.reduce((time, { newest }) => Math.max(time, newest), Number.NEGATIVE_INFINITY),
        };
  return { server, entries: sum(({ entries }) => entries), bytes: sum(({ bytes }) => bytes), ...span, queues };
}

/** The status of a gateway whose disk is broken is wanted most of all. */
export function unlessBroken(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error;
}
