import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { loadAdapters } from "../../../../adapters/index.ts";
import type { MqttPoint } from "../../../../adapters/mqtt/points.ts";
import type { MqttDevice } from "../../../../adapters/mqtt/section.ts";
import { decode } from "../../../../adapters/mqtt/tools/decode.ts";
import { probe } from "../../../../adapters/mqtt/tools/probe.ts";
import { type ToolArguments, type ToolContext, type ToolDevice, WrongArguments } from "../../../../src/adapter.ts";
import { toolDevice } from "../../../../src/cli/mapped-device.ts";
import { anMqttBroker, type PlayedBroker } from "../../../support/an-mqtt-broker.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";

const adapter = (await loadAdapters()).find(({ name }) => name === "mqtt") ?? assert.fail();
type Context = ToolContext<MqttDevice, MqttPoint>;

function contextWith(context: Partial<Context> = {}): Context & { readonly told: string[] } {
  return aToolContext<MqttDevice, MqttPoint>({
    deviceOf: (mapping, parameters) =>
      toolDevice(mapping, parameters, adapter) as Promise<ToolDevice<MqttDevice, MqttPoint>>,
    ...context,
  });
}

function typed(positionals: readonly string[], options: Readonly<Record<string, string | true>> = {}): ToolArguments {
  return theArguments(positionals, { qos: "0", for: "10m", ...options });
}

async function aBroker(t: TestContext): Promise<{ readonly broker: PlayedBroker; readonly url: string }> {
  const broker = await anMqttBroker(t);
  return { broker, url: `mqtt://127.0.0.1:${broker.port}` };
}

test("a message is published, and the answer is the first that comes and was not kept", async (t) => {
  const { broker, url } = await aBroker(t);
  await broker.publish("stat/washer/STATUS8", "old", { retain: true });
  broker.onPublished = ({ topic, payload }) => {
    if (topic === "cmnd/washer/STATUS") void broker.publish("stat/washer/STATUS8", `{"asked":${payload}}`);
  };
  const context = contextWith();
  const { data, ok } = await probe.run(
    typed(["cmnd/washer/STATUS", "8"], { url, reply: "stat/washer/+", qos: "1" }),
    context,
  );
  assert.equal(ok, true);
  assert.deepEqual(context.told.toSorted(), [
    `publishing 8 to cmnd/washer/STATUS on ${url}, and listening to stat/washer/+ for 10m`,
    'stat/washer/STATUS8: {"asked":8}',
    "the broker has it",
  ]);
  assert.deepEqual(
    JSON.parse(JSON.stringify(data)).messages.map(({ payload }: { payload: string }) => payload),
    ['{"asked":8}'],
  );
});

test("bytes are published as bytes, and kept where that is wanted", async (t) => {
  const { broker, url } = await aBroker(t);
  const { ok } = await probe.run(typed(["a/b", "30 31"], { url, hex: true, retain: true, qos: "1" }), contextWith());
  assert.equal(ok, true);
  assert.deepEqual(broker.published.all, [{ topic: "a/b", payload: "01", retain: true, qos: 1 }]);
});

test("with a mapping each message is shown with what becomes of it, on the mapping's own topics", async (t) => {
  const { broker, url } = await aBroker(t);
  await broker.publish("zigbee2mqtt/bridge/state", '{"state":"online"}', { retain: true });
  const stopping = new AbortController();
  const told: string[] = [];
  const tell = (line: string): void => {
    if (told.push(line) === 6) stopping.abort();
  };
  const context = contextWith({ tell, signal: stopping.signal });
  const running = probe.run(typed([], { url, mapping: "z2m-climate", param: "name=hall" }), context);
  await broker.subscribed.count(3);
  await broker.publish("zigbee2mqtt/hall", '{"temperature":21.5,"humidity":null}');
  const { ok } = await running;
  assert.equal(ok, true);
  assert.deepEqual(
    told.slice(1).toSorted(),
    [
      "  3303/0/5700  Sensor Value  21.5",
      "  3304/0/5700  Sensor Value  no value: humidity is null: it has no value",
      "  availability: the device is online",
      'zigbee2mqtt/bridge/state (retained): {"state":"online"}',
      'zigbee2mqtt/hall: {"temperature":21.5,"humidity":null}',
    ].toSorted(),
  );
});

test("arguments of a probe that make no sense are told before anything is opened", async () => {
  const wrong: readonly (readonly [ToolArguments, RegExp])[] = [
    [typed([]), /^which topic\?/],
    [typed(["a", "b", "c"]), /"c" is left over/],
    [typed(["a/+", "b"]), /has a wildcard/],
    [typed(["a"], { reply: "b" }), /^--reply needs a PAYLOAD/],
    [typed(["a"], { retain: true }), /^--retain needs a PAYLOAD/],
    [typed(["a", "0x1"], { hex: true }), /is not hexadecimal/],
    [typed(["a"], { qos: "3" }), /^--qos 3: expected 0, 1 or 2$/],
    [typed(["a"], { param: "name=x" }), /of which mapping\?/],
    [typed(["a"]), /^which broker\?/],
  ];
  for (const [args, message] of wrong) {
    await assert.rejects(probe.run(args, contextWith()), (error) => {
      assert.ok(error instanceof WrongArguments, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

test("decode says what a mapping makes of a message, by the name of the topic or written out", async () => {
  const payload = '{"temperature":21.5,"humidity":48.2,"linkquality":112}';
  for (const topic of ["state", "zigbee2mqtt/hall"]) {
    const { lines, ok } = await decode.run(
      typed([topic, payload], { mapping: "z2m-climate", param: "name=hall" }),
      contextWith(),
    );
    assert.equal(ok, true);
    assert.deepEqual(lines, ["3303/0/5700  Sensor Value  21.5", "3304/0/5700  Sensor Value  48.2"]);
  }
});

test("decode says why there is no value: another topic, a retained message, garbage", async () => {
  const run = async (topic: string, payload: string, options: Readonly<Record<string, string | true>> = {}) => {
    const args = typed([topic, payload], { mapping: "z2m-climate", param: "name=hall", ...options });
    const { lines, ok } = await decode.run(args, contextWith({ input: async () => "{}\n" }));
    return [ok, ...lines];
  };
  assert.deepEqual(await run("zigbee2mqtt/attic", "{}"), [
    false,
    '"zigbee2mqtt/attic" is no topic of this mapping, with these parameters (have: zigbee2mqtt/hall, zigbee2mqtt/bridge/state, zigbee2mqtt/hall/availability)',
  ]);
  assert.deepEqual(await run("state", '{"temperature":20}', { retained: true }), [
    true,
    "3303/0/5700  Sensor Value  20",
    "state: retained, and nobody knows how old it is: it counts as no measurement (`retained: ignore`)",
  ]);
  const [ok, first] = await run("state", "C0 FF", { hex: true });
  assert.equal(ok, false);
  assert.match(String(first), /^3303\/0\/5700 +Sensor Value +no value: the payload is no JSON/);
  assert.deepEqual(await run("state", "-"), [false, "the message has none of the values of the mapping"]);
  assert.deepEqual(await run("zigbee2mqtt/hall/availability", "offline"), [
    false,
    "availability: the device is offline",
  ]);
});

test("decode without a mapping, or without a payload, says what is missing", async () => {
  const wrong: readonly (readonly [ToolArguments, RegExp])[] = [
    [typed(["state", "{}"]), /^which mapping\?/],
    [typed(["state"], { mapping: "z2m-climate" }), /^expected TOPIC PAYLOAD/],
    [typed(["a/#", "{}"], { mapping: "z2m-climate" }), /has a wildcard/],
  ];
  for (const [args, message] of wrong) {
    await assert.rejects(decode.run(args, contextWith()), { name: "WrongArguments", message });
  }
});
