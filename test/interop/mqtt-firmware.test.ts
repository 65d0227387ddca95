/** Images over MQTT, through a mosquitto, to devices made of paho. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FirmwareError } from "../../src/adapter.ts";
import { anImage, sha256Hex } from "../support/an-image.ts";
import { publish } from "../support/mosquitto-clients.ts";
import { FirmwareWorld, type Kind, type Wishes } from "./mqtt/firmware-world.ts";

const LIMIT = { timeout: 60_000 };
const SIZE = 200_003;
const image = anImage(SIZE, { name: "dev.bin", version: "2.0.0" });
const MAGIC = image.bytes.subarray(0, 4).toString("hex");

const ACTIVATE = { topic: "dev/activate", payload: "1" };

/** Each way to the same kind of device. */
const WAYS: Readonly<
  Record<
    "mqtt-push" | "mqtt-pull" | "zigbee2mqtt",
    { readonly kind: Kind; readonly keys: object; readonly wishes: Wishes; readonly after: string }
  >
> = {
  "mqtt-push": { kind: "push", keys: { topic: "dev", timeout: "1s" }, wishes: {}, after: "1.0.0" },
  "mqtt-pull": { kind: "pull", keys: {}, wishes: { chunk: 4096 }, after: "2.0.0" },
  zigbee2mqtt: { kind: "bridge", keys: { id: "bulb" }, wishes: {}, after: "200" },
};

for (const way of ["mqtt-push", "mqtt-pull", "zigbee2mqtt"] as const) {
  const { kind, keys, wishes, after } = WAYS[way];

  test(`${way}: the device has the identical image, and says how far it is`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const device = await world.device(kind, { ...wishes, magic: MAGIC });
    const { transfer, acknowledged, listener } = await world.transfer(way, keys, { image });
    await transfer.send(0, listener);
    await device.printed(new RegExp(`^has ${sha256Hex(image.bytes)}$`, "m"));
    assert.deepEqual(world.flashed, image.bytes);
    const { all } = acknowledged;
    assert.deepEqual(
      all,
      [...all].sort((a, b) => a - b),
    );
    assert.ok(all.length > 40 && all.at(-1) === SIZE, `${all.length}, ${all.at(-1)}`);
    if (way !== "mqtt-push") assert.deepEqual(await transfer.probe(), { version: after });
  });

  test(`${way}: an image that is none for the device`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    await world.device(kind, { ...wishes, magic: "00000000" });
    const { transfer, listener } = await world.transfer(way, keys, { image });
    await assert.rejects(transfer.send(0, listener), isCondition("bad-image", /BAD_IMAGE/));
  });

  test(`${way}: a device that has no room for it`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    await world.device(kind, { ...wishes, room: 100_000 });
    const { transfer, listener } = await world.transfer(way, keys, { image });
    await assert.rejects(transfer.send(0, listener), isCondition("flash-full", /NO_SPACE/));
  });

  test(`${way}: a device that comes back with the version that it had`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    await world.device(kind, { ...wishes, stuck: true });
    const { transfer, listener } = await world.transfer(way, keys, { image });
    await transfer.send(0, listener);
    if (way === "mqtt-push") await publish(t, world.broker, ACTIVATE);
    const { version = "none" } = await transfer.probe();
    assert.match(version, /^1\.?0\.?0$/);
  });

  test(`${way}: given up in the middle, the device is told`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const device = await world.device(kind, { ...wishes, slow: 0.01 });
    const { transfer, acknowledged, listener } = await world.transfer(way, keys, { image });
    const sent = assert.rejects(transfer.send(0, listener), /the update was given up/);
    await acknowledged.find((offset) => offset > 20_000);
    await transfer.abort();
    await sent;
    await device.printed(/^(?:forgets it|aborts)$/m);
  });
}

for (const way of ["mqtt-push", "mqtt-pull"] as const) {
  const { kind, keys, wishes } = WAYS[way];

  test(`${way}: the device is lost in the middle, and goes on where it was when it is back`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const lost = await world.device(kind, { ...wishes, die_at: 100_000 });
    const { transfer, acknowledged, listener } = await world.transfer(way, keys, { image });
    const sent = transfer.send(0, listener);
    await lost.outcome;
    const back = await world.device(kind, wishes);
    const [, at] = await back.printed(/^begins at (\d+)$/m);
    assert.ok(Number(at) >= 100_000, at);
    await sent;
    assert.deepEqual(world.flashed, image.bytes);
    assert.equal(acknowledged.all.at(-1), SIZE);
  });

  test(`${way}: the gateway dies in the middle, and another process goes on where the device was`, LIMIT, async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const device = await world.device(kind, { ...wishes, slow: 0.01 });
    const first = await world.transfer(way, keys, { image });
    const sent = assert.rejects(first.transfer.send(0, first.listener));
    const reached = await first.acknowledged.find((offset) => offset > 50_000);
    await first.die();
    await sent;
    const cookie = first.cookie();
    // A device that asks waits for its chunk: it is told again after the usual silence, which this one makes short.
    const again = { ...keys, ...(way === "mqtt-pull" ? { timeout: "500ms" } : {}) };
    const second = await world.transfer(way, again, { image, ...(cookie === undefined ? {} : { cookie }) });
    await second.transfer.send(reached, second.listener);
    assert.deepEqual(world.flashed, image.bytes);
    assert.ok((second.acknowledged.all[0] ?? 0) >= reached, `${second.acknowledged.all[0]} after ${reached}`);
    await device.printed(new RegExp(`^has ${sha256Hex(image.bytes)}$`, "m"));
  });
}

test(
  "zigbee2mqtt: the gateway dies in the middle; the bridge goes on, and another process hears how it ends",
  LIMIT,
  async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const { keys } = WAYS.zigbee2mqtt;
    await world.device("bridge", { slow: 0.02 });
    const first = await world.transfer("zigbee2mqtt", keys, { image });
    const sent = assert.rejects(first.transfer.send(0, first.listener));
    await first.acknowledged.find((offset) => offset > 50_000);
    await first.die();
    await sent;
    const cookie = first.cookie();
    const second = await world.transfer("zigbee2mqtt", keys, { image, ...(cookie === undefined ? {} : { cookie }) });
    await second.transfer.send(50_000, second.listener);
    assert.deepEqual(world.flashed, image.bytes);
    assert.deepEqual(await second.transfer.probe(), { version: "200" });
  },
);

test("mqtt-push: the version before, and after it was activated by a step", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  await world.device("push");
  const { transfer, listener } = await world.transfer("mqtt-push", { topic: "dev", window: 8 }, { image });
  assert.deepEqual(await transfer.probe(), { version: "1.0.0" });
  await transfer.send(0, listener);
  await publish(t, world.broker, ACTIVATE);
  assert.deepEqual(await transfer.probe(), { version: "2.0.0" });
});

function isCondition(condition: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FirmwareError, String(error));
    assert.equal(error.condition, condition);
    assert.match(error.message, message);
    return true;
  };
}
