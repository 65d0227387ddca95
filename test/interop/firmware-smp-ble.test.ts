/** A server updates devices with MCUboot over Bluetooth, through the whole gateway; their SMP server others wrote. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import { aFileServer } from "../support/a-file-server.ts";
import { mcubootImage } from "../support/scripted-smp.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { aBleDevice, type BleSmpDevice } from "./smp/devices.ts";
import type { SmpNews } from "./smp/smp-server.ts";

const LIMIT = { timeout: 120_000 };
/** Object 5: Package URI, Update, State, Update Result. */
const URI = "/board/5/0/1";
const UPDATE = "/board/5/0/2";
const STATE = "/board/5/0/3";
const RESULT = "/board/5/0/5";
const IDLE = 0;
const DOWNLOADED = 2;
const UPDATING = 3;
const SUCCESS = 1;
const FLASH_FULL = 2;
const UNSUPPORTED = 6;
const FAILED = 8;
/** Slow enough for something to happen meanwhile, in seconds for each part of the image. */
const SLOW = 0.01;
/** More than is sent while a test looks away. */
const LARGE = 400_000;
const REACHED = 50_000;
const NEIGHBOUR = "f0:00:00:00:00:02";
const TEMPERATURE = "/room/3303/0/5700";
/** So many new values show that somebody is polled. */
const POLLS = 3;

const BOARD = `ble: { match: { address: "F0:00:00:00:00:01" } }
firmware:
  via: smp
  transfer: { ack_timeout: 1s, window: 2 }
  verify: { within: WITHIN, poll: 1s, settle: 1s }
objects: { 3303: { sensor_value: { char: 2A6E, as: s16le, scale: 0.01, unit: Cel } } }
`;
const ROOM = `ble: { match: { address: "${NEIGHBOUR}" }, connect: CONNECT }
objects: { 3303: { sensor_value: { char: 2A6E, as: u16le, poll: 1s } } }
`;

interface WorldSetup {
  /** Of `verify`. */
  readonly within?: string;
  /** Another device is there, too, which is connected to so. */
  readonly neighbour?: "keep" | "poll";
}

/** Undefined, the test being skipped, where something is missing. */
async function aWorld(t: TestContext, { within = "30s", neighbour }: WorldSetup = {}) {
  const device = await aBleDevice(t);
  if (device === undefined) return undefined;
  if (neighbour !== undefined) addNeighbour(device);
  const { port } = device.reach.link;
  const world = await GatewayWorld.open(t, {
    protocol: "ble",
    links: [`air: { type: ble, backend: hci-uart, port: ${port} }`],
    devices: [
      "id: board, mapping: board, link: air",
      ...(neighbour === undefined ? [] : ["id: room, mapping: room, link: air"]),
    ],
    mappings: { board: BOARD.replace("WITHIN", within), room: ROOM.replace("CONNECT", neighbour ?? "poll") },
  });
  return { device, world };
}

/** Its value is how often it was read. */
function addNeighbour({ controller }: BleSmpDevice): void {
  let reads = 0;
  const value = (): Uint8Array => Uint8Array.of(++reads & 0xff, reads >> 8);
  controller.add({
    ...{ address: NEIGHBOUR, addressType: "random" },
    advertising: { data: advertisingData({ flags: true }), interval: 100 },
    services: [{ uuid: "181a", characteristics: [{ uuid: "2a6e", properties: ["read"], value }] }],
  });
}

async function updates(t: TestContext, world: GatewayWorld, image: Uint8Array): Promise<void> {
  await world.write(URI, (await aFileServer(t, { body: image })).url);
  await world.reads(STATE, DOWNLOADED);
  await world.execute(UPDATE);
}

async function ends(world: GatewayWorld, result: number): Promise<void> {
  await world.reads(STATE, IDLE);
  assert.equal(await world.read(RESULT), result);
}

async function acknowledged({ server }: BleSmpDevice, fits: (at: number) => boolean, since = 0): Promise<number> {
  const { acknowledged: at = 0 } = await server.told((news) => fits(news.acknowledged ?? 0), since);
  return at;
}

/** The device has it as it is, and was sent each byte of it once. */
function assertSentOnce(news: readonly SmpNews[], image: Uint8Array): void {
  const uploaded = news.flatMap((one) => one.uploaded ?? []);
  assert.deepEqual(uploaded, [createHash("sha256").update(image).digest("hex")]);
  const offsets = news.flatMap((one) => one.acknowledged ?? []);
  assert.ok(offsets.every((at, i) => at > (offsets[i - 1] ?? 0)));
}

function anImageOf(size: number): Uint8Array {
  return mcubootImage(randomBytes(32), size);
}

test(
  "a gateway that is killed in the middle of a transfer over Bluetooth goes on where the device is",
  LIMIT,
  async (t) => {
    const made = await aWorld(t);
    if (made === undefined) return;
    const { device, world } = made;
    const { server } = device;
    await server.order({ delay: SLOW });
    const image = anImageOf(LARGE);
    await updates(t, world, image);
    await acknowledged(device, (at) => at > REACHED);
    await world.kill();
    await server.order({ delay: 0 });
    const before = server.news.length;
    const reached = Math.max(...server.news.map((news) => news.acknowledged ?? 0));
    await world.startAgain();
    assert.ok((await acknowledged(device, (at) => at > 0, before)) > reached);
    await server.told(({ restarted }) => restarted === "2.0.0");
    device.drop();
    await ends(world, SUCCESS);
    assertSentOnce(server.news, image);
  },
);

test("a device that is out of reach in the middle of a transfer gets the rest when it is back", LIMIT, async (t) => {
  const made = await aWorld(t);
  if (made === undefined) return;
  const { device, world } = made;
  const { server, peripheral } = device;
  await server.order({ delay: SLOW });
  const image = anImageOf(LARGE);
  await updates(t, world, image);
  await acknowledged(device, (at) => at > REACHED);
  peripheral.present = false;
  while (peripheral.connected) await world.pause();
  assert.deepEqual([await world.read(STATE), await world.read(RESULT)], [UPDATING, 0]);
  await server.order({ delay: 0 });
  peripheral.present = true;
  await server.told(({ restarted }) => restarted === "2.0.0");
  device.drop();
  await ends(world, SUCCESS);
  assertSentOnce(server.news, image);
});

test("a device on the radio that is back with its old version was not updated: result 8", LIMIT, async (t) => {
  const made = await aWorld(t, { within: "8s" });
  if (made === undefined) return;
  const { device, world } = made;
  await device.server.order({ reverts: true });
  await updates(t, world, anImageOf(4000));
  await device.server.told(({ restarted }) => restarted === "1.0.0");
  device.drop();
  await ends(world, FAILED);
});

test("a device on the radio has no slot for so much: result 2", LIMIT, async (t) => {
  const made = await aWorld(t);
  if (made === undefined) return;
  const { device, world } = made;
  await device.server.order({ slot_size: 10_000 });
  await updates(t, world, anImageOf(20_000));
  await ends(world, FLASH_FULL);
  assert.ok(device.server.news.every((news) => news.acknowledged === undefined));
});

test(
  "what is no image is not sent over the radio; one without its end is, and not started: result 6",
  LIMIT,
  async (t) => {
    const made = await aWorld(t);
    if (made === undefined) return;
    const { device, world } = made;
    const { server } = device;
    await world.write(URI, (await aFileServer(t, { body: randomBytes(20_000) })).url);
    await world.reads(RESULT, UNSUPPORTED);
    assert.deepEqual(
      [await world.read(STATE), server.news.some((news) => news.acknowledged !== undefined)],
      [IDLE, false],
    );
    await updates(t, world, anImageOf(20_000).subarray(0, 15_000));
    await world.reads(RESULT, UNSUPPORTED);
    assert.ok(server.news.some((news) => news.uploaded !== undefined));
    assert.ok(server.news.every((news) => news.restarted === undefined));
  },
);

for (const connect of ["keep", "poll"] as const) {
  test(`another device of the same radio is polled while an image is sent: connect: ${connect}`, LIMIT, async (t) => {
    const made = await aWorld(t, { neighbour: connect });
    if (made === undefined) return;
    const { device, world } = made;
    const { server } = device;
    await world.reads(STATE, IDLE);
    await server.order({ delay: 0.05 });
    await updates(t, world, anImageOf(LARGE));
    await acknowledged(device, (at) => at > 0);
    const before = Number(await world.read(TEMPERATURE));
    while (Number(await world.read(TEMPERATURE)) < before + POLLS) await world.pause();
    assert.ok(server.news.every((news) => news.uploaded === undefined));
    await server.order({ delay: 0 });
    await server.told(({ restarted }) => restarted === "2.0.0");
    device.drop();
    await ends(world, SUCCESS);
  });
}
