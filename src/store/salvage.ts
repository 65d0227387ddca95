/**
 * What can still be read of a damaged `gateway.db` goes into the new one: a prefix that changed would be another device to every
 * server. SQLite keeps no checksums, so a row counts as sound where it can be read and fits the schema.
 */
import Sqlite, { type Database, SqliteError } from "better-sqlite3";

/** The rows of each table. */
export type SalvagedRows = ReadonlyMap<string, readonly SalvagedRow[]>;

type SalvagedRow = Readonly<Record<string, unknown>>;

/** Reads each table of the schema from both ends, as far as it goes. What lies in the connection's memory is not read from the disk. */
export function salvage(db: Database, schema: readonly string[]): SalvagedRows {
  return new Map([...columnsOf(schema)].map(([table, columns]) => [table, rowsOf(db, table, columns)]));
}

/** Opens a file of which nothing is known but that it is damaged. Where it does not even open there are no rows. */
export function salvageFile(file: string, schema: readonly string[]): SalvagedRows {
  let db: Database | undefined;
  try {
    db = new Sqlite(file, { fileMustExist: true });
    // Its log may be needed, and nobody else has it open.
    db.pragma("locking_mode = EXCLUSIVE");
    return salvage(db, schema);
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return new Map();
  } finally {
    closeQuietly(db);
  }
}

/** Writes them into an empty database of the newest schema, all in one transaction; returns how many fit. Throws SqliteError. */
export function restore(db: Database, salvaged: SalvagedRows): number {
  // The order of the tables says nothing of who refers to whom: it is looked at when all are there.
  db.pragma("foreign_keys = OFF");
  try {
    return db
      .transaction(() => {
        for (const [table, rows] of salvaged) for (const row of rows) insert(db, table, row);
        removeStrays(db);
        return [...salvaged.keys()].reduce((sum, table) => sum + countOf(db, table), 0);
      })
      .immediate();
  } finally {
    db.pragma("foreign_keys = ON");
  }
}

function rowsOf(db: Database, table: string, columns: readonly string[]): readonly SalvagedRow[] {
  const rows = new Map<unknown, SalvagedRow>();
  try {
    // A file of an earlier version has fewer.
    const there = db.prepare<[string], string>(COLUMNS).pluck().all(table);
    const names = columns.filter((name) => there.includes(name)).join(", ");
    // From the other end where the first way is blocked: a row has the same id from both.
    for (const order of ["ASC", "DESC"]) {
      if (read(db, `SELECT rowid AS "rowid", ${names} FROM ${table} NOT INDEXED ORDER BY rowid ${order}`, rows)) break;
    }
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
  }
  return [...rows.values()];
}

/** Returns whether it came to the end. */
function read(db: Database, sql: string, into: Map<unknown, SalvagedRow>): boolean {
  try {
    for (const row of db.prepare<[], SalvagedRow>(sql).safeIntegers().iterate()) {
      const { rowid, ...values } = row;
      into.set(rowid, values);
    }
    return true;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return false;
  }
}

function insert(db: Database, table: string, row: SalvagedRow): void {
  const names = Object.keys(row);
  try {
    db.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`).run(
      ...Object.values(row),
    );
  } catch (error) {
    // A row that no version of us wrote; any other reason is one of the disk.
    if (!(error instanceof SqliteError && error.code.startsWith("SQLITE_CONSTRAINT"))) throw error;
  }
}

/** Rows whose device is lost, and theirs. */
function removeStrays(db: Database): void {
  for (;;) {
    const strays = db.pragma("foreign_key_check");
    if (!Array.isArray(strays) || strays.length === 0) return;
    for (const { table, rowid } of strays) db.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(rowid);
  }
}

function countOf(db: Database, table: string): number {
  return Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
}

/** The tables of the newest schema, and their columns. */
function columnsOf(schema: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const db = new Sqlite(":memory:");
  try {
    for (const sql of schema) db.exec(sql);
    const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const columns = db.prepare<[string], string>(COLUMNS).pluck();
    return new Map(tables.map((table) => [table, columns.all(table)]));
  } finally {
    db.close();
  }
}

function closeQuietly(db: Database | undefined): void {
  try {
    db?.close();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
  }
}

const COLUMNS = "SELECT name FROM pragma_table_info(?)";
