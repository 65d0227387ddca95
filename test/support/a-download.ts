/** A download over real sockets on a clock that a test moves: the pauses between two tries pass by themselves. */
import { createHash } from "node:crypto";
import { DownloadError, type Downloader } from "../../src/firmware/download.ts";
import type { AnIncomingImage } from "./an-incoming-image.ts";
import { FakeClock } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export class DownloadWorld {
  readonly clock = new FakeClock();
  readonly lines: LogLine[] = [];
  readonly marks: string[] = [];
  readonly pauses: number[] = [];
  readonly controller = new AbortController();
  /** Of the last progress. */
  total: number | undefined;

  readonly log = recordingLogger({
    push: (...lines: LogLine[]) => {
      this.lines.push(...lines);
      for (const { fields } of lines) {
        const { pause } = fields;
        if (typeof pause !== "number") continue;
        this.pauses.push(pause);
        setImmediate(() => void this.advance(pause));
      }
      return this.lines.length;
    },
  });

  private turn: Promise<void> = Promise.resolve();

  /** Moves the clock, after whoever moves it now. */
  advance(span: number): Promise<void> {
    this.turn = this.turn.then(() => this.clock.advance(span));
    return this.turn;
  }

  /** Moves it on, and on, until that is done. */
  async until<T>(done: Promise<T>, step: number): Promise<T> {
    let over = false;
    void done.finally(() => {
      over = true;
    });
    while (!over) await this.advance(step);
    return done;
  }

  /** Why it broke off, each time. */
  get reasons(): readonly unknown[] {
    return this.lines.flatMap(({ fields }) => ("pause" in fields ? [Reflect.get(fields, "reason")] : []));
  }

  /** Undefined, or with which result and sentence it failed. */
  async fetch(
    downloader: Downloader,
    uri: string,
    into: AnIncomingImage,
    mark?: string,
  ): Promise<readonly [number, string] | undefined> {
    try {
      await downloader.fetch(uri, into, this.controller.signal, {
        onProgress: (_bytes, total) => {
          this.total = total;
        },
        onMark: (told) => this.marks.push(told),
        ...(mark === undefined ? {} : { mark }),
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      return [error.result, error.message];
    }
  }
}

/** Bytes that no part of them is like another. */
export function anImage(size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < size; i++) blocks.push(createHash("sha256").update(String(i)).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
