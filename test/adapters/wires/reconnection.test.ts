import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, Reconnection, type ReconnectionEffect } from "../../../adapters/wires/reconnection.ts";
import { SECOND } from "../../../src/clock.ts";
import { TIMEOUT } from "../../../src/machine.ts";

/** Random bytes of zero: no jitter. */
function reconnection(random = (bytes: number) => new Uint8Array(bytes)): Reconnection {
  return new Reconnection({
    pause: { first: SECOND, longest: 30 * SECOND },
    connectTimeout: 5 * SECOND,
    patience: PATIENCE.network,
    random,
  });
}

function connected(): Reconnection {
  const machine = reconnection();
  machine.handle({ type: "start" }, 0);
  machine.handle({ type: "connected" }, 0);
  return machine;
}

const pauses = (effects: readonly ReconnectionEffect[]): number[] =>
  effects.flatMap((effect) => (effect.type === "rest" ? [effect.pause] : []));
const types = (effects: readonly ReconnectionEffect[]): string[] => effects.map(({ type }) => type);

test("the pause doubles from 1 s to 30 s, for ever", () => {
  const machine = reconnection();
  machine.handle({ type: "start" }, 0);
  const seen: number[] = [];
  let now = 0;
  for (let i = 0; i < 8; i++) {
    seen.push(...pauses(machine.handle({ type: "lost", reason: "refused" }, now)));
    now = machine.deadline ?? assert.fail("nothing is planned");
    assert.deepEqual(machine.handle(TIMEOUT, now), [{ type: "connect" }]);
  }
  assert.deepEqual(seen, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("jitter only makes a pause longer, by a quarter at most", () => {
  const machine = reconnection((bytes) => new Uint8Array(bytes).fill(255));
  machine.handle({ type: "start" }, 0);
  assert.deepEqual(pauses(machine.handle({ type: "lost", reason: "refused" }, 0)), [1250]);
});

test("only an answer makes the pause short again: a peer that accepts and closes is no better than one that refuses", () => {
  const machine = connected();
  assert.deepEqual(pauses(machine.handle({ type: "lost", reason: "closed" }, 0)), [1000]);
  machine.handle(TIMEOUT, 1000);
  machine.handle({ type: "connected" }, 1000);
  assert.deepEqual(pauses(machine.handle({ type: "lost", reason: "closed" }, 1000)), [2000]);
  machine.handle(TIMEOUT, 3000);
  machine.handle({ type: "connected" }, 3000);
  machine.handle({ type: "answered", unit: 1 }, 3000);
  assert.deepEqual(pauses(machine.handle({ type: "lost", reason: "closed" }, 3000)), [1000]);
});

test("an attempt that takes too long is given up", () => {
  const machine = reconnection();
  machine.handle({ type: "start" }, 0);
  assert.equal(machine.deadline, 5 * SECOND);
  assert.deepEqual(types(machine.handle(TIMEOUT, 5 * SECOND)), ["disconnect", "rest", "report"]);
});

test("two requests in a row without an answer end a connection; an answer in between saves it", () => {
  const machine = connected();
  assert.deepEqual(machine.handle({ type: "silent", unit: 1 }, 0), []);
  machine.handle({ type: "answered", unit: 1 }, 0);
  assert.deepEqual(machine.handle({ type: "silent", unit: 1 }, 0), []);
  assert.deepEqual(types(machine.handle({ type: "silent", unit: 1 }, 0)), ["disconnect", "rest", "report"]);
});

test("one dead unit does not cost the others of the line their connection", () => {
  const machine = connected();
  machine.handle({ type: "answered", unit: 1 }, 0);
  for (let i = 0; i < 4; i++) assert.deepEqual(machine.handle({ type: "silent", unit: 9 }, 0), []);
  machine.handle({ type: "answered", unit: 1 }, 0);
  for (let i = 0; i < 3; i++) assert.deepEqual(machine.handle({ type: "silent", unit: 9 }, 0), []);
  assert.deepEqual(types(machine.handle({ type: "silent", unit: 1 }, 0)), ["disconnect", "rest", "report"]);
});

test("a line on which nobody else is asked is given up after five silences", () => {
  const machine = connected();
  machine.handle({ type: "answered", unit: 1 }, 0);
  for (let i = 0; i < 4; i++) assert.deepEqual(machine.handle({ type: "silent", unit: 9 }, 0), []);
  assert.deepEqual(types(machine.handle({ type: "silent", unit: 9 }, 0)), ["disconnect", "rest", "report"]);
});

test("each change of state is reported once, however often the line tries in between", () => {
  const machine = reconnection();
  machine.handle({ type: "start" }, 0);
  const reports: string[] = [];
  const note = (effects: readonly ReconnectionEffect[]): void => {
    for (const effect of effects) if (effect.type === "report") reports.push(effect.state);
  };
  for (let i = 0; i < 5; i++) {
    note(machine.handle({ type: "lost", reason: "refused" }, 0));
    note(machine.handle(TIMEOUT, machine.deadline ?? 0));
  }
  note(machine.handle({ type: "connected" }, 0));
  for (let i = 0; i < 5; i++) note(machine.handle({ type: "answered", unit: 1 }, 0));
  note(machine.handle({ type: "lost", reason: "closed" }, 0));
  assert.deepEqual(reports, ["down", "answers", "down"]);
});

test("a device that fails in two ways in turn is told once for each, until it answers", () => {
  const machine = reconnection();
  machine.handle({ type: "start" }, 0);
  const reports: string[] = [];
  const fail = (reason: string): void => {
    for (const effect of machine.handle({ type: "lost", reason }, 0)) {
      if (effect.type === "report" && effect.state === "down") reports.push(effect.reason);
    }
    machine.handle(TIMEOUT, machine.deadline ?? 0);
  };
  for (let i = 0; i < 5; i++) for (const reason of ["closed", "reset"]) fail(reason);
  assert.deepEqual(reports, ["closed", "reset"]);
  machine.handle({ type: "connected" }, 0);
  machine.handle({ type: "answered", unit: 1 }, 0);
  for (let i = 0; i < 20; i++) fail(`reason ${i}`);
  assert.equal(reports.length, 6, "one that is new each time is no news after a while");
});
