/** What is heard becomes rows while it comes: a row is complete when it is full, when a line ends, or after a silence. No I/O. */
import type { Millis, UnixMillis } from "../../../src/adapter.ts";
import type { Carried } from "./ask.ts";
import { type ByteRow, ROW_BYTES, rowsOf } from "./byte-text.ts";
import { PAUSE } from "./guess/bursts.ts";

export interface TimedRow extends ByteRow {
  /** When its first byte came. */
  readonly time: UnixMillis;
  readonly way: Carried["way"];
}

const LINE_FEED = 0x0a;

export class RowsAsTheyCome {
  private way: Carried["way"] = "in";
  private time: UnixMillis = 0;
  private last: UnixMillis = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  /** The rows that are complete now. */
  push({ way, time, bytes }: Carried): readonly TimedRow[] {
    const rows = way !== this.way || time - this.last > PAUSE ? [...this.end()] : [];
    if (this.bytes.length === 0) this.time = time;
    this.way = way;
    this.last = time;
    this.bytes = Buffer.concat([this.bytes, bytes]);
    while (this.bytes.length > 0) {
      const length = this.bytes.subarray(0, ROW_BYTES).indexOf(LINE_FEED) + 1 || ROW_BYTES;
      if (length > this.bytes.length) break;
      rows.push(...this.take(length));
      this.time = time;
    }
    return rows;
  }

  /** It has been silent for so long: what is there is a row. */
  quiet(span: Millis): readonly TimedRow[] {
    return span > PAUSE ? this.end() : [];
  }

  /** Nothing more comes. */
  end(): readonly TimedRow[] {
    return this.bytes.length === 0 ? [] : this.take(this.bytes.length);
  }

  private take(length: number): readonly TimedRow[] {
    const { way, time } = this;
    const rows = rowsOf(this.bytes.subarray(0, length)).map((row) => ({ ...row, way, time }));
    this.bytes = this.bytes.subarray(length);
    return rows;
  }
}
