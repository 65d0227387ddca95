import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { flashSchema } from "../../../adapters/simulated/firmware.ts";
import { simulated } from "../../../adapters/simulated/index.ts";
import { optionsSchema } from "../../../adapters/simulated/points.ts";
import type { FirmwareImage, Transfer } from "../../../src/adapter.ts";
import { SECOND } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { FakeClock, fakeRandom } from "../../support/fake-clock.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const BYTES = Buffer.alloc(10_000, "firmware");
const IMAGE: FirmwareImage = {
  size: BYTES.length,
  sha256: createHash("sha256").update(BYTES).digest(),
  version: "2.0.0",
  read: async (offset, length) => BYTES.subarray(offset, offset + length),
};

async function aTransfer(clock: FakeClock, options: object): Promise<Transfer> {
  const link = await simulated.open(optionsSchema.parse({}), { clock, log: silentLogger, random: fakeRandom() });
  const device = await link.attach({}, new Map(), { onReadings() {}, onReachable() {} });
  const { transfer } = device;
  assert.ok(transfer !== undefined);
  const context = { way: "simulated", options: flashSchema.parse(options), image: IMAGE, job: "1" };
  return transfer.call(device, context);
}

/** The outcome, once it is known; the offsets that it acknowledged. */
async function sent(clock: FakeClock, transfer: Transfer, offset = 0): Promise<readonly [string, readonly number[]]> {
  const offsets: number[] = [];
  const done = transfer
    .send(offset, { onAcknowledged: (at) => void offsets.push(at), onCookie() {} })
    .then(() => "done")
    .catch((error: Error) => error.message);
  await clock.advance(10 * SECOND);
  return [await done, offsets];
}

test("a simulated device takes an image at its speed, starts with it, and is away meanwhile", async () => {
  const clock = new FakeClock();
  const transfer = await aTransfer(clock, { speed: 10_000, chunk: 1000 });
  assert.deepEqual(await transfer.probe(), { version: "1.0.0", offset: 0, staged: false });
  const [outcome, offsets] = await sent(clock, transfer);
  assert.deepEqual([outcome, offsets.length, offsets.at(-1)], ["done", 10, BYTES.length]);
  assert.deepEqual(await transfer.probe(), { version: "1.0.0", offset: BYTES.length, staged: true });
  await transfer.act("test");
  await transfer.act("reset");
  await assert.rejects(transfer.probe(), { kind: "unreachable" });
  await clock.advance(2 * SECOND);
  assert.equal((await transfer.probe()).version, "2.0.0");
});

test("what it has outlives the gateway where it has a file", async (t) => {
  const memory = join(temporaryDirectory(t), "device");
  const clock = new FakeClock();
  const first = await aTransfer(clock, { memory, chunk: 1000 });
  const cut = first.send(0, { onAcknowledged: (at) => at === 4000 && void first.close(), onCookie() {} });
  cut.catch(() => {});
  await clock.advance(10 * SECOND);
  await assert.rejects(cut, { kind: "unreachable" });
  const again = await aTransfer(clock, { memory, chunk: 1000 });
  const { offset = 0 } = await again.probe();
  assert.equal(offset, 4000);
  const [outcome, offsets] = await sent(clock, again, offset);
  assert.deepEqual([outcome, offsets[0]], ["done", 5000]);
  assert.deepEqual(readFileSync(`${memory}.slot`), BYTES);
});

for (const [options, expected] of [
  [{ loss: 1 }, /the connection broke/],
  [{ refuse: "flash-full" }, /flash-full/],
  [{ refuse: "crc" }, /crc/],
] as const) {
  test(`a device with ${JSON.stringify(options)}`, async () => {
    const clock = new FakeClock();
    const [outcome] = await sent(clock, await aTransfer(clock, options));
    assert.match(outcome, expected);
  });
}

test("one that reverts comes back with what it ran before", async () => {
  const clock = new FakeClock();
  const transfer = await aTransfer(clock, { revert: true });
  await sent(clock, transfer);
  await transfer.act("test");
  await transfer.act("reset");
  await clock.advance(2 * SECOND);
  assert.equal((await transfer.probe()).version, "1.0.0");
});
