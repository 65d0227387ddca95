import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { reasonOf } from "../errors.ts";
import { type SetAside, setAside } from "./set-aside.ts";
import { StoreError } from "./store-error.ts";

/** How long a process that is about to stop may still hold the file. */
const BUSY_MILLIS = 1000;

/** Opens a file; where it is damaged it is renamed and a new one begun. Throws StoreError. */
export function openOrBegin<T>(file: string, open: (file: string) => T, report: (aside: SetAside) => void): T {
  try {
    return open(file);
  } catch (error) {
    const failure = storeErrorOf(error, file);
    if (failure.kind !== "damaged") throw failure;
    report({ file: setAside(file), reason: failure.message });
  }
  try {
    return open(file);
  } catch (error) {
    throw storeErrorOf(error, file);
  }
}

/** What an error of SQLite means to the person who runs the gateway. Any other error is a bug and is thrown on. */
export function storeErrorOf(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof SqliteError)) throw error;
  const reason = `${error.message} (${error.code})`;
  const primary = error.code.split("_").slice(0, 2).join("_");
  if (primary === "SQLITE_BUSY" || primary === "SQLITE_LOCKED") {
    const message = `${file} is in use by another process: stop that one, or give this gateway another state directory`;
    return new StoreError("locked", message, { cause: error });
  }
  if (primary === "SQLITE_FULL") {
    return new StoreError("unwritable", `no room to write ${file}: ${reason}`, { cause: error });
  }
  // A broken header also makes a file "read-only": it is that only where the file system says so too.
  const refusals = ["SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_NOLFS"];
  if (refusals.includes(primary) || (primary === "SQLITE_READONLY" && !isWritable(file))) {
    return new StoreError("unwritable", `cannot write ${file}: ${reason}`, { cause: error });
  }
  return new StoreError("damaged", `${file} is damaged: ${reason}`, { cause: error });
}

/** Makes the directory where it is missing. Throws StoreError `unwritable`. */
export function prepareDirectory(directory: string): void {
  try {
    // The store tells which devices there are: nobody else's business.
    makeDirectory(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = reasonOf(error);
    throw new StoreError("unwritable", `cannot write to the state directory ${directory}: ${reason}`, { cause: error });
  }
}

/** Each level by itself: asked for all at once, Node tries for ever where a file system takes no directories, as /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory) && statSync(directory).isDirectory()) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was quicker.
    if (!existsSync(directory) || !statSync(directory).isDirectory()) throw error;
  }
}

export interface SqliteOptions {
  /** Looks whether it is sound; throws where it is not. */
  readonly check?: (db: Database, file: string) => void;
  /** Others may open it too. */
  readonly shared?: boolean;
}

/** Opens a database of ours, whatever is in it, and brings its schema up to date. Throws SqliteError or StoreError. */
export function openSqlite(
  file: string,
  migrations: readonly string[],
  { check = () => {}, shared = false }: SqliteOptions = {},
): Database {
  const db = new Sqlite(file, { timeout: BUSY_MILLIS });
  try {
    // EXCLUSIVE: one gateway for each file; a second one is told so. The system frees the lock of a killed process. It also
    // needs no file of shared memory, for which a full disk would have no room.
    db.pragma(`locking_mode = ${shared ? "NORMAL" : "EXCLUSIVE"}`);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    check(db, file);
    migrate(db, file, migrations);
    return db;
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

function migrate(db: Database, file: string, migrations: readonly string[]): void {
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version < 0) throw new StoreError("damaged", `${file} is damaged: schema version ${version}`);
  if (version > migrations.length) {
    const known = `schema version ${version}; this program knows up to ${migrations.length}`;
    throw new StoreError("newer", `${file} was written by a later version (${known}): install that version again`);
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    }).immediate();
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Closing writes to a file that may be the reason why we close it; the first error is the one to tell. */
export function closeQuietly(db: Database): void {
  try {
    db.close();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
  }
}
