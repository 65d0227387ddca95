/** Values and commands through mosquitto: devices are its clients, the gateway is a process of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { aMosquitto } from "../support/mosquitto.ts";
import { type Peer, Publisher, publish, Subscriber } from "../support/mosquitto-clients.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { openWorld, subscribed } from "./mqtt/world.ts";

everyTestIsAgainst("mosquitto", debianVersion("mosquitto"));

const LIMIT = { timeout: 120_000 };
/** Of the gateway with a device that answers: long, as the test's programs may be slow to start. */
const PATIENCE = "30s";
const TEMPERATURE = "3303/0/5700";
const SWITCH = "3306/0/5850";

/** `lines`: further keys under `mqtt:`. */
const room = (...lines: readonly string[]): string => `params: { name: { type: string } }
mqtt:
  state: room/$name
${lines.map((line) => `  ${line}\n`).join("")}objects:
  3303: { sensor_value: { path: temperature, unit: Cel } }
`;

for (const version of ["3.1.1", "5"]) {
  test(`values at every QoS, and what was written, over MQTT ${version}`, LIMIT, async (t) => {
    const broker = await aMosquitto(t);
    if (broker === undefined) return;
    const levels = [0, 1, 2] as const;
    const mappings = Object.fromEntries(levels.map((qos) => [`room-${qos}`, switched(qos)]));
    const devices = levels.map((qos) => `id: room-${qos}, mapping: room-${qos}, name: q${qos}`);
    const world = await openWorld(t, broker, { link: `version: ${version}`, devices, mappings });
    const peer: Peer = { port: broker.port, version: version === "5" ? "5" : "311" };
    const commands = await Subscriber.start(t, peer, "room/+/set");
    await broker.printed(new RegExp(`as gw \\(p${version === "5" ? 5 : 2},`));
    for (const qos of levels) {
      await subscribed(broker, `room/q${qos}`, qos);
      await publish(t, peer, { topic: `room/q${qos}`, payload: '{"temperature":21.5,"state":"OFF"}', qos });
      await world.reads(`/room-${qos}/${TEMPERATURE}`, 21.5);
      await world.write(`/room-${qos}/${SWITCH}`, true);
      const command = await commands.first(({ topic }) => topic === `room/q${qos}/set`);
      assert.deepEqual([command.payload, command.qos, command.retain], ['{"state":"ON"}', qos, 0]);
      await publish(t, peer, { topic: `room/q${qos}`, payload: '{"temperature":-3,"state":"ON"}', qos });
      await world.reads(`/room-${qos}/${TEMPERATURE}`, -3);
    }
  });
}

test(
  "a retained message is no measurement, unless the mapping says so, or it says when it was measured",
  LIMIT,
  async (t) => {
    const broker = await aMosquitto(t);
    if (broker === undefined) return;
    const measured = Date.UTC(2026, 0, 2, 3, 4, 5);
    const said = (temperature: number, at: number): string =>
      JSON.stringify({ temperature, at: new Date(at).toISOString() });
    const payload = said(19, measured);
    for (const name of ["old", "kept", "timed"])
      await publish(t, broker, { topic: `room/${name}`, payload, retain: true });
    const world = await openWorld(t, broker, {
      devices: ["old", "kept", "timed"].map((name) => `id: ${name}, mapping: ${name}, name: ${name}`),
      mappings: { old: room(), kept: room("retained: accept"), timed: room("time: at") },
    });
    await world.reads(`/kept/${TEMPERATURE}`, 19);
    await world.reads(`/timed/${TEMPERATURE}`, 19);
    // All were subscribed to at once, and the broker has given what it kept.
    await assert.rejects(world.read(`/old/${TEMPERATURE}`));
    await publish(t, broker, { topic: "room/old", payload: '{"temperature":20}', retain: true });
    await world.reads(`/old/${TEMPERATURE}`, 20);
    await world.observes(`/timed/${TEMPERATURE}`, 19);
    await publish(t, broker, { topic: "room/timed", payload: said(20, measured + 1000) });
    await world.hears(`/timed/${TEMPERATURE}`, measured + 1000);
  },
);

test("the last will of a device makes it unreachable, its next message reachable", LIMIT, async (t) => {
  const broker = await aMosquitto(t);
  if (broker === undefined) return;
  const world = await openWorld(t, broker, {
    devices: ["id: kitchen, mapping: room, name: kitchen"],
    mappings: { room: room("availability: { topic: room/$name/availability, online: online, offline: offline }") },
  });
  await subscribed(broker, "room/kitchen/availability");
  const availability = { topic: "room/kitchen/availability", retain: true };
  const will = ["--will-topic", availability.topic, "--will-payload", "offline", "--will-retain"];
  for (const [i, temperature] of [21, 22].entries()) {
    const device = await Publisher.start(t, { port: broker.port, options: will }, "room/kitchen");
    await publish(t, broker, { ...availability, payload: "online" });
    device.publish(`{"temperature":${temperature}}`);
    await world.reads(`/kitchen/${TEMPERATURE}`, temperature);
    if (i === 0) await device.kill();
    if (i === 0) await world.refuses(`/kitchen/${TEMPERATURE}`, /room\/kitchen\/availability/);
  }
});

test(
  "a request with a reply: matched by what it says, refused in the words of the device, or late",
  LIMIT,
  async (t) => {
    const broker = await aMosquitto(t);
    if (broker === undefined) return;
    const wanted = '{ topic: plug/$name/reply, match: { transaction: "{id}" }, ok: { status: ok }, error: error }';
    const world = await openWorld(t, broker, {
      devices: ["id: plug, mapping: plug, name: plug", "id: silent, mapping: silent, name: silent"],
      mappings: { plug: asked(wanted, PATIENCE), silent: asked(wanted, "100ms") },
    });
    await subscribed(broker, "plug/plug/reply", 1);
    const device = await Subscriber.start(t, broker, "plug/plug/set");
    const answer = async (state: string, words: Readonly<Record<string, unknown>>): Promise<void> => {
      const { payload } = await device.first(({ payload }) => JSON.parse(payload).state === state);
      const { transaction } = JSON.parse(payload);
      const reply = (more: object) => publish(t, broker, { topic: "plug/plug/reply", payload: JSON.stringify(more) });
      await reply({ transaction: "another", status: "error", error: "not yours" });
      await reply({ transaction, ...words });
    };
    await Promise.all([world.write(`/plug/${SWITCH}`, true), answer("ON", { status: "ok" })]);
    const refused = assert.rejects(world.write(`/plug/${SWITCH}`, false), /too hot/);
    await Promise.all([refused, answer("OFF", { status: "error", error: "too hot" })]);
    await assert.rejects(world.write(`/silent/${SWITCH}`, true), /no answer on "plug\/silent\/reply"/);
  },
);

test("MQTT 5: the answer comes to the response topic, with the correlation data of the request", LIMIT, async (t) => {
  const broker = await aMosquitto(t);
  if (broker === undefined) return;
  const world = await openWorld(t, broker, {
    link: "version: 5",
    devices: ["id: plug, mapping: plug, name: plug"],
    mappings: { plug: asked("auto", PATIENCE) },
  });
  const peer: Peer = { port: broker.port, version: "5" };
  const device = await Subscriber.start(t, peer, "plug/plug/set");
  const written = world.write(`/plug/${SWITCH}`, true);
  const { properties = {} } = await device.first(() => true);
  const { "response-topic": topic, "correlation-data": correlation } = properties;
  assert.ok(typeof topic === "string" && typeof correlation === "string", JSON.stringify(properties));
  const reply = (status: string, data: string) =>
    publish(
      t,
      { ...peer, options: ["-D", "publish", "correlation-data", data] },
      { topic, payload: JSON.stringify({ status }) },
    );
  await reply("not yours", "another");
  await reply("ok", correlation);
  await written;
});

/** A room with a switch. */
function switched(qos: number): string {
  return `${room(`qos: ${qos}`, 'requests: { set: { topic: room/$name/set, json: { state: "{value}" } } }')}  3306: { on/off: { path: state, enum: { "ON": true, "OFF": false }, write: { request: set } } }
`;
}

/** A switch whose device answers: what is wanted of the reply, and within which time. */
function asked(wanted: string, timeout: string): string {
  return `params: { name: { type: string } }
mqtt:
  state: plug/$name
  qos: 1
  requests:
    set: { topic: plug/$name/set, json: { state: "{value}", transaction: "{id}" }, reply: ${wanted}, timeout: ${timeout} }
objects:
  3306: { on/off: { path: state, enum: { "ON": true, "OFF": false }, write: { request: set } } }
`;
}
