/** The whole gateway: a server updates devices with MCUboot that have never heard of LwM2M; their SMP server others wrote. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { mcubootImage } from "../support/scripted-smp.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { aDevice, type SmpDevice } from "./smp/devices.ts";

const LIMIT = { timeout: 120_000 };
/** Object 5: Package URI, Update, State, Update Result, PkgVersion. */
const URI = "/board/5/0/1";
const UPDATE = "/board/5/0/2";
const STATE = "/board/5/0/3";
const RESULT = "/board/5/0/5";
const IDLE = 0;
const DOWNLOADED = 2;
const UPDATING = 3;
const SUCCESS = 1;
const FAILED = 8;

/** Where the image is fetched from. */
async function served(t: TestContext, bytes: Uint8Array): Promise<string> {
  const server = createServer((_request, response) => response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/board.bin`;
}

const VERIFY = "verify: { within: WITHIN, poll: 1s, settle: 1s }";
const MAPPINGS = {
  serial: `
serial:
  frame: { end: "\\n" }
  messages: { line: { match: 'T=(?<temperature>[0-9.]+)\\r?' } }
firmware: { via: smp, transfer: { ack_timeout: 500ms }, ${VERIFY} }
objects: { 3303: { sensor_value: { message: line, field: temperature, unit: Cel } } }
`,
  ble: `
ble: { match: { address: "F0:00:00:00:00:01" } }
firmware: { via: smp, transfer: { ack_timeout: 1s, window: 2 }, ${VERIFY} }
objects: { 3303: { sensor_value: { char: 2A6E, as: s16le, scale: 0.01, unit: Cel } } }
`,
};

async function aWorld(t: TestContext, { reach }: SmpDevice, within = "30s"): Promise<GatewayWorld> {
  const { adapter, type, link } = reach;
  const keys = Object.entries(link).map(([key, value]) => `${key}: ${String(value)}`);
  return GatewayWorld.open(t, {
    protocol: adapter,
    links: [`line: { type: ${type}, ${keys.join(", ")} }`],
    devices: ["id: board, mapping: board, link: line"],
    mappings: { board: MAPPINGS[adapter].replace("WITHIN", within) },
  });
}

async function fetched(t: TestContext, world: GatewayWorld, bytes: Uint8Array): Promise<void> {
  await world.write(URI, await served(t, bytes));
  await world.reads(STATE, DOWNLOADED);
}

for (const kind of ["console", "ble"] as const) {
  test(`${kind}: a server brings the new version onto a device`, LIMIT, async (t) => {
    const device = await aDevice(t, kind);
    if (device === undefined) return;
    const world = await aWorld(t, device);
    await fetched(t, world, mcubootImage(randomBytes(32), 20_000));
    const since = device.server.news.length;
    await world.execute(UPDATE);
    await device.server.told(({ restarted }) => restarted === "2.0.0", since);
    device.drop();
    await world.reads(STATE, IDLE);
    assert.equal(await world.read(RESULT), SUCCESS);
    assert.deepEqual(await device.server.order({ restart: true }).then(() => device.server.news.at(-2)), {
      restarted: "2.0.0",
    });
  });
}

test("console: a device that is back with its old version is a failed update", LIMIT, async (t) => {
  const device = await aDevice(t, "console");
  if (device === undefined) return;
  await device.server.order({ reverts: true });
  const world = await aWorld(t, device, "8s");
  await fetched(t, world, mcubootImage(randomBytes(32), 4000));
  await world.execute(UPDATE);
  await world.reads(STATE, UPDATING);
  await world.reads(STATE, IDLE);
  assert.equal(await world.read(RESULT), FAILED);
});

test("console: a gateway that is killed in the middle of an update brings it to its end", LIMIT, async (t) => {
  const device = await aDevice(t, "console");
  if (device === undefined) return;
  const world = await aWorld(t, device);
  await fetched(t, world, mcubootImage(randomBytes(32), 400_000));
  await world.execute(UPDATE);
  const { acknowledged = 0 } = await device.server.told((news) => (news.acknowledged ?? 0) > 50_000);
  await world.kill();
  const since = device.server.news.length;
  await world.startAgain();
  const { acknowledged: first = 0 } = await device.server.told((news) => news.acknowledged !== undefined, since);
  assert.ok(first >= acknowledged, `${first}, after ${acknowledged}`);
  await world.reads(STATE, IDLE);
  assert.equal(await world.read(RESULT), SUCCESS);
});
