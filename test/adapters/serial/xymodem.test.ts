/** Images by YMODEM and XMODEM on a serial link: a TCP connection as from a serial server, and a receiver behind it. */
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { serial } from "../../../adapters/serial/index.ts";
import type { DeviceLink, FirmwareImage, Transfer } from "../../../src/adapter.ts";
import { systemClock } from "../../../src/clock.ts";
import { FirmwareError } from "../../../src/errors.ts";
import { drive } from "../../../src/machine.ts";
import { anImage } from "../../support/an-image.ts";
import { fakeRandom, settleUntil } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { type ReceiverSettings, XymodemReceiver } from "../../support/xymodem-receiver.ts";

interface Far {
  readonly port: number;
  /** All that came before a receiver was there, and after it. */
  readonly heard: number[];
  socket(): Promise<Socket>;
  /** From now on a receiver listens. */
  receive(settings?: Partial<ReceiverSettings>): XymodemReceiver;
}

async function aFarEnd(t: TestContext): Promise<Far> {
  const heard: number[] = [];
  let current: Socket | undefined;
  let stop = (): void => {};
  t.after(() => stop());
  let push = (bytes: Uint8Array): void => void heard.push(...bytes);
  const server = createServer((socket) => {
    current = socket.on("error", () => {}).on("data", (bytes) => push(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    current?.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const socket = async (): Promise<Socket> => {
    await settleUntil("a connection", () => current !== undefined && !current.destroyed);
    return current ?? assert.fail();
  };
  const receive = (settings: Partial<ReceiverSettings> = {}): XymodemReceiver => {
    const receiver = new XymodemReceiver({ protocol: "ymodem", check: "crc", timeout: 400, ...settings });
    const feed = drive(receiver, systemClock, ({ byte }) => void current?.write(Uint8Array.of(byte)));
    stop();
    stop = () => feed.stop();
    push = (bytes) => feed({ type: "received", bytes });
    feed({ type: "received", bytes: new Uint8Array(0) });
    return receiver;
  };
  return { port: address.port, heard, socket, receive };
}

interface World {
  readonly far: Far;
  readonly device: DeviceLink;
  readonly log: LogLine[];
  begin(via: "ymodem" | "xmodem1k", image: FirmwareImage, keys?: object, cookie?: string): Promise<Transfer>;
}

async function aWorld(t: TestContext): Promise<World> {
  const far = await aFarEnd(t);
  const log: LogLine[] = [];
  const schema = serial.linkTypes["serial-over-tcp"] ?? assert.fail();
  const options = schema.parse({ host: "127.0.0.1", port: far.port, reconnect: "10ms" });
  const link = await serial.open(options, { clock: systemClock, log: recordingLogger(log), random: fakeRandom() });
  t.after(() => link.close());
  await far.socket();
  await settleUntil("the line", () => link.report?.().lines[0]?.open === true);
  const device: DeviceLink = await link.attach(
    serial.device.parse({ frame: { end: "\n" }, messages: { line: {} } }),
    new Map(),
    {
      onReadings() {},
      onReachable() {},
    },
  );
  const begin: World["begin"] = async (via, image, keys = {}, cookie) => {
    const way = serial.firmware?.[via] ?? assert.fail(via);
    const kept = cookie === undefined ? {} : { cookie };
    const options = way.transfer.parse(keys);
    const transfer = await device.transfer?.({ way: via, options, image, job: "j1", ...kept });
    assert.ok(transfer !== undefined);
    t.after(() => transfer.close());
    return transfer;
  };
  return { far, device, log, begin };
}

function progress() {
  const offsets: number[] = [];
  return { offsets, onAcknowledged: (offset: number) => void offsets.push(offset), onCookie() {} };
}

function assertGot({ file, end }: XymodemReceiver, { bytes }: { readonly bytes: Buffer }): void {
  assert.equal(end, "complete");
  assert.ok(Buffer.from(file.slice(0, bytes.length)).equals(bytes), "the file differs");
}

for (const via of ["ymodem", "xmodem1k"] as const) {
  test(`${via}: a prompt is awaited, what starts it is sent, and the image arrives; its version is nobody's to tell`, async (t) => {
    const { far, begin, log } = await aWorld(t);
    const image = anImage(20_001, { name: "a/meter 2.1.bin" });
    const transfer = await begin(via, image, { prompt: "=> ", start: { hex: "31 0D" } });
    assert.deepEqual(await transfer.probe(), {});
    const heard = progress();
    const sending = transfer.send(0, heard);
    const socket = await far.socket();
    socket.write("Boot 1.2, C to continue\r\n=");
    await settleUntil("nothing is sent before the prompt", () => heard.offsets.length === 1);
    assert.deepEqual(far.heard, []);
    socket.write("> ");
    await settleUntil("the start", () => far.heard.length === 2);
    assert.deepEqual(far.heard, [0x31, 0x0d]);
    const receiver = far.receive({ protocol: via === "ymodem" ? "ymodem" : "xmodem" });
    await sending;
    assertGot(receiver, image);
    assert.equal(receiver.name, via === "ymodem" ? "meter_2.1.bin" : "");
    assert.equal(heard.offsets[0], 0);
    assert.equal(heard.offsets.at(-1), 20_001);
    assert.deepEqual(
      log.filter(({ level }) => level === "warn"),
      [],
    );
  });
}

test("others are refused while the image is sent, and heard again when it is closed", async (t) => {
  const { far, device, begin } = await aWorld(t);
  const image = anImage(3000);
  const transfer = await begin("ymodem", image, { name: "fw.bin" });
  const sending = transfer.send(0, progress());
  await assert.rejects(
    begin("ymodem", image).then((other) => other.send(0, progress())),
    /the line is taken/,
  );
  const receiver = far.receive();
  await sending;
  assertGot(receiver, image);
  assert.equal(receiver.name, "fw.bin");
  await transfer.close();
  await assert.rejects(transfer.send(0, progress()), /the transfer was closed/);
  assert.deepEqual((await device.read([])).readings, []);
});

test("a device with too little room cancels: flash-full", async (t) => {
  const { far, begin } = await aWorld(t);
  const transfer = await begin("ymodem", anImage(3000));
  const sending = transfer.send(0, progress());
  far.receive({ room: 2999 });
  await assert.rejects(sending, (error) => error instanceof FirmwareError && error.condition === "flash-full");
});

test("a device that cancels in the middle is tried again; at the same place a second time, in another process too, it has no room", async (t) => {
  const { far, begin } = await aWorld(t);
  const image = anImage(20_000);
  const first = await begin("ymodem", image);
  const cookies: string[] = [];
  const heard = progress();
  const sending = first.send(0, { ...heard, onCookie: (cookie) => void cookies.push(cookie) });
  far.receive({ cancelAt: 9 * 1024 });
  await assert.rejects(sending, { name: "DeviceError", kind: "rejected" });
  await first.close();
  const second = await begin("ymodem", image, {}, cookies[0]);
  const again = second.send(heard.offsets.at(-1) ?? 0, progress());
  far.receive({ cancelAt: 9 * 1024 });
  await assert.rejects(again, (error) => error instanceof FirmwareError && error.condition === "flash-full");
});

test("a line that is lost in the middle fails at once; the next attempt ends what hangs, and begins at 0", async (t) => {
  const { far, begin } = await aWorld(t);
  const image = anImage(40_000);
  const transfer = await begin("ymodem", image);
  const first = progress();
  const sending = transfer.send(0, {
    ...first,
    onAcknowledged: (offset) => {
      first.onAcknowledged(offset);
      if (offset === 8192) void far.socket().then((socket) => socket.resetAndDestroy());
    },
  });
  far.receive();
  await assert.rejects(sending, { name: "DeviceError", kind: "unreachable" });
  await transfer.close();
  const again = await begin("ymodem", image);
  await far.socket();
  const second = progress();
  const receiver = far.receive();
  // As one does whose process was not there when it broke off.
  await again.send(8192, second);
  assert.equal(second.offsets[0], 0);
  assertGot(receiver, image);
});

test("abort in the middle: the device is told by CANs, and the call that ran rejects", async (t) => {
  const { far, begin } = await aWorld(t);
  const transfer = await begin("xmodem1k", anImage(200_000));
  let aborted: Promise<void> | undefined;
  const sending = transfer.send(0, {
    onCookie() {},
    onAcknowledged: (offset) => {
      if (offset === 10_240) aborted = transfer.abort();
    },
  });
  const receiver = far.receive({ protocol: "xmodem" });
  await assert.rejects(sending, /the transfer was given up/);
  await aborted;
  await settleUntil("CANs", () => receiver.end === "cancelled");
  assert.ok(receiver.file.length < 20_000);
});

test("an end that nobody acknowledges is told, and no failure", async (t) => {
  const { far, begin, log } = await aWorld(t);
  const transfer = await begin("ymodem", anImage(500), { ack_timeout: "500ms", retries: 1 });
  const sending = transfer.send(0, progress());
  far.receive({ abrupt: true });
  await sending;
  assert.deepEqual(
    log.filter(({ level }) => level === "warn").map(({ message }) => message),
    [
      "the device has every block, and did not acknowledge the end of the file: whether it runs it its version will show",
    ],
  );
});

test("what a mapping may say is checked, each with its sentence", () => {
  const { ymodem, xmodem1k } = serial.firmware ?? {};
  assert.throws(() => xmodem1k?.transfer.parse({ name: "a.bin" }), /name/);
  assert.throws(() => ymodem?.transfer.parse({ name: "two words" }), /without spaces/);
  assert.throws(() => ymodem?.transfer.parse({ start: { hex: "3" } }), /hexadecimal/);
  assert.throws(() => ymodem?.transfer.parse({ block: 512 }), /128/);
  assert.throws(() => ymodem?.transfer.parse({ ack_timeout: "1ms" }), /500ms to 2m/);
});
