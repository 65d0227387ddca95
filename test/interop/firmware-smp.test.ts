/** Images to a device whose SMP server others wrote: on a console, raw on a serial line, and over Bluetooth behind our emulator. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DeviceError, FirmwareError, type Transfer } from "../../src/adapter.ts";
import { start } from "../support/process.ts";
import { imageOf, mcubootImage } from "../support/scripted-smp.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { aDevice, aGatewayEnd, type GatewayEnd, KINDS, type SmpDevice, type SmpKind } from "./smp/devices.ts";

const LIMIT = { timeout: 120_000 };
const SENDER = fileURLToPath(new URL("smp/sending-process.ts", import.meta.url));

interface World {
  readonly device: SmpDevice;
  readonly gateway: GatewayEnd;
  /** What was acknowledged, of all transfers. */
  readonly offsets: number[];
  readonly listener: Parameters<Transfer["send"]>[1];
}

async function aWorld(t: TestContext, kind: SmpKind): Promise<World | undefined> {
  const device = await aDevice(t, kind);
  if (device === undefined) return undefined;
  const gateway = await aGatewayEnd(device.reach);
  t.after(() => gateway.close());
  const offsets: number[] = [];
  return { device, gateway, offsets, listener: { onAcknowledged: (at) => void offsets.push(at), onCookie() {} } };
}

function aNewImage(size = 40_000): Buffer {
  return Buffer.from(mcubootImage(randomBytes(32), size));
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isRising(offsets: readonly number[]): boolean {
  return offsets.every((offset, i) => offset > (offsets[i - 1] ?? -1));
}

/** Once it answers again. */
async function versionOf(transfer: Transfer): Promise<string | undefined> {
  for (;;) {
    try {
      return (await transfer.probe()).version;
    } catch (error) {
      if (!(error instanceof DeviceError) || error.kind !== "unreachable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** It resets, and what it had for connections is over. */
async function reset({ device }: World, transfer: Transfer): Promise<void> {
  const since = device.server.news.length;
  await transfer.act("reset");
  await device.server.told(({ restarted }) => restarted !== undefined, since);
  device.drop();
}

for (const kind of KINDS) {
  /** A test that is skipped where something is missing. */
  const on = (about: string, work: (world: World, t: TestContext) => Promise<void>): void =>
    void test(`${kind}: ${about}`, LIMIT, async (t) => {
      const world = await aWorld(t, kind);
      if (world !== undefined) await work(world, t);
    });

  on("an image arrives as it is, is tested, started and confirmed", async (world) => {
    const { device, gateway, offsets, listener } = world;
    const bytes = aNewImage();
    const transfer = await gateway.begin(imageOf(bytes), { window: 3 });
    assert.deepEqual(await transfer.probe(), { version: "1.0.0", running: false, staged: false });
    await transfer.send(0, listener);
    const { uploaded } = await device.server.told((news) => news.uploaded !== undefined);
    assert.equal(uploaded, sha(bytes));
    assert.ok(isRising(offsets));
    assert.equal(offsets.at(-1), bytes.length);
    assert.deepEqual(await transfer.probe(), { version: "1.0.0", running: false, staged: true });
    await transfer.act("test");
    await reset(world, transfer);
    assert.equal(await versionOf(transfer), "2.0.0");
    await transfer.act("confirm");
    await reset(world, transfer);
    assert.equal(await versionOf(transfer), "2.0.0");
    assert.equal((await transfer.probe()).running, true);
    await transfer.close();
    assert.deepEqual(
      device.server.news.filter(({ fault }) => fault !== undefined),
      [],
    );
  });

  on("a device that runs the new version unconfirmed goes back to the old one", async (world) => {
    const { gateway, listener } = world;
    const transfer = await gateway.begin(imageOf(aNewImage(4000)));
    await transfer.send(0, listener);
    await transfer.act("test");
    await reset(world, transfer);
    assert.equal(await versionOf(transfer), "2.0.0");
    await reset(world, transfer);
    assert.equal(await versionOf(transfer), "1.0.0");
    await transfer.close();
  });

  on("what is no image, and what has no room, is refused with the reason", async ({ device, gateway, listener }) => {
    const wrong = await gateway.begin(imageOf(Buffer.alloc(5000, 0x55)));
    await assert.rejects(wrong.send(0, listener), isCondition("bad-image", /another magic number/));
    await wrong.close();
    await device.server.order({ slot_size: 1000 });
    const large = await gateway.begin(imageOf(aNewImage()));
    await assert.rejects(large.send(0, listener), isCondition("flash-full", /too large for the slot/));
    await assert.rejects(large.act("test"), isCondition("bad-image", /no image in its spare slot/));
    await large.close();
  });

  on("answers that are lost, and a restart in the middle, cost time and nothing else", async (world) => {
    const { device, gateway, offsets, listener } = world;
    await device.server.order({ lose: 13, restart_from: 8000 });
    const bytes = aNewImage(16_000);
    const transfer = await gateway.begin(imageOf(bytes), { window: 2, ack_timeout: "300ms" });
    await transfer.send(0, listener);
    assert.equal((await device.server.told((news) => news.uploaded !== undefined)).uploaded, sha(bytes));
    assert.ok(offsets.includes(0));
    await transfer.close();
  });

  on("a device that falls silent is given up, and gone on with when it is back", async (world) => {
    const { device, gateway, offsets, listener } = world;
    await device.server.order({ silent_from: 8000 });
    const bytes = aNewImage(16_000);
    const first = await gateway.begin(imageOf(bytes), { ack_timeout: "200ms", retries: 2 });
    await assert.rejects(first.send(0, listener), { name: "DeviceError", kind: "unreachable" });
    await first.close();
    const reached = offsets.at(-1) ?? 0;
    assert.ok(reached > 7000 && reached < bytes.length);
    device.drop();
    await device.server.order({ silent_from: null });
    offsets.length = 0;
    const second = await gateway.begin(imageOf(bytes));
    await second.send(reached, listener);
    assert.ok((offsets[0] ?? 0) >= reached);
    assert.equal((await device.server.told((news) => news.uploaded !== undefined)).uploaded, sha(bytes));
    await second.close();
  });

  test(`${kind}: a gateway that is killed in the middle goes on where the device is`, LIMIT, async (t) => {
    const device = await aDevice(t, kind);
    if (device === undefined) return;
    const bytes = aNewImage(300_000);
    const file = join(temporaryDirectory(t), "image.bin");
    writeFileSync(file, bytes);
    const sender = start(t, process.execPath, [SENDER, JSON.stringify(device.reach), file]);
    await device.server.told(({ acknowledged = 0 }) => acknowledged > 50_000);
    sender.child.kill("SIGKILL");
    assert.equal((await sender.outcome).signal, "SIGKILL");
    device.drop();
    const gateway = await aGatewayEnd(device.reach);
    t.after(() => gateway.close());
    const transfer = await gateway.begin(imageOf(bytes));
    const offsets: number[] = [];
    await transfer.send(50_000, { onAcknowledged: (at) => void offsets.push(at), onCookie() {} });
    assert.ok((offsets[0] ?? 0) > 50_000);
    assert.ok(isRising(offsets));
    assert.equal((await device.server.told((news) => news.uploaded !== undefined)).uploaded, sha(bytes));
    await transfer.close();
  });
}

function isCondition(condition: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof FirmwareError && error.condition === condition && message.test(error.message);
}
