import type { Database } from "better-sqlite3";
import type { Millis, UnixMillis } from "../clock.ts";

/** What a run of the gateway leaves of the time for the next one: it is not earlier then. */
export interface KnownTime {
  readonly time: UnixMillis;
  /** In which run of the machine that was; empty where the machine has no name for it. */
  readonly boot: string;
  /** How long that run had lasted. */
  readonly uptime: Millis;
  /** Whether the machine's clock was right; else it was so late at least. */
  readonly trusted: boolean;
}

interface Row {
  readonly time: number;
  readonly boot: string;
  readonly uptime: number;
  readonly trusted: number;
}

/** The table `clock`, which has one row. Throws SqliteError. */
export function loadKnownTime(db: Database): KnownTime | undefined {
  const row = db.prepare<[], Row>("SELECT time, boot, uptime, trusted FROM clock").get();
  return row === undefined ? undefined : { ...row, trusted: row.trusted === 1 };
}

/** Throws SqliteError. */
export function saveKnownTime(db: Database, { time, boot, uptime, trusted }: KnownTime): void {
  db.prepare<[number, string, number, number]>(
    "INSERT OR REPLACE INTO clock (one, time, boot, uptime, trusted) VALUES (1, ?, ?, ?, ?)",
  ).run(time, boot, uptime, trusted ? 1 : 0);
}
