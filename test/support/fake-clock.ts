import { type Clock, type Millis, type Random, SECOND, type UnixMillis } from "../../src/clock.ts";

interface Alarm {
  readonly time: Millis;
  readonly order: number;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it; tasks run in the order of their times. */
export class FakeClock implements Clock {
  private now: Millis = 0;
  private count = 0;
  private alarms: Alarm[] = [];
  /** What wall() says at monotonic 0. A test may set it to play an NTP step. */
  epoch: UnixMillis;
  /** Whether something outside of this thread is waited for, for which time stands still. */
  busy: () => boolean = () => false;

  constructor(epoch: UnixMillis = Date.UTC(2026, 0, 1)) {
    this.epoch = epoch;
  }

  monotonic(): Millis {
    return this.now;
  }

  wall(): UnixMillis {
    return this.epoch + this.now;
  }

  at(time: Millis, task: () => void): () => void {
    const alarm = { time, order: this.count++, task };
    this.alarms.push(alarm);
    return () => {
      this.alarms = this.alarms.filter((other) => other !== alarm);
    };
  }

  /** When the next task is due; undefined: nothing waits. */
  get next(): Millis | undefined {
    return this.soonest()?.time;
  }

  /** Moves on, running what falls due; between two tasks promises settle, real I/O that is quick included. */
  async advance(span: Millis): Promise<void> {
    const end = this.now + span;
    await this.settle();
    for (let alarm = this.soonest(); alarm !== undefined && alarm.time <= end; alarm = this.soonest()) {
      this.run(alarm);
      await this.settle();
    }
    this.now = end;
    await this.settle();
  }

  private async settle(): Promise<void> {
    await settle();
    if (!this.busy()) return;
    await settleUntil("nothing is waited for", () => !this.busy());
    // What was waited for may lead to more.
    await this.settle();
  }

  /** Moves on without letting promises settle: for machines, which have none. */
  advanceSync(span: Millis): void {
    const end = this.now + span;
    for (let alarm = this.soonest(); alarm !== undefined && alarm.time <= end; alarm = this.soonest()) this.run(alarm);
    this.now = end;
  }

  private run(alarm: Alarm): void {
    this.alarms = this.alarms.filter((other) => other !== alarm);
    this.now = Math.max(this.now, alarm.time);
    alarm.task();
  }

  private soonest(): Alarm | undefined {
    return this.alarms.reduce<Alarm | undefined>(
      (best, alarm) =>
        best === undefined || alarm.time < best.time || (alarm.time === best.time && alarm.order < best.order)
          ? alarm
          : best,
      undefined,
    );
  }
}

/** Lets every promise that can settle without time passing do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Settles until it holds, where real I/O takes part: sockets, files. Rejects after 10 s of real time. */
export async function settleUntil(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 10 * SECOND;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`after 10 s still not so: ${what}`);
    await settle();
  }
}

/** Random bytes that are the same in every run (xorshift32). */
export function fakeRandom(seed = 1): Random {
  let state = seed >>> 0 || 1;
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state & 0xff;
    });
}
