import { join } from "node:path";
import { type Database, SqliteError } from "better-sqlite3";
import { closeQuietly, openSqlite, prepareDirectory, storeErrorOf } from "./database.ts";
import { DeviceTable } from "./device-table.ts";
import { InstanceTable } from "./instance-table.ts";
import { MIGRATIONS } from "./migrations.ts";
import { restore, type SalvagedRows, salvage, salvageFile } from "./salvage.ts";
import { type SetAside, setAside } from "./set-aside.ts";
import { StoreError } from "./store-error.ts";

const FILE_NAME = "gateway.db";

/** The open file and its tables. */
export interface GatewayTables {
  readonly db: Database;
  readonly devices: DeviceTable;
  readonly instances: InstanceTable;
}

/** What became of a damaged file. */
export interface Replaced extends SetAside {
  /** How many rows of it the new one has. */
  readonly saved: number;
}

/**
 * `gateway.db`, which holds what must not change: prefixes, instances. Where it turns out to be damaged, at the start or later,
 * it is set aside and a new one begun with everything that memory and the damaged file still give.
 */
export class GatewayFile {
  readonly name: string;
  private readonly report: (replaced: Replaced) => void;
  private tables: GatewayTables | undefined;
  /** What the next file is to hold, until it does. */
  private saved: SalvagedRows | undefined;

  /** Makes directory and file where they are missing. Throws StoreError `locked`, `newer` or `unwritable`. */
  constructor(directory: string, report: (replaced: Replaced) => void) {
    this.name = join(directory, FILE_NAME);
    this.report = report;
    prepareDirectory(directory);
    this.asked(() => this.open());
  }

  /** What the work gives; done again, from its beginning, where it met damage. Throws StoreError. */
  use<T>(work: (tables: GatewayTables) => T): T {
    return this.asked(() => {
      const tables = this.open();
      try {
        return work(tables);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        this.replace(storeErrorOf(error, this.name));
        return work(this.open());
      }
    });
  }

  /** Reads the file itself again, and not what memory has of it. Returns what was wrong with it; then it is another one now. */
  check(): string | undefined {
    return this.asked(() => {
      const { db } = this.open();
      const known = salvage(db, MIGRATIONS);
      db.pragma("shrink_memory");
      try {
        check(db, this.name);
        return undefined;
      } catch (error) {
        const failure = storeErrorOf(error, this.name);
        if (failure.kind !== "damaged") throw failure;
        this.replace(failure, known);
        this.open();
        return failure.message;
      }
    });
  }

  close(): void {
    if (this.tables !== undefined) closeQuietly(this.tables.db);
    this.tables = undefined;
  }

  private open(): GatewayTables {
    if (this.tables !== undefined) return this.tables;
    try {
      this.tables = openTables(this.name, this.saved);
    } catch (error) {
      const failure = storeErrorOf(error, this.name);
      if (failure.kind !== "damaged") throw failure;
      this.replace(failure, this.saved ?? salvageFile(this.name, MIGRATIONS));
      this.tables = openTables(this.name, this.saved);
    }
    this.saved = undefined;
    return this.tables;
  }

  private replace(failure: StoreError, known?: SalvagedRows): void {
    this.saved = known ?? (this.tables === undefined ? undefined : salvage(this.tables.db, MIGRATIONS));
    this.close();
    const file = setAside(this.name);
    const saved = [...(this.saved?.values() ?? [])].reduce((sum, rows) => sum + rows.length, 0);
    this.report({ file, reason: failure.message, saved });
  }

  private asked<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeErrorOf(error, this.name);
    }
  }
}

function openTables(file: string, saved: SalvagedRows | undefined): GatewayTables {
  const db = openSqlite(file, MIGRATIONS, { check });
  try {
    const tables = { db, devices: new DeviceTable(db), instances: new InstanceTable(db) };
    if (saved !== undefined) {
      restore(db, saved);
      tables.devices.complete();
    }
    return tables;
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

/** A statement that breaks a rule of the schema, for example, is no damage. */
function isCorrupt(error: unknown): boolean {
  return error instanceof SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code);
}
