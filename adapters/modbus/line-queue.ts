/** One wire, one talker. */
import { DeviceError } from "../../src/adapter.ts";

/** Writes overtake reads that still wait: somebody stands at the switch. */
export type Urgency = "write" | "read";

interface Waiting {
  readonly start: () => Promise<void>;
  readonly reject: (error: DeviceError) => void;
}

/**
 * Runs tasks one at a time: writes first, else in the order in which they came. A task must settle by itself; the queue
 * holds while the line is away.
 */
export class LineQueue {
  private readonly limit: number;
  private readonly writes: Waiting[] = [];
  private readonly reads: Waiting[] = [];
  private busy = false;
  private held = false;

  /** `limit`: how many tasks may wait; a line so far behind will not catch up. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Settles as the task does. Rejects with DeviceError where it never started: see `fail`, or too many wait. */
  run<T>(urgency: Urgency, task: () => Promise<T>): Promise<T> {
    if (this.waiting >= this.limit) {
      return Promise.reject(
        new DeviceError("rejected", `the line is overloaded: ${this.waiting} requests wait already`),
      );
    }
    return new Promise<T>((resolve, reject) => {
      const start = async (): Promise<void> => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      };
      (urgency === "write" ? this.writes : this.reads).push({ start, reject });
      this.next();
    });
  }

  get waiting(): number {
    return this.writes.length + this.reads.length;
  }

  /** Starts nothing until `release`; a task that runs goes on. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.next();
  }

  /** Rejects every task that still waits. */
  fail(error: DeviceError): void {
    for (const { reject } of [...this.writes.splice(0), ...this.reads.splice(0)]) reject(error);
  }

  private next(): void {
    if (this.busy || this.held) return;
    const task = this.writes.shift() ?? this.reads.shift();
    if (task === undefined) return;
    this.busy = true;
    void task.start().then(() => {
      this.busy = false;
      this.next();
    });
  }
}
