import Sqlite, { type Database } from "better-sqlite3";
import { closeQuietly, storeErrorOf } from "../database.ts";
import { DamagedSegment } from "./byte-reader.ts";
import type { HistoryFindings } from "./calls.ts";
import { HistoryTable } from "./history-table.ts";
import { checkBody } from "./segment.ts";

/** Why a file could not be checked; that says nothing of what is in it. */
export interface Unchecked {
  readonly unchecked: string;
}

/** Reads the whole file, which another thread may write meanwhile. Takes seconds where it is large. */
export function checkHistoryFile(file: string): HistoryFindings | Unchecked {
  let db: Database | undefined;
  try {
    db = new Sqlite(file, { readonly: true, fileMustExist: true });
    // There are no indexes: it looks at as much as the integrity check.
    const answer = String(db.pragma("quick_check(1)", { simple: true }));
    if (answer !== "ok") return { damage: answer, segments: [] };
    return { damage: undefined, segments: changedSegments(new HistoryTable(db)) };
  } catch (error) {
    const { kind, message } = storeErrorOf(error, file);
    return kind === "damaged" ? { damage: message, segments: [] } : { unchecked: message };
  } finally {
    if (db !== undefined) closeQuietly(db);
  }
}

/** SQLite does not notice where the content of a row has changed; their checksums do. */
function changedSegments(table: HistoryTable): readonly number[] {
  const changed: number[] = [];
  for (const { id, directory, body } of table.contents()) {
    try {
      checkBody(directory, body);
    } catch (error) {
      if (!(error instanceof DamagedSegment)) throw error;
      changed.push(id);
    }
  }
  return changed;
}
