import { statSync } from "node:fs";
import { join } from "node:path";
import { closeQuietly, openOrBegin, openSqlite, storeErrorOf } from "../database.ts";
import { HISTORY_MIGRATIONS } from "../migrations.ts";
import { removeDatabase, type SetAside, setAside } from "../set-aside.ts";
import { StoreError } from "../store-error.ts";
import { HistoryTable } from "./history-table.ts";

const FILE_NAME = "history.db";

/** `history.db`, opened when it is needed, and again after it was set aside. Methods throw StoreError. */
export class HistoryFile {
  readonly name: string;
  private readonly report: (aside: SetAside) => void;
  private table: HistoryTable | undefined;
  private open: (file: string) => HistoryTable = openAny;

  constructor(directory: string, report: (aside: SetAside) => void) {
    this.name = join(directory, FILE_NAME);
    this.report = report;
  }

  /** What the table gives. */
  use<T>(work: (table: HistoryTable) => T): T {
    this.table ??= openOrBegin(this.name, this.open, this.report);
    try {
      return work(this.table);
    } catch (error) {
      throw storeErrorOf(error, this.name);
    }
  }

  /** It broke while it was in use: the next use begins a new one. */
  abandon(reason: string): void {
    this.close();
    this.report({ file: setAside(this.name), reason });
  }

  /** Nothing in it is needed any more: the next use begins a new one. */
  discard(): void {
    this.close();
    removeDatabase(this.name);
  }

  /** Whether another thread may read the file that is open. */
  get shared(): boolean {
    return this.open === openShared;
  }

  /** Another thread may read it from now on, beside what is done here; no other gateway does, since `gateway.db` keeps it out. */
  share(): void {
    this.close();
    this.open = openShared;
    try {
      this.use(() => {});
    } catch (error) {
      // Where there is no room for the memory that both share.
      this.close();
      throw error;
    }
  }

  /** The other thread has closed it. */
  unshare(): void {
    this.close();
  }

  /** Of the file and its log. */
  get bytes(): number {
    return [this.name, `${this.name}-wal`].reduce(
      (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  close(): void {
    if (this.table !== undefined) closeQuietly(this.table.db);
    this.table = undefined;
    this.open = openAny;
  }
}

/** So that others may read it; alone where the disk has no room for the memory that is shared then. */
function openAny(file: string): HistoryTable {
  try {
    return openShared(file);
  } catch {
    return open(file, false);
  }
}

const openShared = (file: string): HistoryTable => open(file, true);

function open(file: string, shared: boolean): HistoryTable {
  const db = openSqlite(file, HISTORY_MIGRATIONS, { shared });
  try {
    return new HistoryTable(db);
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

/** Whether a new file is the only way on. */
export function isDamage(error: unknown): error is StoreError {
  return error instanceof StoreError && error.kind === "damaged";
}
