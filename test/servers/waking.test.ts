import assert from "node:assert/strict";
import { test } from "node:test";
import { Waking } from "../../src/servers/waking.ts";

function aWaking() {
  const said: string[] = [];
  const world = { asleep: false };
  const waking = new Waking({ asleep: () => world.asleep, update: () => said.push("update") });
  const wish = (name: string): void =>
    waking.whenAwake({ run: () => said.push(name), drop: () => said.push(`${name} dropped`) });
  return { said, world, waking, wish };
}

test("awake, everything is done at once", () => {
  const { said, waking, wish } = aWaking();
  waking.wake();
  wish("send");
  assert.deepEqual(said, ["send"]);
});

test("asleep, one Update goes first, and what is wanted follows its answer in order", () => {
  const { said, world, waking, wish } = aWaking();
  world.asleep = true;
  waking.wake();
  wish("one");
  // The Update has left by now; its answer has not come.
  world.asleep = false;
  wish("two");
  assert.deepEqual(said, ["update"]);
  waking.ready();
  assert.deepEqual(said, ["update", "one", "two"]);
  wish("three");
  assert.deepEqual(said.slice(3), ["three"]);
});

test("where the registration is lost instead, what was wanted is dropped, once", () => {
  const { said, world, waking, wish } = aWaking();
  world.asleep = true;
  wish("one");
  waking.lost();
  waking.ready();
  assert.deepEqual(said, ["update", "one dropped"]);
  waking.wake();
  assert.deepEqual(said.slice(2), ["update"]);
});
