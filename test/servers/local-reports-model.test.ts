/** Local reports against the few lines that say what each kind of entry owes of one value. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Millis, SECOND } from "../../src/clock.ts";
import { entry, every, ReportedWorld, SAMPLE } from "../support/reported-world.ts";

const INTERVAL = 7;
const STEP = 2;
const ENTRIES = [
  entry("each", ["/*/3303/0/5700"], SAMPLE),
  entry("turns", ["/room-*"], every(INTERVAL * SECOND)),
  entry("steps", ["/*/3303"], { type: "change", attributes: { st: STEP } }),
];

type Action =
  | { readonly type: "come" | "go"; readonly room: number }
  | { readonly type: "measure"; readonly room: number; readonly value: number }
  | { readonly type: "wait"; readonly seconds: number };

const room = fc.integer({ min: 0, max: 2 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("measure"), room, value: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("wait"), seconds: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("come", "go"), room }) },
);

type Told = readonly [value: number, time: Millis];

/** One value of one device. */
class Value {
  readonly each: Told[] = [];
  readonly turns: Told[] = [];
  readonly steps: Told[] = [];
  private newest: Told | undefined;
  private toldAtTurn: Told | undefined;
  private lastStep: number | undefined;

  measure(value: number, time: Millis): void {
    this.newest = [value, time];
    this.each.push(this.newest);
    if (this.lastStep !== undefined && Math.abs(value - this.lastStep) < STEP) return;
    this.lastStep = value;
    this.steps.push(this.newest);
  }

  turn(): void {
    const [value, time] = this.newest ?? [];
    if (this.newest === undefined || (value === this.toldAtTurn?.[0] && time === this.toldAtTurn?.[1])) return;
    this.toldAtTurn = this.newest;
    this.turns.push(this.newest);
  }

  forget(): void {
    this.newest = undefined;
    this.toldAtTurn = undefined;
    this.lastStep = undefined;
  }
}

const pathOf = (at: number): string => `/room-${at}/3303/0/5700`;

/** Does the same to both. Returns what the model owes. */
function play(world: ReportedWorld, actions: readonly Action[]): readonly Value[] {
  const model = [new Value(), new Value(), new Value()];
  const there = new Set<number>();
  for (const action of actions) {
    switch (action.type) {
      case "come":
        if (!there.has(action.room)) world.device(`room-${action.room}`);
        there.add(action.room);
        break;
      case "go":
        world.remove(`room-${action.room}`);
        there.delete(action.room);
        model[action.room]?.forget();
        break;
      case "measure":
        if (!there.has(action.room)) break;
        world.measure({ [pathOf(action.room)]: action.value });
        model[action.room]?.measure(action.value, world.clock.monotonic());
        break;
      case "wait":
        for (let second = 0; second < action.seconds; second++) {
          world.seconds(1);
          if ((world.clock.wall() / SECOND) % INTERVAL === 0) for (const value of model) value.turn();
        }
        break;
    }
  }
  return model;
}

test("whatever comes, goes and is measured, each entry tells what it owes, in order and once", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const world = new ReportedWorld(...ENTRIES);
      world.reports.start();
      const all: readonly Action[] = [{ type: "come", room: 0 }, { type: "come", room: 1 }, ...actions];
      const model = play(world, all);
      for (const [at, { each, turns, steps }] of model.entries()) {
        const path = pathOf(at);
        assert.deepEqual(world.told(path, "each"), each, `each of ${path}`);
        assert.deepEqual(world.told(path, "turns"), turns, `turns of ${path}`);
        assert.deepEqual(world.told(path, "steps"), steps, `steps of ${path}`);
      }
    }),
    { numRuns: 300 },
  );
});
