import { existsSync, statSync } from "node:fs";
import Sqlite from "better-sqlite3";
import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { closeQuietly, storeErrorOf } from "../database.ts";
import { HISTORY_MIGRATIONS } from "../migrations.ts";
import { StoreError } from "../store-error.ts";
import { contentOf, loadIndex, measuresOf } from "./archive-content.ts";
import { ArchiveIndex } from "./archive-index.ts";
import { DamagedSegment } from "./byte-reader.ts";
import { datedEntries } from "./epochs.ts";
import type { HistoryEntry, HistoryStats } from "./history.ts";
import { HistoryTable } from "./history-table.ts";
import type { IndexedSegment } from "./observed.ts";
import { checkBody, readRun } from "./segment.ts";
import { statsOf } from "./stats.ts";
import { Waiting } from "./waiting.ts";

/** An entry that waits, and for which observation of which server. */
export interface WaitingEntry {
  readonly id: ObservationId;
  readonly entry: HistoryEntry;
}

/** `history.db` as it was at one moment; nothing is written to it. */
export interface StoredHistory {
  /** Of what lies on disk: what a running gateway has in memory for its commit window is not in it. */
  readonly stats: Omit<HistoryStats, "limit" | "inflow">;
  /**
   * Every entry that waits of those observations, or of all, the oldest first: of each observation in its order, and those of
   * several by time as far as they were written together. What cannot be read is told, and the rest given.
   */
  entries(match?: (id: ObservationId) => boolean): IterableIterator<WaitingEntry>;
  close(): void;
}

/**
 * Opens the file for reading, also while a gateway has it open, which goes on meanwhile. `tell` hears of every part that is
 * damaged. Undefined where there is no such file. Throws StoreError: `locked`, `newer` and `older`, `unwritable` where it cannot be
 * opened, `damaged` where nothing in it can be read.
 */
export function readHistoryFile(file: string, tell: (problem: string) => void): StoredHistory | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const db = new Sqlite(file, { readonly: true, timeout: BUSY_MILLIS });
    try {
      checkVersion(Number(db.pragma("user_version", { simple: true })), file);
      // One moment for all that follows.
      db.exec("BEGIN");
      return new HistoryReader(file, new HistoryTable(db), tell);
    } catch (error) {
      closeQuietly(db);
      throw error;
    }
  } catch (error) {
    throw failureOf(error, file);
  }
}

class HistoryReader implements StoredHistory {
  readonly stats: Omit<HistoryStats, "limit" | "inflow">;
  private readonly file: string;
  private readonly table: HistoryTable;
  private readonly tell: (problem: string) => void;
  private readonly index = new ArchiveIndex();
  private readonly byNumber: ReadonlyMap<number, Waiting>;

  constructor(file: string, table: HistoryTable, tell: (problem: string) => void) {
    this.file = file;
    this.table = table;
    this.tell = tell;
    const unreadable = loadIndex(this.index, table);
    if (unreadable !== undefined) tell(`a part of ${file} cannot be read: ${unreadable.message}`);
    const known = contentOf(this.index).observations.map((each) => Waiting.known(each));
    for (const waiting of known) {
      // What is more than it keeps was dropped; that is not written for itself.
      if (waiting.excess !== undefined) waiting.settle({ from: 1, to: waiting.excess });
    }
    this.byNumber = new Map(known.map((waiting) => [waiting.number, waiting]));
    const fileBytes = [file, `${file}-wal`].reduce(
      (sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    this.stats = statsOf({ ...measuresOf(this.index), fileBytes }, known);
  }

  *entries(match: (id: ObservationId) => boolean = () => true): IterableIterator<WaitingEntry> {
    for (const segment of this.index.segments) {
      try {
        yield* this.entriesOf(segment, match);
      } catch (error) {
        if (!(error instanceof DamagedSegment)) throw storeErrorOf(error, this.file);
        this.tell(`a part of ${this.file} cannot be read: ${error.message}`);
      }
    }
  }

  close(): void {
    closeQuietly(this.table.db);
  }

  private *entriesOf(segment: IndexedSegment, match: (id: ObservationId) => boolean): Generator<WaitingEntry, void> {
    const wanted = segment.runs.flatMap((run) => {
      const waiting = this.byNumber.get(run.observation);
      return waiting !== undefined && match(waiting.id) ? [{ run, waiting }] : [];
    });
    if (wanted.length === 0) return;
    const stored = this.table.read(segment.id);
    if (stored === undefined) throw new DamagedSegment("it is not there");
    checkBody(stored.directory, stored.body);
    const { epochs } = this.index;
    const found: { readonly time: UnixMillis; readonly waits: WaitingEntry }[] = [];
    for (const { run, waiting } of wanted) {
      const { id, watermark } = waiting;
      let time = -Number.MAX_VALUE;
      for (const entry of datedEntries(readRun(stored.body, run, id, watermark), epochs.startOf(run.epoch))) {
        const { sequence, samples } = entry;
        if (!waiting.waits(sequence)) continue;
        // A clock that was set back changes nothing of the order in which one observation is owed.
        time = Math.max(time, samples[0]?.time ?? time);
        found.push({ time, waits: { id, entry } });
      }
    }
    for (const { waits } of found.sort((a, b) => a.time - b.time)) yield waits;
  }
}

function failureOf(error: unknown, file: string): StoreError {
  const failure = storeErrorOf(error, file);
  if (failure.kind !== "locked") return failure;
  const message = `${file} is in use by a gateway that cannot share it now, as when the disk is full: make room, or stop it`;
  return new StoreError("locked", message, { cause: error });
}

function checkVersion(version: number, file: string): void {
  const known = HISTORY_MIGRATIONS.length;
  if (version > known) {
    const message = `${file} was written by a later version (schema version ${version}; this program knows up to ${known})`;
    throw new StoreError("newer", `${message}: use that version`);
  }
  if (version < known) {
    throw new StoreError(
      "older",
      `${file} was written by an earlier version: start the gateway once, which brings it up to date`,
    );
  }
}

/** How long somebody who changes the file may keep us waiting. */
const BUSY_MILLIS = 250;
