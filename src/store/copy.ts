/** A database of ours as it is at one moment, as a file of its own: without its log, and without the room of what was deleted. */
import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { closeQuietly, storeErrorOf } from "./database.ts";
import { StoreError } from "./store-error.ts";

/** Of one that is open here. Throws StoreError; no half of a copy is left then. */
export function copyOpen(db: Database, target: string): void {
  try {
    db.prepare<[string]>("VACUUM INTO ?").run(target);
  } catch (error) {
    rmSync(target, { force: true });
    const failure = storeErrorOf(error, target);
    if (failure.kind === "unwritable" || failure.kind === "locked") throw failure;
    throw storeErrorOf(error, db.name);
  }
}

/**
 * Of a file that another process may have open, which goes on meanwhile; nothing is written to it. Returns the copy's size in
 * bytes; undefined where there is no such file. Throws StoreError: `locked` where a process does not share it.
 */
export function copyDatabase(file: string, target: string): number | undefined {
  if (!existsSync(file)) return undefined;
  let db: Database;
  try {
    db = new Sqlite(file, { readonly: true, timeout: BUSY_MILLIS });
  } catch (error) {
    throw storeErrorOf(error, file);
  }
  try {
    // Says by itself whether the file is free, before anything is written beside it.
    db.pragma("schema_version");
    copyOpen(db, target);
    return statSync(target).size;
  } catch (error) {
    throw error instanceof SqliteError ? storeErrorOf(error, file) : error;
  } finally {
    closeQuietly(db);
  }
}

const BUSY_MILLIS = 1000;

/** What the files of a state directory are called, by what is in them. */
export const DATABASES = { gateway: "gateway.db", history: "history.db" } as const;

/** Whether a process has the state in this directory open. */
export function isInUse(directory: string): boolean {
  const file = join(directory, DATABASES.gateway);
  if (!existsSync(file)) return false;
  const db = new Sqlite(file, { readonly: true, timeout: 0 });
  try {
    db.pragma("schema_version");
    return false;
  } catch (error) {
    const failure = storeErrorOf(error, file);
    if (failure instanceof StoreError) return failure.kind === "locked";
    throw failure;
  } finally {
    closeQuietly(db);
  }
}
