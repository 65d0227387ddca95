/** What a server was told of one path, by whatever message, in the order in which it arrived. */
import assert from "node:assert/strict";
import type { UnixMillis } from "../../src/clock.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { ScriptedServer } from "./scripted-server.ts";

export interface Told {
  readonly value: Value;
  readonly time: UnixMillis | undefined;
  readonly at: UnixMillis;
  readonly bySend: boolean;
}

export function toldOf(server: ScriptedServer, path: string): readonly Told[] {
  const told = (bySend: boolean) => (message: ScriptedServer["sends"]["heard"][number]) =>
    message.records
      .filter((record) => record.path === path)
      .map(({ value, time }): Told => ({ value, time, at: message.at, bySend }));
  const all = [...server.notifications.flatMap(told(false)), ...server.sends.heard.flatMap(told(true))];
  return all.sort((a, b) => a.at - b.at);
}

/** In the order of their times. */
export function valuesInTime(told: readonly Told[]): readonly Value[] {
  return told.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0)).map(({ value }) => value);
}

/** Live reports overtake those that waited; among themselves both are in order, and nothing is told twice. */
export function assertInOrder(told: readonly Told[]): void {
  let newest = 0;
  let older = 0;
  for (const { time = 0 } of told) {
    if (time > newest) newest = time;
    else {
      assert.ok(time > older, `${new Date(time).toISOString()} after ${new Date(older).toISOString()}`);
      older = time;
    }
  }
  assert.equal(new Set(told.map(({ time }) => time)).size, told.length, "nothing twice");
}
