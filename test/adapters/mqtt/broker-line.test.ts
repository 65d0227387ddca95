import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { anMqttBroker } from "../../support/an-mqtt-broker.ts";
import { anMqttDevice, anMqttLink, type MqttWorld, valueAtLast } from "../../support/mqtt-world.ts";

const POINT = "3303/0/5700";
const RESOURCES = { [POINT]: { path: "t" } };

/** Lines that a person sees, as "level: message (reason)". */
function lines({ log }: MqttWorld): readonly string[] {
  return log.all.flatMap(({ level, message, fields: { reason } }) =>
    level === "debug" ? [] : [`${level}: ${message}${reason === undefined ? "" : ` (${reason})`}`],
  );
}

/** Why there is no connection. */
async function downReason(world: MqttWorld): Promise<string> {
  const { fields } = await world.log.find(({ level }) => level === "warn");
  const { reason } = fields;
  return String(reason);
}

test("a broker that vanishes and comes back is two lines, and its devices know why they are not reached", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const { told } = await anMqttDevice(world, { state: "s" }, RESOURCES);
  await broker.subscribed.count(1);
  broker.away = true;
  broker.drop();
  const lost = await told.find((one) => one.kind === "reachable" && !one.reachable);
  assert.deepEqual(lost, {
    kind: "reachable",
    reachable: false,
    reason: `mqtt://127.0.0.1:${broker.port}: the broker closed the connection`,
  });
  // Several attempts fail meanwhile.
  await world.log.find(({ fields: { reason } }) => /before it answered/.test(String(reason)));
  told.forget();
  broker.away = false;
  await broker.subscribed.count(2);
  await broker.publish("s", '{"t":1}');
  assert.equal(await valueAtLast(told, POINT), 1);
  const [answers, down, refused, again, ...more] = lines(world);
  assert.deepEqual([answers, again, more], ["info: the MQTT broker answers", answers, []]);
  assert.match(
    down ?? "",
    /^warn: the MQTT broker is down; trying again until it is back \(the broker closed the connection\)$/,
  );
  assert.match(refused ?? "", /^warn: .*before it answered: is it its port for TLS \(mqtts:\/\/\)\?\)$/);
});

test("what nobody subscribes to any more is unsubscribed from, and many devices on one filter are one subscription", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const devices = await Promise.all(
    Array.from({ length: 50 }, (_, id) => anMqttDevice(world, { state: "rtl/+", only: { id } }, RESOURCES)),
  );
  await broker.subscribed.count(1);
  for (const i of [7, 42]) await broker.publish("rtl/x", `{"id":${i},"t":${i}}`);
  assert.equal(await valueAtLast(devices[42]?.told ?? assert.fail(), POINT), 42);
  assert.equal(await valueAtLast(devices[7]?.told ?? assert.fail(), POINT), 7);
  assert.deepEqual(broker.subscribed.all, ["rtl/+"]);
  for (const { device } of devices) await device.close();
  await broker.unsubscribed.find((filter) => filter === "rtl/+");
});

test("a topic that the broker refuses is told by its name, and the others are heard", async (t) => {
  const broker = await anMqttBroker(t, { refused: ["secret/#"] });
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const { told } = await anMqttDevice(
    world,
    { state: "s", topics: { hidden: "secret/#" } },
    { ...RESOURCES, "1/0/1": { topic: "hidden" } },
  );
  const { message, fields } = await world.log.find(({ level }) => level === "warn");
  const { topic } = fields;
  assert.match(message, /refuses a subscription/);
  assert.equal(topic, "secret/#");
  await broker.publish("s", '{"t":1}');
  assert.equal(await valueAtLast(told, POINT), 1);
  assert.ok(world.link.report?.().notes?.some((note) => note.startsWith('the broker refuses "secret/#": ')));
});

test("the gateway says that it is there at each connect, and that it goes; without a word the broker says it", async (t) => {
  const broker = await anMqttBroker(t);
  const will = { topic: "gw/state", offline: "gone" };
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}`, will });
  await broker.published.count(1);
  broker.drop();
  await broker.published.count(3);
  await world.link.close();
  await broker.published.count(4);
  assert.deepEqual(
    broker.published.all.map(({ topic, payload, retain, qos }) => [topic, payload, retain, qos]),
    ["online", "gone", "online", "gone"].map((word) => ["gw/state", word, true, 1]),
  );
});

test("a payload beyond `max` is dropped, and told once", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}`, max: "1KiB" });
  const { told } = await anMqttDevice(world, { state: "s", qos: 1 }, RESOURCES);
  await broker.subscribed.count(1);
  // The last two are never held as a whole.
  for (const size of [2000, 300_000, 300_000])
    await broker.publish("s", `{"t":${"1".repeat(size)}}`, { qos: size === 2000 ? 0 : 1 });
  await broker.publish("s", '{"t":5}');
  assert.equal(await valueAtLast(told, POINT), 5);
  assert.deepEqual(
    world.log.all.filter(({ level }) => level === "warn").map(({ fields: { topic, max } }) => [topic, max]),
    [["s", 1024]],
  );
  assert.deepEqual(world.link.report?.().notes?.slice(1), ["3 messages were larger than 1024 bytes"]);
});

test("why there is no connection is told in words", async (t) => {
  const broker = await anMqttBroker(t, { users: { gw: "right" } });
  const silent = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  const address = silent.address();
  const closing = typeof address === "object" && address !== null ? address.port : 0;
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    // No program of a user listens there.
    [{ url: "mqtt://127.0.0.1:1" }, /^connection refused: no broker listens there$/],
    [{ url: `mqtt://127.0.0.1:${broker.port}`, user: "gw", password: "wrong" }, /^bad user name or password$/],
    [
      { url: `mqtt://127.0.0.1:${closing}` },
      /^the broker closed the connection before it answered: is it its port for TLS/,
    ],
    [{ url: `mqtts://127.0.0.1:${closing}` }, /^the broker closed the connection before it answered: it may want/],
    [{ url: "mqtt://no-such-host.invalid" }, /^there is no host of that name$|cannot be looked up now$/],
    [{ url: "mqtts://127.0.0.1:1", ca: "/no/such/file.pem" }, /^ca: \/no\/such\/file\.pem cannot be read: ENOENT/],
  ];
  for (const [keys, expected] of cases) assert.match(await downReason(await anMqttLink(t, keys)), expected);
  const { link } = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}`, user: "gw", password: "right" });
  await broker.connected.count(1);
  await link.close();
});

test("a request while the broker is away fails at once, with the reason", async (t) => {
  const world = await anMqttLink(t, { url: "mqtt://127.0.0.1:1", reconnect: "1h" });
  await downReason(world);
  const section = { requests: { set: { topic: "s", send: "{value}" } }, state: "s" };
  const { device, told } = await anMqttDevice(world, section, { [POINT]: { path: "t", write: { request: "set" } } });
  await told.find((one) => one.kind === "reachable" && !one.reachable);
  await assert.rejects(device.write(POINT, 1), { kind: "unreachable", message: /connection refused/ });
});

test("a session that is kept has what came while the gateway was away", async (t) => {
  const broker = await anMqttBroker(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const keys = { url, session: "kept", client_id: "gw-1" };
  const first = await anMqttLink(t, keys);
  await anMqttDevice(first, { state: "s", qos: 1 }, RESOURCES);
  await broker.subscribed.count(1);
  await first.link.close();
  await broker.disconnected.count(1);
  await broker.publish("s", '{"t":7}', { qos: 1 });
  const second = await anMqttLink(t, keys);
  const { told } = await anMqttDevice(second, { state: "s", qos: 1 }, RESOURCES);
  assert.equal(await valueAtLast(told, POINT), 7);
});

test("each machine and link has a name of its own at the broker, unless it is given", async (t: TestContext) => {
  const broker = await anMqttBroker(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await anMqttLink(t, { url });
  await anMqttLink(t, { url, client_id: "mine" });
  const names = await broker.connected.count(2);
  assert.match(names.find((name) => name !== "mine") ?? "", /^lwm2m-gateway-.+-it$/);
});
