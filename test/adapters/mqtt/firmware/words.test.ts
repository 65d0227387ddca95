import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../../../../adapters/mqtt/firmware/conditions.ts";
import { filterOf, heldBy } from "../../../../adapters/mqtt/firmware/level-holes.ts";
import { textTemplate } from "../../../../adapters/mqtt/template.ts";

test("what devices say is wrong, in many words", () => {
  const said = {
    FLASH_FULL: "flash-full",
    "not enough space on device": "flash-full",
    "Checksum verification failed!": "crc",
    "Update failed: bad-image": "bad-image",
    "OTA update of 'bulb' failed (battery too low)": "busy",
    "out of memory": "out-of-memory",
    "I am a teapot": "failed",
    "": "failed",
  };
  for (const [text, condition] of Object.entries(said)) assert.equal(refusal(text, []).condition, condition, text);
  assert.equal(refusal(undefined, []).condition, "failed");
  assert.equal(refusal("E17 checksum", [["e17", "bad-image"]]).condition, "bad-image");
  assert.match(refusal("x".repeat(1000), []).message, /^the device says "x{200}…"$/);
});

test("holes that are levels of a topic, forwards and backwards", () => {
  const topic = textTemplate("v2/fw/request/{request}/chunk/{chunk}", ["request", "chunk"]);
  assert.equal(filterOf(topic), "v2/fw/request/+/chunk/+");
  assert.deepEqual(Object.fromEntries(heldBy(topic, "v2/fw/request/7/chunk/12") ?? []), { request: "7", chunk: "12" });
  assert.equal(heldBy(topic, "v2/fw/request/7/chunk"), undefined);
  assert.equal(filterOf(textTemplate("{chunk}/of/dev", ["chunk"])), "+/of/dev");
});
