import type { Database } from "better-sqlite3";

/** The table `machine`, which has one row at most: whose state it is. Undefined: nobody's yet. Throws SqliteError. */
export function loadMachine(db: Database): string | undefined {
  return db.prepare<[], string>("SELECT hash FROM machine").pluck().get();
}

/** Undefined: it belongs to nobody from now on. Throws SqliteError. */
export function saveMachine(db: Database, hash: string | undefined): void {
  if (hash === undefined) db.exec("DELETE FROM machine");
  else db.prepare<[string]>("INSERT OR REPLACE INTO machine (one, hash) VALUES (1, ?)").run(hash);
}
