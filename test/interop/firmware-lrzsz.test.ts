/** Images by YMODEM and XMODEM-1K to `rb` and `rx` of lrzsz, on a serial port. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { serial } from "../../adapters/serial/index.ts";
import type { Transfer } from "../../src/adapter.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { anImage, type ImageInTest } from "../support/an-image.ts";
import { fakeRandom, settleUntil } from "../support/fake-clock.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { type RunningProcess, start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { anLrzszServer, type Damage } from "./lrzsz-server.ts";

const SIZE = 200 * 1024;

interface Bench {
  readonly folder: string;
  /** Starts a receiver at the other end of the line. */
  receiver(command: string): RunningProcess;
  begin(via: "ymodem" | "xmodem1k", image: ImageInTest, keys?: object): Promise<Transfer>;
}

/** Undefined, the test being skipped, where lrzsz or socat is missing. */
async function aBench(t: TestContext): Promise<Bench | undefined> {
  tellPeer(t, "lrzsz", debianVersion("lrzsz"));
  if (!hasTool(t, "rb", "apt-get install -y lrzsz")) return undefined;
  const folder = temporaryDirectory(t);
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const { ours, theirs } = pty;
  const receiver = (command: string): RunningProcess =>
    start(t, "sh", ["-c", `exec ${command} <${theirs} >${theirs}`], { cwd: folder });
  let opened: ((...args: Parameters<Bench["begin"]>) => Promise<Transfer>) | undefined;
  const begin: Bench["begin"] = async (...args) => {
    opened ??= await aDevice(t, ours);
    return opened(...args);
  };
  return { folder, receiver, begin };
}

function aDevice(t: TestContext, port: string): Promise<Bench["begin"]> {
  return aDeviceAt(t, "serial", { port, line: "115200-8N1" });
}

async function aDeviceAt(t: TestContext, type: string, at: object): Promise<Bench["begin"]> {
  const schema = serial.linkTypes[type] ?? assert.fail(type);
  const options = schema.parse({ ...at, reconnect: "100ms" });
  const link = await serial.open(options, { clock: systemClock, log: silentLogger, random: fakeRandom() });
  t.after(() => link.close());
  const section = serial.device.parse({ frame: { end: "\n" }, messages: { line: {} } });
  const device = await link.attach(section, new Map(), { onReadings() {}, onReachable() {} });
  const isOpen = (): boolean => link.report?.().lines[0]?.open === true;
  return async (via, image, keys = {}) => {
    await settleUntil("the line", isOpen);
    const way = serial.firmware?.[via] ?? assert.fail(via);
    const transfer = await device.transfer?.({ way: via, options: way.transfer.parse(keys), image, job: "j1" });
    assert.ok(transfer !== undefined);
    t.after(() => transfer.close());
    return transfer;
  };
}

/** Sends, with a receiver that begins when the line is ours: what it said before would be lost. */
async function sent(bench: Bench, transfer: Transfer, command: string, heard = progress()): Promise<RunningProcess> {
  const sending = transfer.send(0, heard);
  await settleUntil("the line", () => heard.offsets.length > 0);
  const receiver = bench.receiver(command);
  await sending;
  await receiver.outcome;
  return receiver;
}

/** Progress, and what is done when so much is acknowledged. */
function progress(at = Infinity, act: () => void = () => {}) {
  const offsets: number[] = [];
  return {
    offsets,
    onCookie() {},
    onAcknowledged: (offset: number): void => {
      if (offset >= at && (offsets.at(-1) ?? 0) < at) act();
      offsets.push(offset);
    },
  };
}

function assertProgress(offsets: readonly number[]): void {
  assert.equal(offsets[0], 0);
  assert.equal(offsets.at(-1), SIZE);
  assert.ok(offsets.every((offset, i) => offset >= (offsets[i - 1] ?? 0)));
  assert.equal(offsets.length, 1 + SIZE / 1024);
}

test("rb: 200 KiB by YMODEM are identical, under the name of the image; progress is told block by block", async (t) => {
  const bench = await aBench(t);
  if (bench === undefined) return;
  const image = anImage(SIZE, { name: "meter.bin" });
  const heard = progress();
  await sent(bench, await bench.begin("ymodem", image), "rb -y", heard);
  assert.ok(readFileSync(join(bench.folder, "meter.bin")).equals(image.bytes));
  assertProgress(heard.offsets);
});

test("rx: 200 KiB by XMODEM-1K are identical", async (t) => {
  const bench = await aBench(t);
  if (bench === undefined) return;
  const image = anImage(SIZE);
  const heard = progress();
  await sent(bench, await bench.begin("xmodem1k", image), "rx -y -c meter.bin", heard);
  assert.ok(readFileSync(join(bench.folder, "meter.bin")).equals(image.bytes));
  assertProgress(heard.offsets);
});

test("rx without CRC: it asks by NAK, gets sums, and the bytes are identical before the padding", async (t) => {
  const bench = await aBench(t);
  if (bench === undefined) return;
  const image = anImage(5000);
  await sent(bench, await bench.begin("xmodem1k", image), "rx -y meter.bin");
  const file = readFileSync(join(bench.folder, "meter.bin"));
  assert.ok(file.subarray(0, 5000).equals(image.bytes));
  assert.ok(file.subarray(5000).every((byte) => byte === 0x1a));
});

for (const [via, command] of [
  ["ymodem", "rb -y"],
  ["xmodem1k", "rx -y -c meter.bin"],
] as const) {
  test(`${via}: a receiver is killed in the middle: a clean error; with another one the second attempt succeeds`, async (t) => {
    const bench = await aBench(t);
    if (bench === undefined) return;
    const image = anImage(SIZE, { name: "meter.bin" });
    const transfer = await bench.begin(via, image, { ack_timeout: "1s", retries: 2 });
    let receiver: RunningProcess | undefined;
    const heard = progress(50 * 1024, () => receiver?.child.kill("SIGKILL"));
    const sending = transfer.send(0, heard);
    await settleUntil("the line", () => heard.offsets.length > 0);
    receiver = bench.receiver(command);
    await assert.rejects(sending, { name: "DeviceError", kind: "unreachable" });
    await transfer.close();
    await receiver.outcome;
    const anew = progress();
    await sent(bench, await bench.begin(via, image), command, anew);
    assert.ok(readFileSync(join(bench.folder, "meter.bin")).equals(image.bytes));
    assertProgress(anew.offsets);
  });
}

/** Over a line that damages things, with keys that wait less. */
async function sentOver(
  t: TestContext,
  via: "ymodem" | "xmodem1k",
  image: ImageInTest,
  damage: Damage,
): Promise<{ readonly folder: string; readonly offsets: readonly number[] } | undefined> {
  tellPeer(t, "lrzsz", debianVersion("lrzsz"));
  const [program, args] = via === "ymodem" ? ["rb", ["-y"]] : ["rx", ["-y", "-c", "meter.bin"]];
  if (!hasTool(t, program, "apt-get install -y lrzsz")) return undefined;
  const folder = temporaryDirectory(t);
  const server = await anLrzszServer(t, { folder, program, args }, damage);
  const begin = await aDeviceAt(t, "serial-over-tcp", { host: "127.0.0.1", port: server.port });
  const transfer = await begin(via, image, { ack_timeout: "5s" });
  const heard = progress();
  const sending = transfer.send(0, heard);
  await settleUntil("the line", () => heard.offsets.length > 0);
  const received = server.receive();
  await sending;
  await received;
  return { folder, offsets: heard.offsets };
}

for (const via of ["ymodem", "xmodem1k"] as const) {
  test(`${via}: a line that damages each twentieth block; the image is identical all the same`, {
    timeout: 120_000,
  }, async (t) => {
    const image = anImage(SIZE, { name: "meter.bin" });
    let blocks = 0;
    const there = (bytes: Buffer): Buffer => {
      // A piece of a block, not its first byte: that of a block is told by its length.
      if (bytes.length > 100 && ++blocks % 20 === 0) bytes[50] = (bytes[50] ?? 0) ^ 0x10;
      return bytes;
    };
    const sent = await sentOver(t, via, image, { there });
    if (sent === undefined) return;
    assert.ok(readFileSync(join(sent.folder, "meter.bin")).subarray(0, SIZE).equals(image.bytes));
    assertProgress(sent.offsets);
    assert.ok(blocks > 200);
  });

  test(`${via}: an end that is lost is said again; the image is identical`, { timeout: 120_000 }, async (t) => {
    const image = anImage(5000, { name: "meter.bin" });
    let lost = 0;
    const there = (bytes: Buffer): Buffer =>
      bytes.length === 1 && bytes[0] === 4 && lost++ === 0 ? Buffer.alloc(0) : bytes;
    const sent = await sentOver(t, via, image, { there });
    if (sent === undefined) return;
    assert.ok(lost > 1);
    assert.ok(readFileSync(join(sent.folder, "meter.bin")).subarray(0, 5000).equals(image.bytes));
  });
}

test("xmodem1k: an end that nobody acknowledges is no failure; the image is identical", {
  timeout: 120_000,
}, async (t) => {
  const image = anImage(5000);
  let ended = false;
  const there = (bytes: Buffer): Buffer => {
    ended ||= bytes.length === 1 && bytes[0] === 4;
    return bytes;
  };
  const back = (bytes: Buffer): Buffer => (ended ? Buffer.alloc(0) : bytes);
  const sent = await sentOver(t, "xmodem1k", image, { there, back });
  if (sent === undefined) return;
  assert.ok(readFileSync(join(sent.folder, "meter.bin")).subarray(0, 5000).equals(image.bytes));
  assert.equal(sent.offsets.at(-1), 5000);
});
