import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { mqtt } from "../../../../adapters/mqtt/index.ts";

const WAYS = mqtt.firmware ?? {};

/** What is wrong with these keys: path and message of each. */
function faultsOf(way: string, keys: object): readonly string[] {
  try {
    WAYS[way]?.transfer.parse(keys);
    return [];
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
}

test("each way of MQTT has keys of its own, and the least of them is enough", () => {
  assert.deepEqual(Object.keys(WAYS), ["mqtt-push", "mqtt-pull", "url", "zigbee2mqtt"]);
  assert.deepEqual(faultsOf("mqtt-push", { topic: "dev/ota" }), []);
  assert.deepEqual(faultsOf("mqtt-pull", {}), []);
  assert.match(faultsOf("mqtt-push", { topic: "dev", errors: { full: "flush-full" } })[0] ?? "", /^errors\.full: /);
});
