/** Promises of a world whose clock stands still until a test moves it. */
import { MINUTE, type Millis } from "../../src/clock.ts";
import { type FakeClock, settle } from "./fake-clock.ts";
import type { Wire } from "./wire.ts";

/** How long a disk may take. */
const MOST_REAL_MILLIS = 10_000;

/** What comes once it lies on the disk: that takes real time, in which the clock stands still. */
export async function kept<T>(promise: Promise<T>, clock: FakeClock, wire: Wire): Promise<T> {
  const open = openUntil(promise);
  const end = performance.now() + MOST_REAL_MILLIS;
  // One millisecond for each way of a datagram.
  for (let heard = -1; open() && performance.now() < end; await settle()) {
    if (wire.counts.sent === heard) continue;
    heard = wire.counts.sent;
    await clock.advance(1);
  }
  return settled(promise, clock);
}

/** Moves the clock from one event to the next until the promise has settled. */
export async function settled<T>(promise: Promise<T>, clock: FakeClock, limit: Millis = 10 * MINUTE): Promise<T> {
  const open = openUntil(promise);
  await settle();
  const end = clock.monotonic() + limit;
  while (open()) {
    const { next } = clock;
    if (next === undefined || next > end) throw new Error(`nothing came of it within ${limit} ms`);
    await clock.advance(Math.max(0, next - clock.monotonic()));
  }
  return promise;
}

function openUntil(promise: Promise<unknown>): () => boolean {
  let open = true;
  const settles = (): void => {
    open = false;
  };
  promise.then(settles, settles);
  return () => open;
}
