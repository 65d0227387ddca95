/** What a line carries, kept for a while for whoever asks for it in pieces. Nothing is kept where nobody listens. */
import { type Clock, DeviceError, MINUTE, type Millis } from "../../../src/adapter.ts";
import type { SerialLine } from "../line.ts";
import type { Carried, Listened } from "./ask.ts";

/** Longer waits are several questions. */
export const LONGEST_WAIT: Millis = MINUTE;
/** Who has not asked for so long has gone. */
const FORGOTTEN_AFTER: Millis = 2 * MINUTE;
/** What is kept between two questions. */
const MOST_BYTES = 65_536;

export class Recorder {
  private readonly line: SerialLine;
  private readonly clock: Clock;
  private carried: Carried[] = [];
  /** The number of the first piece that is kept. */
  private first = 0;
  private bytes = 0;
  private missed = 0;
  private untap: (() => void) | undefined;
  private cancel = (): void => {};
  private closed = false;
  private readonly waiting = new Set<() => void>();

  constructor(line: SerialLine, clock: Clock) {
    this.line = line;
    this.clock = clock;
  }

  /** What was carried since the answer whose `next` this is, else what comes first within `wait`. Rejects where the line is lost. */
  async listen(since: number, wait: Millis): Promise<Listened> {
    this.untap ??= this.line.tap({ carried: (way, bytes) => this.keep(way, bytes), closed: () => this.close() });
    this.cancel();
    this.mustBeOpen();
    // Numbers that nobody was told are those of a gateway that ran before.
    const from = since > this.first + this.carried.length ? this.first : Math.max(since, this.first);
    if (this.first + this.carried.length <= from) await this.something(wait);
    this.mustBeOpen();
    this.cancel = this.clock.at(this.clock.monotonic() + FORGOTTEN_AFTER, () => this.stop());
    const carried = this.carried.slice(Math.max(0, from - this.first));
    const { missed } = this;
    this.missed = 0;
    return { carried, next: this.first + this.carried.length, missed };
  }

  private something(wait: Millis): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const over = (): void => {
        cancel();
        unhear();
        this.waiting.delete(over);
        resolve();
      };
      const cancel = this.clock.at(this.clock.monotonic() + wait, over);
      this.waiting.add(over);
      // Called at once where the line is lost already.
      let unhear = (): void => {};
      unhear = this.line.listen((there, reason) => {
        if (there) return;
        reject(new DeviceError("unreachable", reason ?? "the line is lost"));
        over();
      });
      if (!this.waiting.has(over)) unhear();
    });
  }

  private keep(way: Carried["way"], bytes: Uint8Array): void {
    this.carried.push({ way, time: this.clock.wall(), bytes: Uint8Array.from(bytes) });
    this.bytes += bytes.length;
    while (this.bytes > MOST_BYTES) {
      const length = this.carried.shift()?.bytes.length ?? 0;
      this.first++;
      this.bytes -= length;
      this.missed += length;
    }
    for (const over of [...this.waiting]) over();
  }

  private close(): void {
    this.closed = true;
    this.cancel();
    for (const over of [...this.waiting]) over();
  }

  private mustBeOpen(): void {
    if (this.closed) throw new DeviceError("unreachable", "the link is closed");
  }

  private stop(): void {
    this.untap?.();
    this.untap = undefined;
    this.first += this.carried.length;
    this.carried = [];
    this.bytes = 0;
    this.missed = 0;
  }
}
