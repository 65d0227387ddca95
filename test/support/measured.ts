/** What was measured when, and whether the server was told just that. */
import assert from "node:assert/strict";
import { SECOND, type UnixMillis } from "../../src/clock.ts";
import type { AGateway } from "./a-gateway.ts";
import { POINT, TEMPERATURE } from "./climate-mapping.ts";
import type { Answer } from "./scripted-messages.ts";

/** A reading: it was made between these times. */
export interface Measured {
  readonly value: number;
  readonly before: UnixMillis;
  readonly after: UnixMillis;
}

/** A reading each poll, ten seconds apart: its value, and what the wall clock said when it was measured, to a second. */
export async function measure({ clock, meter }: AGateway, from: number, polls: number): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (let value = from; value < from + polls; value++) {
    meter.set(POINT.temperature, value);
    const before = clock.wall();
    await clock.advance(10 * SECOND);
    measured.push({ value, before, after: clock.wall() });
  }
  return measured;
}

/** Each poll finds another temperature: 30, 30.25, …; which they were. */
export async function measureValues({ clock, meter }: AGateway, polls: number, first = 30): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < polls; i++) {
    values.push(first + i / 4);
    meter.set(POINT.temperature, first + i / 4);
    await clock.advance(10 * SECOND);
  }
  return values;
}

/** Each of them arrived once, in order, with the time that its clock said. */
export function assertArrived({ server }: AGateway, measured: readonly Measured[]): void {
  assertTold(recordsOf(server.notifications), measured);
}

/** The same, in notifications or by Send: what is live goes before what waits. What was measured after it is another matter. */
export function assertDelivered({ server }: AGateway, measured: readonly Measured[]): void {
  const end = measured.at(-1)?.after ?? 0;
  const records = recordsOf([...server.notifications, ...server.sends.heard]).filter(({ time }) => time <= end);
  assertTold(
    records.sort((a, b) => a.time - b.time),
    measured,
  );
}

/** What has no time is of now (RFC 8428 §4.5.3). */
function recordsOf(answers: readonly Answer[]) {
  const records = answers.flatMap((answer) => answer.records.map((record) => ({ time: answer.at, ...record })));
  return records.filter(({ path }) => path === TEMPERATURE);
}

function assertTold(told: ReturnType<typeof recordsOf>, measured: readonly Measured[]): void {
  const records = told.slice(-measured.length);
  assert.deepEqual(
    records.map(({ value }) => value),
    measured.map(({ value }) => value),
  );
  for (const [i, { before, after }] of measured.entries()) {
    const { time = 0 } = records[i] ?? {};
    assert.ok(time >= before - SECOND && time <= after, `${i}: ${time - before} ms after its poll could begin`);
  }
}
