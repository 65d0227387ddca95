/** What one line wants of its wire. */
import { DeviceError } from "../../src/adapter.ts";
import type { Bus, Lane, Urgency } from "./bus.ts";

export interface Turn {
  readonly urgency: Urgency;
  readonly unit: number;
}

/** Tasks of one line, which take their turns on its bus. A task must settle by itself; the queue holds while the line is away. */
export class LineQueue implements Lane {
  private readonly bus: Bus;
  private readonly limit: number;
  private holds = false;

  /** `limit`: how many tasks may wait; a line so far behind will not catch up. */
  constructor(bus: Bus, limit: number) {
    this.bus = bus;
    this.limit = limit;
  }

  get held(): boolean {
    return this.holds;
  }

  get waiting(): number {
    return this.bus.count(this);
  }

  /** Settles as the task does. Rejects with DeviceError where it never started: see `fail`, or too many wait. */
  run<T>({ urgency, unit }: Turn, task: () => Promise<T>): Promise<T> {
    const { waiting } = this;
    if (waiting >= this.limit) {
      return Promise.reject(new DeviceError("rejected", `the line is overloaded: ${waiting} requests wait already`));
    }
    return new Promise<T>((resolve, reject) => {
      const start = async (): Promise<void> => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      };
      this.bus.add({ urgency, unit, lane: this, start, reject });
    });
  }

  /** Starts nothing until `release`; a task that runs goes on. */
  hold(): void {
    this.holds = true;
  }

  release(): void {
    this.holds = false;
    this.bus.next();
  }

  /** Rejects every task that still waits. */
  fail(error: DeviceError): void {
    for (const { reject } of this.bus.remove(this)) reject(error);
  }
}
