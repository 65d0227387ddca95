import { accessSync, constants, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { systemClock } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import { DeviceTable } from "./device-table.ts";
import { InstanceTable } from "./instance-table.ts";
import { MIGRATIONS } from "./migrations.ts";
import { StoreError } from "./store-error.ts";

const FILE_NAME = "gateway.db";

/** How long a process that is about to stop may still hold the file. */
const BUSY_MILLIS = 1000;

/** The open file and its tables. */
export interface StoreFile {
  readonly db: Database;
  readonly devices: DeviceTable;
  readonly instances: InstanceTable;
}

/** Where a damaged file went, and what was wrong with it. */
export interface SetAside {
  readonly file: string;
  readonly reason: string;
}

/**
 * Opens `gateway.db` in the directory, making both where they are missing, and brings the schema up to date. A damaged
 * file is renamed and a new one begun. Throws StoreError `locked`, `newer` or `unwritable`.
 */
export function openDatabase(directory: string, report: (aside: SetAside) => void): StoreFile {
  prepareDirectory(directory);
  return openOrBegin(join(directory, FILE_NAME), openFile, report);
}

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

function prepareDirectory(directory: string): void {
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

function openFile(file: string): StoreFile {
  const db = openSqlite(file, MIGRATIONS, check);
  try {
    return { db, devices: new DeviceTable(db), instances: new InstanceTable(db) };
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

/** Opens a database of ours, whatever is in it, and brings its schema up to date. Throws SqliteError or StoreError. */
export function openSqlite(
  file: string,
  migrations: readonly string[],
  check: (db: Database, file: string) => void = () => {},
): Database {
  const db = new Sqlite(file, { timeout: BUSY_MILLIS });
  try {
    // EXCLUSIVE: one gateway for each file; a second one is told so. The system frees the lock of a killed process.
    db.pragma("locking_mode = EXCLUSIVE");
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

function check(db: Database, file: string): void {
  const answer = db.pragma("integrity_check(1)", { simple: true });
  if (answer !== "ok") throw new StoreError("damaged", `${file} is damaged: ${String(answer)}`);
  const strays: unknown = db.pragma("foreign_key_check");
  if (Array.isArray(strays) && strays.length > 0) {
    throw new StoreError("damaged", `${file} is damaged: a row without its device`);
  }
  // One wrong byte in the header makes a file that can be read, and never be written.
  db.exec(`BEGIN; PRAGMA user_version = ${Number(db.pragma("user_version", { simple: true }))}; ROLLBACK`);
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

/** Renames the file and what SQLite keeps beside it, so that the pieces still fit together; returns its new name. */
export function setAside(file: string): string {
  const time = new Date(systemClock.wall()).toISOString().replaceAll(":", "-");
  const target = `${file}.damaged-${time}`;
  try {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) {
      if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
    }
  } catch (error) {
    throw new StoreError("unwritable", `${file} is damaged and cannot be renamed to ${target}`, { cause: error });
  }
  return target;
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
