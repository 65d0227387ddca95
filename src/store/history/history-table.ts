import { crc32 } from "node:zlib";
import type { Database, Statement } from "better-sqlite3";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { crcOfEpoch, type Epoch } from "./epochs.ts";
import { encodeGaps } from "./gaps.ts";
import type { IndexedSegment, Observed } from "./observed.ts";
import type { Segment } from "./segment.ts";

export interface SegmentRow {
  readonly id: number;
  readonly level: number;
  readonly size: number;
  readonly directory: Uint8Array;
}

export interface SegmentContent {
  readonly id: number;
  readonly directory: Uint8Array;
  readonly body: Uint8Array;
}

export interface ObservationRow {
  readonly number: number;
  readonly id: ObservationId;
  readonly keep: number;
  readonly confirmed: number;
  /** See encodeGaps. */
  readonly gaps: Uint8Array;
  readonly crc: number;
}

interface EpochRow extends Omit<Epoch, "known"> {
  readonly known: number;
  readonly crc: number;
}

/** Of all that a row says: a name that has changed would give its entries to somebody else. */
export function crcOf({ number, id, keep, confirmed, gaps }: Omit<ObservationRow, "crc">): number {
  return crc32(gaps, crc32(`${number} ${keep} ${confirmed} ${id}`));
}

/** What one transaction does. */
export interface TableChange {
  readonly removed: Iterable<number>;
  readonly added: readonly (Pick<IndexedSegment, "id" | "level"> & { readonly segment: Segment })[];
  readonly observations: Iterable<Observed>;
  readonly epochs?: Iterable<Epoch>;
}

/** The tables `segments`, `observations` and `epochs`. Methods throw SqliteError. */
export class HistoryTable {
  readonly db: Database;
  private readonly selectSegments: Statement<[], SegmentRow>;
  private readonly selectSegment: Statement<[number], { readonly directory: Uint8Array; readonly body: Uint8Array }>;
  private readonly selectContents: Statement<[], SegmentContent>;
  private readonly selectObservations: Statement<[], ObservationRow>;
  private readonly insertSegment: Statement<[number, number, Uint8Array, Uint8Array]>;
  private readonly deleteSegment: Statement<[number]>;
  private readonly upsertObservation: Statement<[number, string, number, number, Uint8Array, number]>;
  private readonly selectEpochs: Statement<[], EpochRow>;
  private readonly upsertEpoch: Statement<[number, string, number, number, number]>;
  private readonly deleteEpoch: Statement<[number]>;
  private readonly deleteObservation: Statement<[number]>;

  constructor(db: Database) {
    this.db = db;
    // The body stands last and is not read: its length is in the head of the row. Where a disk has changed that head, a value
    // may be of any type, whatever the table allows.
    this.selectSegments = db.prepare(
      `SELECT id, ifnull(CAST(level AS INTEGER), 0) AS level, ifnull(length(directory) + length(body), 0) AS size,
         ${blob("directory")} FROM segments ORDER BY id`,
    );
    this.selectSegment = db.prepare(`SELECT ${blob("directory")}, ${blob("body")} FROM segments WHERE id = ?`);
    this.selectContents = db.prepare(`SELECT id, ${blob("directory")}, ${blob("body")} FROM segments`);
    this.selectObservations = db.prepare(`SELECT number, id, keep, confirmed, ${blob("gaps")}, crc FROM observations`);
    this.insertSegment = db.prepare("INSERT INTO segments (id, level, directory, body) VALUES (?, ?, ?, ?)");
    this.deleteSegment = db.prepare("DELETE FROM segments WHERE id = ?");
    this.upsertObservation = db.prepare(
      `INSERT INTO observations (number, id, keep, confirmed, gaps, crc) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (number) DO UPDATE SET
         id = excluded.id, keep = excluded.keep, confirmed = excluded.confirmed, gaps = excluded.gaps, crc = excluded.crc`,
    );
    this.selectEpochs = db.prepare("SELECT number, boot, started, known, crc FROM epochs");
    this.upsertEpoch = db.prepare(
      "INSERT OR REPLACE INTO epochs (number, boot, started, known, crc) VALUES (?, ?, ?, ?, ?)",
    );
    this.deleteEpoch = db.prepare("DELETE FROM epochs WHERE number = ?");
    this.deleteObservation = db.prepare("DELETE FROM observations WHERE number = ?");
  }

  segments(): IterableIterator<SegmentRow> {
    return this.selectSegments.iterate();
  }

  observations(): readonly ObservationRow[] {
    return this.selectObservations.all();
  }

  /** Those whose rows are what was written. */
  epochs(): readonly Epoch[] {
    const rows = this.selectEpochs.all().map(({ known, crc, ...row }) => ({ ...row, known: known === 1, crc }));
    return rows.flatMap(({ crc, ...epoch }) => (crc === crcOfEpoch(epoch) ? [epoch] : []));
  }

  read(id: number): { readonly directory: Uint8Array; readonly body: Uint8Array } | undefined {
    return this.selectSegment.get(id);
  }

  /** Every segment with all of its bytes. */
  contents(): IterableIterator<SegmentContent> {
    return this.selectContents.iterate();
  }

  /** Gives back to the disk what the log takes; what is in it goes to its place. */
  emptyLog(): void {
    this.db.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** Gives back to the disk what the file does not need. To be asked when there is next to nothing in it. */
  shrink(): void {
    this.db.exec("VACUUM");
    this.emptyLog();
  }

  /** Of these there is nothing any more. */
  forgetEpochs(numbers: readonly number[]): void {
    for (const number of numbers) this.deleteEpoch.run(number);
  }

  apply({ removed, added, observations, epochs = [] }: TableChange): void {
    this.db
      .transaction(() => {
        for (const id of removed) this.deleteSegment.run(id);
        for (const { id, level, segment } of added) this.insertSegment.run(id, level, segment.directory, segment.body);
        for (const observed of observations) {
          if (observed.references > 0) this.write(observed);
          else this.deleteObservation.run(observed.number);
        }
        for (const epoch of epochs) {
          const { number, boot, started, known } = epoch;
          this.upsertEpoch.run(number, boot, started, known ? 1 : 0, crcOfEpoch(epoch));
        }
      })
      .immediate();
  }

  private write(observed: Observed): void {
    const { number, id, keep, confirmed } = observed;
    const gaps = encodeGaps(observed.gaps);
    this.upsertObservation.run(number, id, keep, confirmed, gaps, crcOf({ number, id, keep, confirmed, gaps }));
  }
}

/** What is no BLOB is one without bytes. */
function blob(column: string): string {
  return `CASE typeof(${column}) WHEN 'blob' THEN ${column} ELSE x'' END AS ${column}`;
}
