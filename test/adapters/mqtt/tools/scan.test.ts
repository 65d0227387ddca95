import assert from "node:assert/strict";
import { resolve } from "node:path";
import test, { type TestContext } from "node:test";
import { optionsSchema } from "../../../../adapters/mqtt/options.ts";
import type { MqttPoint } from "../../../../adapters/mqtt/points.ts";
import type { MqttDevice } from "../../../../adapters/mqtt/section.ts";
import { scan } from "../../../../adapters/mqtt/tools/scan.ts";
import { DeviceError, type ToolContext, type ToolReport, WrongArguments } from "../../../../src/adapter.ts";
import { knownMappings } from "../../../../src/config/known-mappings.ts";
import { anMqttBroker, type PlayedBroker } from "../../../support/an-mqtt-broker.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";
import { type Announcement, HOME_ASSISTANT, TASMOTA, ZIGBEE2MQTT } from "../../../vectors/mqtt-announcements.ts";

/** Scans until it has told this many lines beyond the first, and ends it then as Ctrl-C does. */
async function scanned(
  broker: PlayedBroker,
  tells: number,
  options: Readonly<Record<string, string>> = {},
  context: Partial<ToolContext<MqttDevice, MqttPoint>> = {},
): Promise<ToolReport & { readonly told: readonly string[] }> {
  const stopping = new AbortController();
  const told: string[] = [];
  const tell = (line: string): void => {
    if (told.push(line) > tells) stopping.abort();
  };
  const toolContext = aToolContext({ tell, signal: stopping.signal, ...context });
  const args = theArguments([], { url: urlOf(broker), for: "10m", most: "500", ...options });
  return { ...(await scan.run(args, toolContext)), told };
}

function urlOf({ port }: PlayedBroker): string {
  return `mqtt://127.0.0.1:${port}`;
}

async function brokerWith(t: TestContext, announcements: readonly Announcement[]): Promise<PlayedBroker> {
  const broker = await anMqttBroker(t);
  for (const { topic, payload } of announcements) await broker.publish(topic, payload, { retain: true });
  return broker;
}

test("a scan shows the topics, and lines for config.yaml with the mappings that come with the program", async (t) => {
  const broker = await brokerWith(t, [...ZIGBEE2MQTT, ...TASMOTA]);
  const mappings = () => knownMappings([resolve("mappings")], "mqtt");
  const { lines, told, ok } = await scanned(broker, 12, {}, { mappings });
  assert.equal(ok, true);
  assert.match(told[0] ?? "", /^listening on mqtt:\/\/127\.0\.0\.1:\d+ to # for 10m: /);
  assert.deepEqual(
    told.slice(1).toSorted(),
    [
      "Tasmota: Tasmota",
      "Tasmota: Tasmota",
      "Tasmota: cellar",
      "Tasmota: turned",
      "Tasmota: washer",
      "Zigbee2MQTT 2.1.0 at zigbee2mqtt",
      "Zigbee2MQTT: 0x001788010b2efdb0",
      "Zigbee2MQTT: Küche/Fühler 1",
      "Zigbee2MQTT: co alarm",
      "Zigbee2MQTT: smartplug1",
      "Zigbee2MQTT: stairs",
      "Zigbee2MQTT: window",
    ].toSorted(),
  );
  const text = lines.join("\n");
  assert.match(text, /^ {2}parents-room-switch\/LWT +1x {2}retained {2}Online$/m);
  assert.match(text, /^9 messages on 9 topics in [\d.]+ s$/m);
});

test("what is described for Home Assistant alone becomes the beginning of a mapping", async (t) => {
  const broker = await brokerWith(t, HOME_ASSISTANT);
  const { lines, data } = await scanned(broker, 3, { topic: "homeassistant/#" });
  const text = lines.join("\n");
  assert.match(text, /# mappings\/kitchen\.yaml; for devices: - \{ id: kitchen, mapping: kitchen, link: LINK \}/);
  const { mappings } = JSON.parse(JSON.stringify(data));
  assert.deepEqual(
    mappings.map(({ name }: { name: string }) => name),
    ["a4c138c38ee5", "kitchen", "smartthings-button-1"],
  );
});

test("with a link the broker and the user are its own, and its client ID and last will are not ours", async (t) => {
  const broker = await anMqttBroker(t, { users: { gateway: "secret" } });
  await broker.publish("a/b", "1", { retain: true });
  const options = optionsSchema.parse({
    ...{ url: urlOf(broker), user: "gateway", password: "secret", client_id: "the-gateway" },
    will: { topic: "gateway/state" },
  });
  const link = { id: "broker", type: "mqtt", options, sharedWith: [] };
  const stopping = new AbortController();
  const context = aToolContext({ link, signal: stopping.signal });
  const running = scan.run(theArguments([], { for: "10m", most: "10" }), context);
  await broker.subscribed.find((filter) => filter === "#");
  stopping.abort();
  await running;
  assert.equal(broker.connected.all.length, 1);
  assert.notEqual(broker.connected.all[0], "the-gateway");
  assert.deepEqual(broker.published.all, []);
});

test("a broker that lets nobody in, or tells nothing, says why", async (t) => {
  const guarded = await anMqttBroker(t, { users: { gateway: "secret" } });
  await assert.rejects(scanned(guarded, 1, { user: "gateway", password: "wrong" }), {
    name: "DeviceError",
    message: `${urlOf(guarded)}: bad user name or password`,
  });
  const silent = await anMqttBroker(t, { refused: ["#"] });
  await assert.rejects(scanned(silent, 5), (error) => {
    assert.ok(error instanceof DeviceError);
    assert.equal(error.message, 'the broker refuses to tell of "#": refused');
    return true;
  });
});

test("no broker there is a sentence, and at once", async () => {
  const args = theArguments([], { url: "mqtt://127.0.0.1:1", for: "10m", most: "10" });
  await assert.rejects(scan.run(args, aToolContext()), {
    name: "DeviceError",
    message: "mqtt://127.0.0.1:1: connection refused: no broker listens there",
  });
});

test("arguments that make no sense are told before anything is opened", async () => {
  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{}, /^which broker\? expected --link ID, or --url mqtt:\/\/HOST$/],
    [{ url: "http://x" }, /^--url: "http:\/\/x" is no address of a broker/],
    [{ url: "mqtt://x", password: "y" }, /^--password: a password needs `user`$/],
    [{ url: "mqtt://x", user: "a", password: "@/no/such/file" }, /^--password @\/no\/such\/file: ENOENT/],
    [{ url: "mqtt://x", ca: "ca.pem" }, /^--ca: ca is for TLS/],
    [{ url: "mqtt://x", version: "4" }, /^--version: /],
    [{ url: "mqtt://x", topic: "a/#/b" }, /# stands alone at the end/],
    [{ url: "mqtt://x", for: "soon" }, /^--for: /],
    [{ url: "mqtt://x", most: "0" }, /^--most 0: expected a number from 1 to 99999$/],
  ];
  for (const [options, message] of wrong) {
    const args = theArguments([], { for: "1s", most: "10", ...options });
    await assert.rejects(scan.run(args, aToolContext()), (error) => {
      assert.ok(error instanceof WrongArguments, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
