/** The whole gateway: a server updates devices with MCUboot that have never heard of LwM2M; their SMP server others wrote. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { mcubootImage } from "../support/scripted-smp.ts";
import { DeviceFirmware, IDLE, RESULT, UPDATING } from "./device-firmware.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { aDevice, KINDS, type SmpDevice, type SmpKind } from "./smp/devices.ts";

const LIMIT = { timeout: 120_000 };

const VERIFY = "verify: { within: WITHIN, poll: 1s, settle: 1s }";
const onLine = (transport: "console" | "raw"): string => `
serial:
  frame: { end: "\\n" }
  messages: { line: { match: 'T=(?<temperature>[0-9.]+)\\r?' } }
firmware: { via: smp, transfer: { transport: ${transport}, ack_timeout: 500ms }, accept: { max_size: 500KB }, ${VERIFY} }
objects: { 3303: { sensor_value: { message: line, field: temperature, unit: Cel } } }
`;
const MAPPINGS: Readonly<Record<SmpKind, string>> = {
  console: onLine("console"),
  raw: onLine("raw"),
  ble: `
ble: { match: { address: "F0:00:00:00:00:01" } }
firmware: { via: smp, transfer: { ack_timeout: 1s, window: 2 }, ${VERIFY} }
objects: { 3303: { sensor_value: { char: 2A6E, as: s16le, scale: 0.01, unit: Cel } } }
`,
};

interface World {
  readonly device: SmpDevice;
  readonly world: GatewayWorld;
  readonly firmware: DeviceFirmware;
}

/** Undefined, the test being skipped, where something is missing. */
async function aWorld(t: TestContext, kind: SmpKind, within = "30s"): Promise<World | undefined> {
  const device = await aDevice(t, kind);
  if (device === undefined) return undefined;
  const { adapter, type, link } = device.reach;
  const keys = Object.entries(link).map(([key, value]) => `${key}: ${String(value)}`);
  const world = await GatewayWorld.open(t, {
    protocol: adapter,
    links: [`line: { type: ${type}, ${keys.join(", ")} }`],
    devices: ["id: board, mapping: board, link: line"],
    mappings: { board: MAPPINGS[kind].replace("WITHIN", within) },
  });
  return { device, world, firmware: new DeviceFirmware(world, "board") };
}

function anImage(size: number): Uint8Array {
  return mcubootImage(randomBytes(32), size);
}

for (const kind of KINDS) {
  test(`${kind}: a server brings the new version onto a device`, LIMIT, async (t) => {
    const made = await aWorld(t, kind);
    if (made === undefined) return;
    const { device, firmware } = made;
    await firmware.fetched(t, anImage(20_000));
    const since = device.server.news.length;
    await firmware.update();
    await device.server.told(({ restarted }) => restarted === "2.0.0", since);
    device.drop();
    assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.success });
    assert.deepEqual(await device.server.order({ restart: true }).then(() => device.server.news.at(-2)), {
      restarted: "2.0.0",
    });
  });
}

for (const kind of ["console", "raw"] as const) {
  test(`${kind}: a device that is back with its old version is a failed update`, LIMIT, async (t) => {
    const made = await aWorld(t, kind, "8s");
    if (made === undefined) return;
    const { device, firmware } = made;
    await device.server.order({ reverts: true });
    await firmware.fetched(t, anImage(4000));
    await firmware.update();
    await firmware.is(UPDATING);
    assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.failed });
  });

  test(
    `${kind}: a wrong image is refused before the device hears of it; one without room for it says so`,
    LIMIT,
    async (t) => {
      const made = await aWorld(t, kind);
      if (made === undefined) return;
      const { device, firmware } = made;
      await firmware.fetch(t, Buffer.alloc(5000, 0x55));
      assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.notForIt });
      await firmware.fetch(t, anImage(500 * 1024 + 1));
      assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.noRoom });
      await device.server.order({ slot_size: 10_000 });
      await firmware.fetched(t, anImage(40_000));
      assert.ok(device.server.news.every(({ acknowledged }) => acknowledged === undefined));
      await firmware.update();
      assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.noRoom });
      assert.ok(device.server.news.every(({ restarted }) => restarted === undefined));
    },
  );

  test(`${kind}: a gateway that is killed in the middle of an update brings it to its end`, LIMIT, async (t) => {
    const made = await aWorld(t, kind);
    if (made === undefined) return;
    const { device, world, firmware } = made;
    await firmware.fetched(t, anImage(400_000));
    await firmware.update();
    const { acknowledged = 0 } = await device.server.told((news) => (news.acknowledged ?? 0) > 50_000);
    await world.kill();
    const since = device.server.news.length;
    await world.startAgain();
    const { acknowledged: first = 0 } = await device.server.told((news) => news.acknowledged !== undefined, since);
    assert.ok(first >= acknowledged, `${first}, after ${acknowledged}`);
    assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.success });
  });
}
