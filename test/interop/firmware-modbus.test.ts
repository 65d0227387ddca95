/** Images to a slave of pymodbus: as records of files and as blocks of registers, over TCP and on a serial line. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { FirmwareError } from "../../src/errors.ts";
import { anImage, type ImageInTest } from "../support/an-image.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { progress } from "../support/modbus-bootloader.ts";
import { aContext, pointsOf } from "../support/modbus-device.ts";
import { type RunningProcess, start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { findBootloader } from "./modbus/pymodbus.ts";

const SIZE = 60_001;
const STATUS = { input: 32, ready: [0, 3], busy: 1, errors: { 2: "flash-full", 4: "crc" }, poll: "1ms" };
const WAYS = {
  "modbus-file": { status: STATUS, commit: { holding: 512, done: 3 } },
  "modbus-registers": {
    ...{ status: STATUS, size: { holding: 514 }, crc: { holding: 516, alg: "crc16-modbus" } },
    ...{ index: { holding: 4095 }, base: 4096, next: { input: 33 }, commit: { holding: 518, done: 3 } },
  },
};
type Way = keyof typeof WAYS;

/** A bootloader, and the link to it; undefined, the test being skipped, where something is missing. */
async function aBench(t: TestContext, kind: "tcp" | "rtu", ...more: readonly string[]) {
  const found = findBootloader(t);
  if (found === undefined) return undefined;
  const pty = kind === "rtu" ? await aPtyPair(t) : undefined;
  if (kind === "rtu" && pty === undefined) return undefined;
  const file = join(temporaryDirectory(t), "firmware.bin");
  const args = [found.program, kind, ...(pty === undefined ? [] : [pty.theirs]), file, ...more];
  const slave: RunningProcess = start(t, found.python, args);
  const [, port] = await slave.printed(/ready|port (\d+)/);
  const at =
    pty === undefined ? { host: "127.0.0.1", port: Number(port) } : { port: pty.ours, line: "115200-8N1", gap: 0 };
  const schema = modbus.linkTypes[pty === undefined ? "modbus-tcp" : "modbus-rtu"] ?? assert.fail();
  const link = await modbus.open(schema.parse({ ...at, timeout: "10s", reconnect: "50ms" }), aContext());
  t.after(() => link.close());
  await settleUntil("the line", () => link.report?.().lines[0]?.open === true);
  const section = modbus.device.parse({ unit_id: 1 });
  const points = { version: { input: 16, length: 8 } };
  const device = await link.attach(section, pointsOf(points, section), { onReadings() {}, onReachable() {} });
  const begin = async (
    via: Way,
    image: ImageInTest,
    { keys = {}, cookie }: { keys?: object; cookie?: string } = {},
  ) => {
    const options = modbus.firmware?.[via]?.transfer.parse({ ...WAYS[via], ...keys });
    const context = { way: via, options, image, job: "j1", ...(cookie === undefined ? {} : { cookie }) };
    const transfer = (await device.transfer?.(context)) ?? assert.fail();
    t.after(() => transfer.close());
    return transfer;
  };
  const version = async (): Promise<string> => {
    const { readings } = await device.read(["version"]);
    const value = readings[0]?.value;
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1").replaceAll("\0", "") : "";
  };
  return { slave, file, begin, version };
}

for (const kind of ["tcp", "rtu"] as const) {
  for (const via of ["modbus-file", "modbus-registers"] as const) {
    test(`${via}, ${kind}: identical image, progress to its end, and another version after the commit`, {
      timeout: 120_000,
    }, async (t) => {
      const bench = await aBench(t, kind);
      if (bench === undefined) return;
      const image = anImage(kind === "tcp" ? SIZE : 10_000);
      assert.equal(await bench.version(), "1.0.0");
      const transfer = await bench.begin(via, image);
      const heard = progress();
      await transfer.send(0, heard);
      await transfer.act("commit");
      await transfer.close();
      assert.ok(readFileSync(bench.file).subarray(0, image.size).equals(image.bytes));
      assert.deepEqual([heard.offsets[0], heard.offsets.at(-1)], [0, image.size]);
      assert.equal(await bench.version(), "2.0.0");
    });
  }
}

for (const via of ["modbus-file", "modbus-registers"] as const) {
  test(`${via}: a device that hangs in the middle; another transfer goes on where it was`, {
    timeout: 120_000,
  }, async (t) => {
    const bench = await aBench(t, "tcp");
    if (bench === undefined) return;
    const image = anImage(SIZE);
    const first = await bench.begin(via, image, { keys: { ack_timeout: "300ms", retries: 1 } });
    const heard = progress((offset) => {
      if (offset >= 20_000) bench.slave.child.kill("SIGSTOP");
    });
    await assert.rejects(first.send(0, heard), { name: "DeviceError", kind: "unreachable" });
    await first.close();
    bench.slave.child.kill("SIGCONT");
    const cookie = heard.cookies.at(-1);
    const second = await bench.begin(via, image, cookie === undefined ? {} : { cookie });
    const again = progress();
    await resumed(() => second.send(heard.offsets.at(-1) ?? 0, again));
    assert.ok((again.offsets[0] ?? 0) >= 19_000, String(again.offsets[0]));
    await second.act("commit");
    assert.ok(readFileSync(bench.file).subarray(0, SIZE).equals(image.bytes));
  });

  test(`${via}: a device without room says so`, { timeout: 120_000 }, async (t) => {
    const bench = await aBench(t, "tcp", "--room", "20000");
    if (bench === undefined) return;
    const transfer = await bench.begin(via, anImage(SIZE));
    await assert.rejects(
      transfer.send(0, progress()),
      (error) => error instanceof FirmwareError && error.condition === "flash-full",
    );
    assert.equal(await transfer.close().then(bench.version), "1.0.0");
  });
}

test("modbus-registers: an image that its checksum does not fit is refused, and the device keeps its version", {
  timeout: 120_000,
}, async (t) => {
  const bench = await aBench(t, "tcp");
  if (bench === undefined) return;
  const transfer = await bench.begin("modbus-registers", anImage(SIZE), {
    keys: { crc: { holding: 516, alg: "sum16" } },
  });
  await transfer.send(0, progress());
  await assert.rejects(transfer.act("commit"), (error) => error instanceof FirmwareError && error.condition === "crc");
  await transfer.close();
  assert.equal(await bench.version(), "1.0.0");
});

/** The line may rest before it is opened again. */
async function resumed(send: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
