/** The historical queue over a real file: without its thread, each call at once as the thread does it. */
import assert from "node:assert/strict";
import { type ObservationId, observationId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import { openSqlite } from "../../src/store/database.ts";
import { Archive } from "../../src/store/history/archive.ts";
import type { HistoryCalls } from "../../src/store/history/calls.ts";
import type { HistoryEntry, HistoryOptions } from "../../src/store/history/history.ts";
import { HistoryQueue, type HistoryThread } from "../../src/store/history/history-queue.ts";
import { HISTORY_MIGRATIONS } from "../../src/store/migrations.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export interface HistoryWorld {
  readonly history: HistoryQueue;
  readonly lines: LogLine[];
  /** How often the thread was asked to commit. */
  commits(): number;
  /** The process dies: nothing more is written. */
  kill(): void;
  /** An orderly stop. */
  stop(): Promise<void>;
}

/** One run of the gateway on `history.db` of this directory. */
export function openHistory(directory: string, options: HistoryOptions): HistoryWorld {
  const lines: LogLine[] = [];
  const log = recordingLogger(lines);
  const { clock, commit: _, ...limits } = options;
  const opening = { ...limits, now: clock.wall() };
  const archive = new Archive(directory, opening, (level, fields, message) =>
    log[level]({ code: "LG664", ...fields }, message),
  );
  let commits = 0;
  let dead = false;
  const calls: {
    readonly [C in keyof HistoryCalls]: (argument: HistoryCalls[C]["argument"]) => HistoryCalls[C]["result"];
  } = {
    openHistory: () => archive.open(),
    commitHistory: (order) => {
      commits++;
      return archive.commit(order);
    },
    readHistory: (order) => archive.read(order),
    shareHistory: () => archive.share(),
    endHistoryCheck: (findings) => archive.endCheck(findings),
    measureHistory: () => archive.measure(),
  };
  const thread: HistoryThread = async (call, argument, buffers = []) => {
    if (dead) return new Promise(() => {});
    // What is given away is gone on this side.
    return structuredClone(calls[call](structuredClone(argument, { transfer: buffers })));
  };
  const history = new HistoryQueue(thread, log, options, archive.open());
  const end = (): void => {
    dead = true;
    history.close();
    archive.close();
  };
  return {
    history,
    lines,
    commits: () => commits,
    kill: end,
    stop: async () => {
      await history.flush();
      end();
    },
  };
}

/** "/meter-1/3303/0/5700" observed by server 1. */
export function observed(...paths: readonly string[]): ObservationId {
  return observationId(1, paths.map(parsePath));
}

export function sample(path: string, time: number, value: Value = time): Sample {
  return { path: parsePath(path), value, time };
}

/** A report of one sample, whose value is its time. */
export function reportAt(path: string, time: number): Omit<HistoryEntry, "sequence"> {
  return { samples: [sample(path, time)], confirmable: true };
}

/** Everything that waits, in messages of so many samples, without confirming it. */
export async function everything(history: HistoryQueue, id: ObservationId): Promise<readonly HistoryEntry[]> {
  const all = await history.peek(id, Number.MAX_SAFE_INTEGER);
  assert.equal(all.length, history.waiting(id));
  return all;
}

export function times(entries: readonly HistoryEntry[]): readonly number[] {
  return entries.flatMap(({ samples }) => samples.map(({ time }) => time));
}

/** What is in the file, also while it is open. */
export function inFile<T>(directory: string, sql: string): T[] {
  const db = openSqlite(`${directory}/history.db`, HISTORY_MIGRATIONS, { shared: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}
