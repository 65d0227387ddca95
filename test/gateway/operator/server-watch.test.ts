import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { type ServerState, watchServers } from "../../../src/gateway/operator/server-watch.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("each new state of a server is told once, until nobody watches", () => {
  const clock = new FakeClock();
  let states: readonly ServerState[] = [
    { server: 101, state: "registering", reason: "" },
    { server: 102, state: "registered", reason: "" },
  ];
  const heard: ServerState[] = [];
  const stop = watchServers(
    () => states,
    clock,
    (state) => heard.push(state),
  );
  clock.advanceSync(5 * SECOND);
  assert.deepEqual(heard, [], "what is known at the beginning is no change");
  const registered = { server: 101, state: "registered", reason: "" };
  states = [registered, { server: 102, state: "registered", reason: "" }];
  clock.advanceSync(5 * SECOND);
  assert.deepEqual(heard, [registered]);
  stop();
  states = [];
  clock.advanceSync(5 * SECOND);
  assert.deepEqual([heard.length, clock.next], [1, undefined]);
});
