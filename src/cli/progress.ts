/**
 * How far long work is, in one line on standard error. On a terminal it rewrites itself, and is gone when something else is written
 * or the work is done; elsewhere, as in a log, it is a line now and then. Standard output stays what it is.
 */
import { type Clock, type Millis, SECOND, systemClock } from "../clock.ts";

/** What `process.stderr` has of a terminal. */
export interface ProgressOut {
  readonly isTTY?: boolean;
  /** Width of the terminal; 0 or absent: it does not say. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Short work shows nothing: this passes before the first line, too. */
const EVERY: Readonly<Record<"terminal" | "elsewhere", Millis>> = { terminal: SECOND / 4, elsewhere: 10 * SECOND };
const USUAL_WIDTH = 80;
const ERASED = "\r\u001b[K";

export class Progress {
  private readonly out: ProgressOut | undefined;
  private readonly clock: Clock;
  private readonly every: Millis;
  private words: () => string = () => "";
  private next: Millis | undefined;
  private cancel = (): void => {};
  /** What stands in the line of the terminal, or was the last line elsewhere. */
  private shown = "";
  private ended = false;

  /** Without `out` it says nothing. */
  constructor(out: ProgressOut | undefined, clock: Clock) {
    this.out = out;
    this.clock = clock;
    this.every = out?.isTTY ? EVERY.terminal : EVERY.elsewhere;
  }

  /** Asked for its words whenever they are shown anew, until others come: they may count, or tell the time that has passed. */
  readonly show = (words: () => string): void => {
    // Work that failed may have parts that go on for a moment.
    if (this.out === undefined || this.ended) return;
    this.words = words;
    if (this.next === undefined) this.wait();
    // Work that never lets a timer run is shown, too.
    else if (this.clock.monotonic() >= this.next) this.draw();
  };

  /** Before something else is written to the same terminal; the line comes back by itself. */
  clear(): void {
    if (!this.out?.isTTY || this.shown === "") return;
    this.out.write(ERASED);
    this.shown = "";
  }

  /** Nothing is shown any more. */
  end(): void {
    this.ended = true;
    this.cancel();
    this.next = undefined;
    this.clear();
  }

  private wait(): void {
    this.cancel();
    this.next = this.clock.monotonic() + this.every;
    this.cancel = this.clock.at(this.next, () => this.draw());
  }

  private draw(): void {
    this.wait();
    const text = this.fitting(this.words().replaceAll(/\p{Cc}/gu, " "));
    if (text === this.shown) return;
    this.out?.write(this.out.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    this.shown = text;
  }

  /** A line that wraps cannot be taken back; the last column is left free, where some terminals wrap at once. */
  private fitting(text: string): string {
    if (!this.out?.isTTY) return text;
    const most = Math.max(1, (this.out.columns || USUAL_WIDTH) - 1);
    const characters = [...text];
    return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
  }
}

/** On standard error; `isWanted`: not so where a script reads, as with `--json`. What the work gives. */
export async function withProgress<T>(isWanted: boolean, work: (progress: Progress) => T | Promise<T>): Promise<T> {
  const progress = new Progress(isWanted ? standardError() : undefined, systemClock);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

/** For work that cannot say how far it is: for how long it has been waited for. */
export function whileWaiting<T>(isWanted: boolean, waitingFor: string, work: () => Promise<T>): Promise<T> {
  const began = systemClock.monotonic();
  return withProgress(isWanted, (progress) => {
    progress.show(() => {
      const seconds = Math.floor((systemClock.monotonic() - began) / SECOND);
      return seconds === 0 ? waitingFor : `${waitingFor}: ${seconds} s`;
    });
    return work();
  });
}

/** A terminal that cannot rewrite a line is none. */
function standardError(): ProgressOut {
  const { TERM } = process.env;
  if (TERM !== "dumb") return process.stderr;
  return { write: (text) => process.stderr.write(text) };
}
