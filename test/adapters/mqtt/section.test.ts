import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceSchema, type MqttDevice } from "../../../adapters/mqtt/section.ts";

function read(section: object): MqttDevice {
  return deviceSchema.parse(section);
}

function faults(section: object): readonly string[] {
  const outcome = deviceSchema.safeParse(section);
  return outcome.success ? [] : outcome.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const SET = { topic: "d/set", send: "{value}" };
const GET = { topic: "d/get", send: "" };

test("a topic is a text, or a list where the device says the same on several", () => {
  const { topics } = read({
    state: "tele/x/SENSOR",
    topics: { power: { topic: ["stat/x/RESULT", "tele/x/STATE"] }, plain: "a/+" },
  });
  assert.deepEqual(
    [...topics].map(([name, { filters }]) => [name, filters]),
    [
      ["state", ["tele/x/SENSOR"]],
      ["power", ["stat/x/RESULT", "tele/x/STATE"]],
      ["plain", ["a/+"]],
    ],
  );
  assert.match(faults({ topics: { power: { topic: [] } } }).join(), /^topics\.power/);
  assert.match(faults({ topics: { power: { topic: ["a", "b/#/c"] } } }).join(), /^topics\.power/);
});

test("the radio is told of by messages of `state`, or of a topic that there is", () => {
  assert.equal(read({ state: "a", signal: { rssi: "rssi" } }).signal?.topic, "state");
  assert.equal(read({ topics: { radio: "a/b" }, signal: { topic: "radio", rssi: "rssi" } }).signal?.topic, "radio");
  assert.deepEqual(faults({ topics: { radio: "a/b" }, signal: { topic: "radoi", rssi: "rssi" } }), [
    'signal.topic: the mapping has no topic "radoi" (did you mean "radio"?)',
  ]);
  assert.deepEqual(faults({ topics: { radio: "a/b" }, signal: { rssi: "rssi" } }), [
    'signal.topic: the mapping has no topic "state" (have: radio)',
  ]);
});

test("what is asked at the beginning are requests that there are and that need no value", () => {
  const asked = (ask: unknown) => read({ requests: { set: SET, get: GET }, ask }).ask.map(({ name }) => name);
  assert.deepEqual(asked("get"), ["get"]);
  assert.deepEqual(asked(["get", "get"]), ["get", "get"]);
  assert.deepEqual(read({ requests: { get: GET } }).ask, []);
  assert.deepEqual(faults({ requests: { set: SET, get: GET }, ask: "gett" }), [
    'ask: the mapping has no request "gett" (did you mean "get"?)',
  ]);
  assert.deepEqual(faults({ requests: { set: SET }, ask: ["set"] }), ['ask: the request "set" needs a value']);
});
