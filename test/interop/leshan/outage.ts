/** A server that dies, what happens meanwhile, and what the next one hears of it. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type Sent, valuesOf } from "./messages.ts";
import type { Session } from "./session.ts";

/** Longer than a period of feeder.yaml: each count is measured. */
const MEASURED = 1200;

/** What was counted while nobody listened. */
export const COUNTED = [8, 9, 10];

/** For `report:`: each count of both feeders. */
export const COUNTS = 'report: [{ name: counts, paths: ["/feeder-*/3342/0/5501"], every: change }]';

export interface Told {
  readonly endpoint: string;
  readonly value: string;
  readonly time: number;
}

/**
 * Kills Leshan, counts at the first feeder, starts another one that knows nothing, and returns what that is told of the
 * path: as soon as it is all.
 */
export async function tellsAfterOutage(session: Session, path: string): Promise<readonly Told[]> {
  await session.leshan.kill();
  await count(session);
  await session.startLeshanAgain();
  return hears(session, path);
}

/** At the first feeder, so that each count is measured. */
export async function count({ cabinet }: Session): Promise<void> {
  for (const times of COUNTED) {
    cabinet.feeders[0].setCounter(times);
    await pause(MEASURED);
  }
}

/** What Leshan is told of the counts, as soon as it is all. */
export async function hears(session: Session, path: string): Promise<readonly Told[]> {
  const { events } = session.leshan;
  const last = String(COUNTED.at(-1));
  await events.next(0, "SEND", (sent) => countsIn(sent, path).some(({ value }) => value === last));
  // Live reports go first: what is older follows.
  const told = (): readonly Told[] => events.since(0, "SEND").flatMap((sent) => countsIn(sent, path));
  const isAll = (): boolean => COUNTED.every((count) => told().some(({ value }) => value === String(count)));
  if (!isAll()) await events.next(events.mark, "SEND", isAll);
  return [...told()].filter(({ value }) => COUNTED.includes(Number(value))).sort((a, b) => a.time - b.time);
}

/** Fails where a count is missing, comes twice, or has not the time at which it was measured. */
export function checkCounts(told: readonly Told[], endpoint: string, since: number): void {
  assert.deepEqual(
    told.map((one) => [one.endpoint, one.value]),
    COUNTED.map((count) => [endpoint, String(count)]),
  );
  for (const [i, { time }] of told.entries()) {
    const from = since + i * MEASURED - 100;
    assert.ok(time >= from && time <= from + 3 * MEASURED, `count ${COUNTED[i]} ${time - since} ms after the first`);
  }
}

function countsIn({ ep: endpoint, timestampedVals }: Sent, path: string): readonly Told[] {
  return timestampedVals.flatMap(({ time = "", vals }) => {
    const value = valuesOf(vals[path] ?? undefined, path)[path];
    return value === undefined ? [] : [{ endpoint, value: String(value), time: Date.parse(time) }];
  });
}
