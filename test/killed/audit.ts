/** What a server must have got of values that a device gave, after kills of the gateway and cuts of the link. */
import assert from "node:assert/strict";
import type { Millis } from "../../src/clock.ts";
import type { Receipt } from "./ledger-server.ts";

/** One that the device gave to the gateway. */
export interface Given {
  readonly value: number;
  readonly at: number;
}

/** In [from, to]. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Trial {
  readonly given: readonly Given[];
  readonly received: readonly Receipt[];
  /** When the gateway was killed, and when the link was cut or restored. */
  readonly kills: readonly number[];
  readonly cuts: readonly number[];
  readonly restorations: readonly number[];
  /** When what the device gave was owed. */
  readonly owed: readonly Stretch[];
  /** The commit window, and what a busy machine adds to it. */
  readonly window: Millis;
}

export interface Findings {
  readonly owed: number;
  readonly received: number;
  readonly missing: number;
  /** How old the oldest of them was when the gateway was killed. */
  readonly oldestMissing: Millis;
  readonly again: number;
}

/** Throws AssertionError where the promise is broken. */
export function audit(trial: Trial): Findings {
  const { given, received, owed } = trial;
  checkKnown(trial);
  checkOrder(trial);
  const got = new Set(received.map(({ value }) => value));
  const due = given.filter(({ at }) => owed.some(({ from, to }) => at >= from && at <= to));
  const missing = due.filter(({ value }) => !got.has(value));
  const ages = missing.map(({ at }) => (trial.kills.find((kill) => kill >= at) ?? Number.POSITIVE_INFINITY) - at);
  const oldestMissing = Math.max(0, ...ages);
  const lost = missing.filter((_, i) => (ages[i] ?? 0) > trial.window);
  assert.deepEqual(
    lost.map((one) => describe(one, trial)),
    [],
    "missing, though older than the commit window",
  );
  return { owed: due.length, received: got.size, missing: missing.length, oldestMissing, again: checkRepeated(trial) };
}

function describe({ value, at }: Given, { kills, given }: Trial): string {
  const kill = kills.find((kill) => kill >= at);
  const before = kills.findLast((kill) => kill < at) ?? 0;
  const [first = { at }] = given.filter((one) => one.at > before);
  const end = kill === undefined ? "after the last kill" : `${Math.round(kill - at)} ms before a kill`;
  return `${value}, ${Math.round(at - first.at)} ms after the first of its run, ${end}`;
}

function checkKnown({ given, received }: Trial): void {
  const values = new Set(given.map(({ value }) => value));
  const strange = received.filter(({ value }) => !values.has(value));
  assert.deepEqual(strange, [], "the device never gave it");
}

/** Returns how many came again: they may where the gateway was killed, or the link cut, before it could note the acknowledgement. */
function checkRepeated({ received, kills, cuts, window }: Trial): number {
  const first = new Map<number, number>();
  const again: Receipt[] = [];
  for (const receipt of received) {
    if (first.has(receipt.value)) again.push(receipt);
    else first.set(receipt.value, receipt.at);
  }
  const wrong = again.filter(({ value }) => {
    const before = first.get(value) ?? 0;
    return ![...kills, ...cuts].some((end) => before <= end + SAME_MOMENT && end - before <= window);
  });
  assert.deepEqual(wrong, [], "it came again, though the server had it for longer than a commit window");
  return again.length;
}

/** Between two incidents the live reports rise, and so does the backlog, which they overtake: two rising rows at most. */
function checkOrder({ received, kills, cuts, restorations }: Trial): void {
  const incidents = [...kills, ...cuts, ...restorations].sort((a, b) => a - b);
  let [live, backlog, passed] = [0, 0, 0];
  const seen = new Set<number>();
  for (const { value, at } of received) {
    const before = incidents.filter((incident) => incident <= at).length;
    if (before !== passed) [live, backlog, passed] = [0, 0, before];
    // What comes again has its order from before.
    if (seen.has(value)) continue;
    seen.add(value);
    if (value > live) live = value;
    else if (value > backlog) backlog = value;
    else assert.fail(`out of order: ${value} came after ${live} live and ${backlog} of the backlog`);
  }
}

/** Two clocks of one machine are read one after the other. */
const SAME_MOMENT = 50;
