import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJsonPath } from "../../../adapters/mqtt/json-path.ts";
import { Message } from "../../../adapters/mqtt/message.ts";
import { type ReplyOutcome, readReply } from "../../../adapters/mqtt/reply.ts";
import type { ReplySpec } from "../../../adapters/mqtt/request-spec.ts";

const ID = [{ path: parseJsonPath("id"), words: ["{id}"] }];

function outcome(spec: Partial<ReplySpec>, payload: string): ReplyOutcome {
  const message = new Message({ topic: "reply", payload: Buffer.from(payload), retained: false });
  return readReply({ match: [], ok: [], ...spec }, 7, message);
}

test("without any word that is wanted every message on the topic is the answer", () => {
  assert.deepEqual(outcome({}, "done"), { kind: "done" });
  assert.deepEqual(outcome({}, '{"id":3}'), { kind: "done" });
  assert.deepEqual(outcome({ error: parseJsonPath("error") }, "no JSON"), { kind: "done" });
});

test("an answer is known by the number of its request", () => {
  assert.deepEqual(outcome({ match: ID }, '{"id":7}'), { kind: "done" });
  assert.deepEqual(outcome({ match: ID }, '{"id":"7"}'), { kind: "done" });
  assert.deepEqual(outcome({ match: ID }, '{"id":8}'), { kind: "other" });
  assert.deepEqual(outcome({ match: ID }, "7"), { kind: "other" });
});

// Zigbee2MQTT, "MQTT Topics and Messages", zigbee2mqtt/bridge/request/+.
test("an answer that does not say that it was done says why", () => {
  const spec = { ok: [{ path: parseJsonPath("status"), words: ["ok"] }], error: parseJsonPath("error") };
  assert.deepEqual(outcome(spec, '{"data":{"value":true},"status":"ok"}'), { kind: "done" });
  const failed = '{"data":{}, "error": "Failed to connect to adapter","status":"error"}';
  assert.deepEqual(outcome(spec, failed), { kind: "refused", reason: "Failed to connect to adapter" });
  assert.deepEqual(outcome(spec, '{"status":"odd"}'), {
    kind: "refused",
    reason: 'the device says "{\\"status\\":\\"odd\\"}"',
  });
});

// Shelly API documentation, Gen2+, RPC Protocol: a response frame has `result` or `error`.
test("without a word for success an error says that it was none", () => {
  const spec = { match: ID, error: parseJsonPath("error.message") };
  assert.deepEqual(outcome(spec, '{"id":7,"src":"shelly","dst":"gw","result":{"was_on":true}}'), { kind: "done" });
  const refused = '{"id":7,"src":"shelly","dst":"gw","error":{"code":-103,"message":"Invalid argument \'on\'!"}}';
  assert.deepEqual(outcome(spec, refused), { kind: "refused", reason: "Invalid argument 'on'!" });
  const other = '{"id":8,"src":"shelly","dst":"gw","error":{"code":-103,"message":"Invalid"}}';
  assert.deepEqual(outcome(spec, other), { kind: "other" });
  const whole = { match: ID, error: parseJsonPath("error") };
  assert.equal(outcome(whole, refused).kind, "refused", "an error that is no word is one too");
  assert.equal(outcome(whole, '{"id":7,"error":null}').kind, "done");
});
