/** A mosquitto that goes and comes back, and a gateway that is killed: what each knows of the other then. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { aMosquitto, type Mosquitto } from "../support/mosquitto.ts";
import { publish, Subscriber } from "../support/mosquitto-clients.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { logOfLink, openWorld, subscribed, type WorldSetup } from "./mqtt/world.ts";

everyTestIsAgainst("mosquitto", debianVersion("mosquitto"));

const LIMIT = { timeout: 120_000 };
const TEMPERATURE = "/kitchen/3303/0/5700";
const SWITCH = "/kitchen/3306/0/5850";

const BACK = "info the MQTT broker answers";
const AWAY = "warn the MQTT broker is down; trying again until it is back";

const ROOM = `params: { name: { type: string } }
mqtt:
  state: room/$name
  qos: 1
  requests: { set: { topic: room/$name/set, json: { state: "{value}" } } }
objects:
  3303: { sensor_value: { path: temperature, unit: Cel } }
  3306: { on/off: { path: state, enum: { "ON": true, "OFF": false }, write: { request: set } } }
`;
const SETUP: WorldSetup = { devices: ["id: kitchen, mapping: room, name: kitchen"], mappings: { room: ROOM } };

const tell = (t: TestContext, broker: Mosquitto, temperature: number): Promise<void> =>
  publish(t, broker, { topic: "room/kitchen", payload: JSON.stringify({ temperature, state: "OFF" }) });

for (const version of ["3.1.1", "5"]) {
  test(
    `the broker restarts, over MQTT ${version}: one line away, one line back, values and commands go on`,
    LIMIT,
    async (t) => {
      const broker = await aMosquitto(t);
      if (broker === undefined) return;
      const world = await openWorld(t, broker, { ...SETUP, link: `version: ${version}` });
      await subscribed(broker, "room/kitchen", 1);
      await tell(t, broker, 21);
      await world.reads(TEMPERATURE, 21);
      await broker.stop();
      await world.refuses(TEMPERATURE, /broker|connect/);
      await assert.rejects(world.write(SWITCH, true));
      await broker.start();
      await subscribed(broker, "room/kitchen", 1);
      const commands = await Subscriber.start(t, broker, "room/kitchen/set");
      await tell(t, broker, 22);
      await world.reads(TEMPERATURE, 22);
      await world.write(SWITCH, true);
      const { payload, qos } = await commands.first(() => true);
      assert.deepEqual([payload, qos], ['{"state":"ON"}', 1]);
      // Each reason is told once: how it went, and what keeps it away, if that was tried before it was back.
      const lines = await logOfLink(world);
      const away = lines.slice(1, -1);
      assert.deepEqual([lines[0], lines.at(-1)], [BACK, BACK], lines.join("\n"));
      assert.ok(away.length > 0 && new Set(away).size === away.length, lines.join("\n"));
      assert.ok(
        away.every((line) => line.startsWith(AWAY)),
        lines.join("\n"),
      );
    },
  );
}

test("a gateway that is killed is offline by its last will, one that is stopped by its own word", LIMIT, async (t) => {
  const broker = await aMosquitto(t);
  if (broker === undefined) return;
  const onlooker = await Subscriber.start(t, broker, "gateway/life");
  const link = "will: { topic: gateway/life, online: online, offline: offline, qos: 1, retain: true }";
  const world = await openWorld(t, broker, { ...SETUP, link });
  const told = async (count: number): Promise<readonly string[]> => {
    await onlooker.first(() => onlooker.heard.length >= count);
    return onlooker.heard.map(({ payload }) => payload);
  };
  assert.deepEqual(await told(1), ["online"]);
  await world.kill();
  assert.deepEqual(await told(2), ["online", "offline"]);
  await world.startAgain();
  assert.deepEqual(await told(3), ["online", "offline", "online"]);
  const { code } = await world.stop();
  assert.deepEqual([code, await told(4)], [0, ["online", "offline", "online", "offline"]]);
  const late = await Subscriber.start(t, broker, "gateway/life");
  const { payload, retain } = await late.first(() => true);
  assert.deepEqual([payload, retain], ["offline", 1]);
});

test("a kept session: what was published while the gateway was away comes when it is back", LIMIT, async (t) => {
  const broker = await aMosquitto(t);
  if (broker === undefined) return;
  const world = await openWorld(t, broker, { ...SETUP, link: "version: 5, session: kept, session_expiry: 10m" });
  await subscribed(broker, "room/kitchen", 1);
  await tell(t, broker, 21);
  await world.reads(TEMPERATURE, 21);
  await world.kill();
  await tell(t, broker, 22);
  await world.startAgain();
  await world.reads(TEMPERATURE, 22);
});

test("a kept session outlives the broker, too, where the broker keeps it", LIMIT, async (t) => {
  const broker = await aMosquitto(t, { lines: ["persistence true", "persistence_location ./"] });
  if (broker === undefined) return;
  const world = await openWorld(t, broker, { ...SETUP, link: "session: kept" });
  await subscribed(broker, "room/kitchen", 1);
  await broker.stop();
  await world.refuses(TEMPERATURE, /./);
  await world.kill();
  await broker.start();
  // Nobody is there to hear it: mosquitto keeps it for whoever has subscribed.
  await tell(t, broker, 23);
  await world.startAgain();
  await world.reads(TEMPERATURE, 23);
});
