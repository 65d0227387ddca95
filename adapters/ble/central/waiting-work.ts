/** What waits for its turn with one peripheral. */
import type { Clock, DeviceError, Millis } from "../../../src/adapter.ts";
import type { LivePeripheral } from "./live-peripheral.ts";
import type { Peripheral, Urgency } from "./session-types.ts";

interface Waiting {
  readonly urgency: Urgency;
  readonly start: (live: LivePeripheral) => Promise<void>;
  readonly reject: (error: DeviceError) => void;
}

export class WaitingWork {
  private readonly clock: Clock;
  private waiting: Waiting[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** Of the most urgent; undefined: nothing waits. */
  get urgency(): Urgency | undefined {
    return this.next?.urgency;
  }

  /** Settles as the work does, or with `late` where it did not begin in time. `onGone`: that came of it. */
  add<T>(
    work: (peripheral: Peripheral) => Promise<T>,
    {
      urgency,
      span,
      late,
      onGone,
    }: { readonly urgency: Urgency; readonly span: Millis; late(): DeviceError; onGone(): void },
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        cancel();
        this.waiting = this.waiting.filter((other) => other !== entry);
      };
      const entry: Waiting = {
        urgency,
        start: async (live) => {
          leave();
          try {
            resolve(await live.run(work));
          } catch (error) {
            reject(error);
          }
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const cancel = this.clock.at(this.clock.monotonic() + span, () => {
        entry.reject(late());
        onGone();
      });
      this.waiting.push(entry);
    });
  }

  /** Writes first, in the order in which they came; then reads. */
  get next(): Waiting | undefined {
    return this.waiting.find(({ urgency }) => urgency === "write") ?? this.waiting[0];
  }

  /** Rejects all that waits. */
  fail(error: DeviceError): void {
    for (const { reject } of this.waiting) reject(error);
  }
}
