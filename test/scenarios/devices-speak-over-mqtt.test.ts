/** Devices of families that there are, at a broker of this process: what they say arrives at a server, what it writes at them. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { aGateway } from "../support/a-gateway.ts";
import { anMqttBroker, type PlayedBroker } from "../support/an-mqtt-broker.ts";
import { settleUntil } from "../support/fake-clock.ts";

interface Site {
  readonly devices: readonly string[];
  /** What the broker has kept from before. */
  readonly kept?: Readonly<Record<string, string | object>>;
  /** What the devices do when they are told something. */
  readonly play?: (broker: PlayedBroker) => void;
  /** Topics on which the gateway listens when all of it is there. */
  readonly topics: readonly string[];
}

async function aSite(t: TestContext, { devices, kept = {}, play, topics }: Site) {
  const broker = await anMqttBroker(t);
  for (const [topic, payload] of Object.entries(kept)) await tell(broker, topic, payload, true);
  play?.(broker);
  const links = [`broker: { type: mqtt, url: "mqtt://127.0.0.1:${broker.port}" }`];
  const world = await aGateway(t, { links, devices });
  await settleUntil("all is subscribed to", () => topics.every((one) => broker.subscribed.all.includes(one)));
  const { clock, server, gateway } = world;
  const valueAt = (path: string) =>
    gateway
      .status()
      .devices.flatMap(({ values }) => values)
      .find((value) => value.path === path)?.value;
  /** Real sockets take their time, in which the clock stands still: until this value is there. */
  const until = (path: string, value: Value) => settleUntil(`${path} is ${value}`, () => valueAt(path) === value);
  const say = async (topic: string, payload: object, path: string, value: Value): Promise<void> => {
    await clock.advance(SECOND);
    await tell(broker, topic, payload);
    await until(path, value);
    await clock.advance(SECOND);
  };
  const write = (path: string, value: boolean | number) => server.replace(path, { [path]: value });
  const logged = (message: string, device: string): boolean =>
    world.lines.some((line) => line.message === message && JSON.stringify(line).includes(device));
  return { broker, server, until, say, write, logged };
}

/** A device says it. */
function tell(broker: PlayedBroker, topic: string, payload: string | object, retain = false): Promise<void> {
  return broker.publish(topic, typeof payload === "string" ? payload : JSON.stringify(payload), { retain });
}

test("Zigbee2MQTT: values and whether a device is there arrive at the server, a write at the lamp", async (t) => {
  const { broker, server, say, write, logged } = await aSite(t, {
    devices: [
      "{ id: office, mapping: z2m-climate, link: broker, name: office }",
      "{ id: lamp, mapping: z2m-light, link: broker, name: hall/lamp }",
    ],
    kept: { "zigbee2mqtt/bridge/state": { state: "online" }, "zigbee2mqtt/office/availability": { state: "online" } },
    topics: ["zigbee2mqtt/bridge/state", "zigbee2mqtt/office", "zigbee2mqtt/hall/lamp"],
  });
  const first = { ...{ battery: 91, temperature: 23.5, humidity: 46.08 }, linkquality: 110 };
  const before = { ...first, last_seen: "2025-12-31T23:59:58+00:00" };
  await say("zigbee2mqtt/office", before, "/office/3303/0/5700", 23.5);
  assert.equal((await server.read("/office/3303/0/5700")).text, "23.5");
  assert.equal((await server.read("/office/4/0/3")).text, "110");
  await server.observe("/office/3304/0/5700");
  const later = { humidity: 50, last_seen: "2026-01-01T00:00:03.250Z" };
  await say("zigbee2mqtt/office", later, "/office/3304/0/5700", 50);
  const [told] = server.records("/office/3304/0/5700");
  assert.deepEqual(
    [told?.value, told?.time],
    [50, Date.UTC(2026, 0, 1, 0, 0, 3, 250)],
    "with the time of the measurement",
  );

  const dark = { state: "OFF", brightness: 254, color_temp: 250 };
  await say("zigbee2mqtt/hall/lamp", dark, "/lamp/3308/0/5900", 4000);
  assert.deepEqual(broker.told("zigbee2mqtt/hall/lamp/get"), ['{"state":""}'], "it was asked at the beginning");
  assert.equal((await write("/lamp/3311/0/5850", true)).code, "2.04");
  assert.equal((await write("/lamp/3311/0/5851", 50)).code, "2.04");
  assert.equal((await write("/lamp/3308/0/5900", 2700)).code, "2.04");
  assert.deepEqual(broker.told("zigbee2mqtt/hall/lamp/set"), [
    '{"state":"ON"}',
    '{"brightness":127}',
    '{"color_temp":370}',
  ]);

  await tell(broker, "zigbee2mqtt/office/availability", { state: "offline" }, true);
  await settleUntil("it is offline", () => logged("the device is offline", "office"));
  assert.equal((await server.read("/office/3303/0/5700")).code, "5.00");
  assert.equal((await server.read("/lamp/3311/0/5850")).code, "2.05", "the lamp is another device");
});

const SHELLY = "shellyplusplugs-083af2018c80";
const STATUS = { id: 0, output: true, apower: 10.7, voltage: 230.1, current: 0.053, aenergy: { total: 46791.262 } };

test("Shelly: a plug tells its state when it is asked at the start, does what it is told, and says why it does not", async (t) => {
  const { broker, server, until, write } = await aSite(t, {
    devices: [`{ id: plug, mapping: shelly-plug, link: broker, topic_prefix: ${SHELLY} }`],
    kept: { [`${SHELLY}/online`]: "true" },
    play: aShelly,
    topics: [`${SHELLY}/status/switch:0`, `${SHELLY}/gateway/rpc`],
  });
  await until("/plug/3305/0/5805", 46791.262);
  assert.equal((await server.read("/plug/3312/0/5850")).text, "1");
  assert.equal((await server.read("/plug/4/0/2")).text, "-45");
  assert.equal((await write("/plug/3312/0/5850", false)).code, "2.04");
  const refused = await write("/plug/3312/0/5850", true);
  assert.equal(refused.code, "5.00");
  const [first, second] = broker.told(`${SHELLY}/rpc`).map((text): { readonly id: number } => JSON.parse(text));
  assert.deepEqual(first, {
    ...{ id: first?.id, src: `${SHELLY}/gateway`, method: "Switch.Set" },
    params: { id: 0, on: false },
  });
  assert.notEqual(first?.id, second?.id);
});

/** It tells all when it is asked to, and has an output that can only be switched off. */
function aShelly(broker: PlayedBroker): void {
  broker.onPublished = ({ topic, payload }) => {
    if (topic === `${SHELLY}/command`) {
      void tell(broker, `${SHELLY}/status/wifi`, { sta_ip: "192.168.15.138", status: "got ip", rssi: -45 });
      void tell(broker, `${SHELLY}/status/switch:0`, STATUS);
    }
    if (topic !== `${SHELLY}/rpc`) return;
    const { id, src, params }: { id: number; src: string; params: { on: boolean } } = JSON.parse(payload);
    const outcome = params.on
      ? { error: { code: -109, message: "shutting down in 952 ms" } }
      : { result: { was_on: true } };
    void tell(broker, `${src}/rpc`, { id, src: SHELLY, dst: src, ...outcome });
  };
}

test("Tasmota: a plug is heard on whichever topic it tells its switch, and is asked again when it is back", async (t) => {
  const asked = (): number => broker.told("cmnd/fridge/TelePeriod").length;
  const { broker, server, say, write, logged } = await aSite(t, {
    devices: ["{ id: fridge, mapping: tasmota-plug, link: broker, topic: fridge }"],
    kept: { "tele/fridge/LWT": "Online" },
    topics: ["tele/fridge/LWT", "tele/fridge/SENSOR", "stat/fridge/RESULT", "tele/fridge/STATE"],
  });
  await settleUntil("it is asked", () => asked() === 1);
  const radio = { AP: 1, RSSI: 86, Signal: -57 };
  await say("tele/fridge/STATE", { POWER: "ON", Wifi: radio }, "/fridge/3312/0/5850", true);
  assert.equal((await server.read("/fridge/3312/0/5850")).text, "1");
  assert.equal((await server.read("/fridge/4/0/2")).text, "-57");
  await say("stat/fridge/RESULT", { POWER: "OFF" }, "/fridge/3312/0/5850", false);
  assert.equal((await server.read("/fridge/3312/0/5850")).text, "0");
  const sensor = { Time: "2026-01-01T10:13:52", ENERGY: { Total: 6.294, Power: 2635 } };
  await say("tele/fridge/SENSOR", sensor, "/fridge/3305/0/5800", 2635);
  assert.equal((await server.read("/fridge/3305/0/5800")).text, "2635");
  assert.equal((await write("/fridge/3312/0/5850", true)).code, "2.04");
  assert.deepEqual(broker.told("cmnd/fridge/POWER"), ["ON"]);

  await tell(broker, "tele/fridge/LWT", "Offline", true);
  await settleUntil("it is offline", () => logged("the device is offline", "fridge"));
  await tell(broker, "tele/fridge/LWT", "Online", true);
  await settleUntil("it is asked again", () => asked() === 2);
});

const UP = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/a840411234567890/event/up";

test("ChirpStack: a LoRaWAN sensor is known by its own address, and its bytes have the time of the network", async (t) => {
  const { server, say } = await aSite(t, {
    devices: ["{ id: silo, mapping: chirpstack-lht65, link: broker, dev_eui: A8-40-41-12-34-56-78-90, probe: true }"],
    topics: ["application/+/device/a840411234567890/event/up"],
  });
  const rxInfo = [{ rssi: -36, snr: 10.5 }];
  const first = { time: "2026-01-01T00:00:01Z", fPort: 2, data: "zCsLQgH8AX//f/8=", rxInfo };
  await say(UP, first, "/silo/3303/0/5700", 28.82);
  assert.equal((await server.read("/silo/3303/0/5700")).text, "28.82");
  assert.equal((await server.read("/silo/3303/1/5700")).code, "5.00", "it has no probe");
  assert.equal((await server.read("/silo/4/0/2")).text, "-36");
  await server.observe("/silo/3303/0/5700");
  const second = { time: "2026-01-01T00:00:06.775023242+00:00", fPort: 2, data: "y/YLDQN2AQrdf/8=", rxInfo };
  await say(UP, second, "/silo/3303/0/5700", 28.29);
  const [told] = server.records("/silo/3303/0/5700");
  assert.deepEqual([told?.value, told?.time], [28.29, Date.UTC(2026, 0, 1, 0, 0, 6, 775)]);
  assert.equal((await server.read("/25/0/0")).text, "urn:dev:mac:a840411234567890");
});
