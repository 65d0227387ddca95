/** Devices made of paho that are told a URL over a mosquitto, and fetch their image from the gateway with Python's urllib. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FirmwareError } from "../../src/adapter.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import type { ImageOffer } from "../../src/firmware/http/image-offers.ts";
import { ImageServer } from "../../src/firmware/http/image-server.ts";
import { anImage, sha256Hex } from "../support/an-image.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { FirmwareWorld, type Underway } from "./mqtt/firmware-world.ts";

const LIMIT = { timeout: 60_000 };
const SIZE = 400_003;
const image = anImage(SIZE, { version: "2.0.0" });

const ANNOUNCE = {
  topic: "dev/ota",
  json: { url: "{url}", sha256: "{sha256}", size: "{size}", version: "{version}", job: "{job}" },
};
const KEYS = {
  announce: ANNOUNCE,
  reports: { topic: "dev/state", path: "state", done: "done", failed: "error", error: "error" },
  version: { topic: "dev/info", path: "fw", ask: { topic: "dev/ask", send: "1" } },
};

async function offered(
  t: TestContext,
  before: { readonly port?: number; readonly token?: string } = {},
): Promise<{ readonly server: ImageServer; readonly offer: ImageOffer }> {
  const context = { clock: systemClock, random: systemRandom, log: recordingLogger([]) };
  const server = new ImageServer({ address: "127.0.0.1", port: before.port ?? 0 }, context);
  t.after(() => server.close());
  return { server, offer: await server.offer(image, before) };
}

function underway(world: FirmwareWorld, offer: ImageOffer, keys: object = KEYS, cookie?: string): Promise<Underway> {
  const { url, onFetched } = offer;
  const more = { image, url, onFetched, ...(cookie === undefined ? {} : { cookie }) };
  return world.transfer("url", keys, more);
}

test("url: the device fetches the identical image, and says its version when it is asked", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  const device = await world.device("url");
  const { transfer, acknowledged, listener } = await underway(world, (await offered(t)).offer);
  assert.deepEqual(await transfer.probe(), { version: "1.0.0" });
  await transfer.send(0, listener);
  await device.printed(new RegExp(`^has ${sha256Hex(image.bytes)}$`, "m"));
  assert.deepEqual(world.flashed, image.bytes);
  assert.equal(acknowledged.all.at(-1), SIZE);
  assert.deepEqual(await transfer.probe(), { version: "2.0.0" });
});

test("url: fetched whole is enough where the device says nothing", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  await world.device("url");
  const { transfer, acknowledged, listener } = await underway(world, (await offered(t)).offer, { announce: ANNOUNCE });
  await transfer.send(0, listener);
  assert.ok(acknowledged.all.length > 1);
  assert.deepEqual(world.flashed, image.bytes);
});

test("url: no room, another kind of image, another version than it should have", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  const { offer } = await offered(t);
  const full = await world.device("url", { room: 1000 });
  const first = await underway(world, offer);
  await assert.rejects(first.transfer.send(0, first.listener), isCondition("flash-full"));
  await first.die();
  full.child.kill("SIGKILL");
  const strange = await world.device("url", { magic: "00000000" });
  const second = await underway(world, offer);
  await assert.rejects(second.transfer.send(0, second.listener), isCondition("bad-image"));
  await second.die();
  strange.child.kill("SIGKILL");
  await world.device("url", { stuck: true });
  const third = await underway(world, offer);
  await third.transfer.send(0, third.listener);
  assert.deepEqual(await third.transfer.probe(), { version: "1.0.0" });
});

test("url: the device is lost in the middle, and fetches the rest when it is back", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  const lost = await world.device("url", { die_at: 100_000 });
  const { transfer, listener } = await underway(world, (await offered(t)).offer);
  const sent = transfer.send(0, listener);
  await lost.outcome;
  await world.device("url");
  await sent;
  assert.deepEqual(world.flashed, image.bytes);
});

test(
  "url: the gateway dies in the middle; the device goes on at the same URL, and is not told again",
  LIMIT,
  async (t) => {
    const world = await FirmwareWorld.open(t);
    if (world === undefined) return;
    const { server, offer } = await offered(t);
    const lost = await world.device("url", { die_at: 150_000 });
    const first = await underway(world, offer);
    const sent = assert.rejects(first.transfer.send(0, first.listener));
    await lost.outcome;
    await first.die();
    await server.close();
    await sent;
    const again = await offered(t, { port: Number(new URL(offer.url).port), token: offer.token });
    const second = await underway(world, again.offer, KEYS, first.cookie());
    const rest = second.transfer.send(100_000, second.listener);
    const device = await world.device("url");
    await rest;
    assert.deepEqual(world.flashed, image.bytes);
    const { stdout } = await stopped(device);
    assert.doesNotMatch(stdout, /begins/);
  },
);

async function stopped(device: Awaited<ReturnType<FirmwareWorld["device"]>>): Promise<{ readonly stdout: string }> {
  device.child.kill("SIGKILL");
  return device.outcome;
}

function isCondition(condition: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FirmwareError, String(error));
    assert.equal(error.condition, condition);
    return true;
  };
}
