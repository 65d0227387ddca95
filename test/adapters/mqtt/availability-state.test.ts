import assert from "node:assert/strict";
import { test } from "node:test";
import { AvailabilityState } from "../../../adapters/mqtt/availability-state.ts";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { Message } from "../../../adapters/mqtt/message.ts";

const { availability } = mqtt.device.parse({
  availability: [
    { topic: "bridge", path: "state" },
    { topic: "dev", online: ["Online", "1"], offline: ["Offline", "0"] },
  ],
});

function says(text: string): Message {
  return new Message({ topic: "any", payload: Buffer.from(text), retained: true });
}

test("a device is there when all say so, and away when one says so", () => {
  const state = new AvailabilityState(availability);
  assert.deepEqual(state.hear(0, says('{"state":"online"}')), { state: "unknown" });
  assert.deepEqual(state.hear(1, says("Online")), { state: "online" });
  assert.deepEqual(state.hear(0, says('{"state":"offline"}')), { state: "offline", reason: "bridge says offline" });
  assert.deepEqual(state.hear(1, says("0")), { state: "offline", reason: "bridge says offline" });
  assert.deepEqual(state.hear(0, says("online")), { state: "offline", reason: "dev says Offline" });
  assert.deepEqual(state.hear(1, says(" 1\n")), { state: "online" });
  state.forget();
  assert.deepEqual(state.hear(1, says("1")), { state: "unknown" });
});

test("a word that nobody knows says nothing", () => {
  const state = new AvailabilityState(availability);
  for (const text of ["", "maybe", "{", "null", '{"state":null}', '{"state":{"a":1}}', "[]", '{"other":"online"}']) {
    assert.equal(state.hear(0, says(text)), undefined, text);
  }
  assert.equal(state.hear(7, says("online")), undefined);
});
