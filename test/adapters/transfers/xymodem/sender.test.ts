import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender, type SenderEffect } from "../../../../adapters/transfers/xymodem/sender.ts";
import type { SenderSettings } from "../../../../adapters/transfers/xymodem/sender-settings.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { FirmwareError } from "../../../../src/errors.ts";
import { drive } from "../../../../src/machine.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { type ReceiverSettings, XymodemReceiver } from "../../../support/xymodem-receiver.ts";

const [SOH, STX, EOT, ACK, NAK, CAN, C] = [0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43];

interface Noise {
  /** What becomes of bytes on their way; undefined: they are lost. */
  readonly there?: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly back?: (byte: number) => number | undefined;
  readonly latency?: () => number;
}

function aFile(size: number, seed = 1): Uint8Array {
  return fakeRandom(seed)(size);
}

function settingsFor(size: number, settings: Partial<SenderSettings> = {}): SenderSettings {
  const file = { name: "app.bin", size };
  return {
    ...{ protocol: "ymodem", file, block: 1024, startTimeout: MINUTE, ackTimeout: 10 * SECOND, retries: 10 },
    ...settings,
  };
}

/** A sender and a receiver on one clock; the receiver begins after a while. */
function transferred(
  file: Uint8Array,
  sending: Partial<SenderSettings>,
  receiving: Partial<ReceiverSettings>,
  { there = (bytes) => bytes, back = (byte) => byte, latency = () => 5 }: Noise = {},
) {
  const clock = new FakeClock();
  const protocol = sending.protocol ?? "ymodem";
  const receiver = new XymodemReceiver({ protocol, check: "crc", timeout: 3 * SECOND, ...receiving });
  const offsets: number[] = [];
  let sent = 0;
  let end: SenderEffect | undefined;
  const perform = (effect: SenderEffect): void => {
    switch (effect.type) {
      case "send": {
        sent++;
        const bytes = there(effect.bytes);
        if (bytes !== undefined) clock.at(clock.monotonic() + latency(), () => push({ type: "received", bytes }));
        return;
      }
      case "read":
        feed({ type: "data", bytes: file.subarray(effect.offset, effect.offset + effect.length) });
        return;
      case "acknowledged":
        offsets.push(effect.offset);
        return;
      case "done":
      case "failed":
        end = effect;
    }
  };
  const feed = drive(new Sender(settingsFor(file.length, sending)), clock, perform);
  feed({ type: "start" });
  const push = drive(receiver, clock, ({ byte }) => {
    const heard = back(byte);
    if (heard === undefined) return;
    clock.at(clock.monotonic() + latency(), () => feed({ type: "received", bytes: Uint8Array.of(heard) }));
  });
  clock.at(0, () => push({ type: "received", bytes: new Uint8Array(0) }));
  for (let step = 0; step < 2000 && end === undefined; step++) clock.advanceSync(10 * SECOND);
  return { receiver, offsets, sent: () => sent, end, time: clock.monotonic() };
}

function assertGot(receiver: XymodemReceiver, file: Uint8Array): void {
  assert.equal(receiver.end, "complete");
  assert.ok(Buffer.from(receiver.file.slice(0, file.length)).equals(file), "the file differs");
  assert.ok(
    receiver.file.slice(file.length).every((byte) => byte === 0x1a),
    "padding",
  );
}

test("YMODEM: name, size and the very bytes arrive, in long blocks and a short rest, and progress is told", () => {
  const file = aFile(10_000);
  const { receiver, offsets, end } = transferred(file, {}, {});
  assertGot(receiver, file);
  assert.deepEqual(end, { type: "done", certain: true });
  assert.deepEqual([receiver.name, receiver.size, receiver.file.length], ["app.bin", 10_000, 10_000]);
  assert.deepEqual(receiver.blocks, { 128: 7, 1024: 9 });
  assert.deepEqual(offsets.slice(0, 2), [1024, 2048]);
  assert.equal(offsets.at(-1), 10_000);
});

test("XMODEM-1K: the file is filled up with 0x1A", () => {
  const file = aFile(1025);
  const { receiver, end } = transferred(file, { protocol: "xmodem" }, {});
  assertGot(receiver, file);
  assert.equal(receiver.file.length, 1024 + 128);
  assert.deepEqual(end, { type: "done", certain: true });
});

test("a receiver of XMODEM that asks by NAK gets sums, and short blocks", () => {
  const file = aFile(5000);
  const { receiver, end } = transferred(file, { protocol: "xmodem" }, { check: "sum" });
  assertGot(receiver, file);
  assert.deepEqual(receiver.blocks, { 128: 40, 1024: 0 });
  assert.deepEqual(end, { type: "done", certain: true });
});

test("block: 128 sends no long ones; sizes around the border of a block are whole", () => {
  for (const size of [1, 127, 128, 129, 895, 896, 897, 1023, 1024, 1025, 128 * 300]) {
    const file = aFile(size);
    for (const block of [128, 1024] as const) {
      const { receiver } = transferred(file, { block }, {});
      assertGot(receiver, file);
      if (block === 128) assert.equal(receiver.blocks[1024], 0);
    }
  }
});

test("whatever is lost or damaged on the way, the file is identical", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const chance = fakeRandom(seed);
    const byte = (): number => chance(1)[0] ?? 0;
    const often = 8 + (byte() % 24);
    const there = (bytes: Uint8Array): Uint8Array | undefined => {
      const roll = byte();
      if (roll < often) return undefined;
      if (roll >= 2 * often) return bytes;
      const damaged = roll % 3 === 0 ? bytes.slice(0, 1 + (byte() % bytes.length)) : bytes.slice();
      // A bit of the data; where there is none, the end of a file that is not understood.
      const place = ((byte() << 8) | byte()) % damaged.length;
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (byte() & 7));
      return damaged;
    };
    // That noise makes another answer of an answer no sender can tell.
    const back = (said: number): number | undefined =>
      byte() >= often ? said : byte() % 2 === 0 ? undefined : said | 0x80;
    const protocol = seed % 2 === 0 ? "ymodem" : "xmodem";
    const file = aFile(1 + (((byte() << 8) | byte()) % 30_000), seed);
    const timeout = SECOND * (2 + (byte() % 12));
    const latency = (): number => 1 + (byte() % 50);
    const result = transferred(file, { protocol, retries: 20 }, { timeout }, { there, back, latency });
    assert.ok(result.end?.type === "done", `seed ${seed}: ${JSON.stringify(result.end)}`);
    const { receiver } = result;
    assert.ok(Buffer.from(receiver.file.slice(0, file.length)).equals(file), `seed ${seed}: the file differs`);
  }
});

test("an acknowledgement that comes after the block was sent again does not count for the next one", () => {
  const sender = new Sender(settingsFor(3000, { protocol: "xmodem", ackTimeout: SECOND }));
  begun(sender, 1024);
  assert.equal(sender.handle({ type: "timeout" }, 1200)[0]?.type, "send");
  const ack = { type: "received", bytes: Uint8Array.of(ACK) } as const;
  assert.deepEqual(sender.handle(ack, 1300), [{ type: "acknowledged", offset: 1024 }]);
  assert.deepEqual(sender.handle(ack, 1900), []);
  assert.deepEqual(sender.handle({ type: "timeout" }, 2300), [{ type: "read", offset: 1024, length: 1024 }]);
});

test("a text of the bootloader with letters like the wish begins nothing", () => {
  const sender = new Sender(settingsFor(100));
  sender.handle({ type: "start" }, 0);
  const text = Buffer.from("Choose a file, YMODEM-C");
  assert.deepEqual(sender.handle({ type: "received", bytes: text }, 10), []);
  assert.deepEqual(sender.handle({ type: "received", bytes: Buffer.from("RC\r\n") }, 100), []);
  assert.equal(sender.deadline, MINUTE);
  sender.handle({ type: "received", bytes: Buffer.from("CC") }, 5000);
  assert.equal(sender.deadline, 5200);
  const [effect] = sender.handle({ type: "timeout" }, 5200);
  assert.ok(effect?.type === "send" && effect.bytes[0] === SOH && effect.bytes.length === 133);
});

test("nobody asks for the file: it fails after a minute, and says what came instead", () => {
  const sender = new Sender(settingsFor(100));
  sender.handle({ type: "start" }, 0);
  sender.handle({ type: "received", bytes: Buffer.from("boot> ") }, 10);
  const [effect] = sender.handle({ type: "timeout" }, MINUTE);
  assert.ok(effect?.type === "failed");
  assert.equal(effect.error.kind, "unreachable");
  assert.equal(
    effect.error.message,
    'the device does not ask for a file by YMODEM within 1m; what came last: "boot> "',
  );
});

test("a device that vanishes fails the block after its retries, and is told that it is over", () => {
  const file = aFile(5000);
  let sent = 0;
  const there = (bytes: Uint8Array): Uint8Array | undefined => (++sent > 3 ? undefined : bytes);
  const back = (byte: number): number | undefined => (sent > 3 ? undefined : byte);
  const { end, offsets } = transferred(file, { retries: 2, ackTimeout: SECOND }, {}, { there, back });
  assert.ok(end?.type === "failed");
  assert.equal(end.error.message, "the device does not acknowledge block 3, sent 3 times: nothing within 1s");
  assert.equal(end.error.kind, "unreachable");
  assert.equal(offsets.at(-1), 2048);
  // Name, two blocks, the third three times, and CANs.
  assert.equal(sent, 3 + 3 + 1);
});

test("two CANs of the device end it: after its name it is too long, after all of it it is no image for it", () => {
  const file = aFile(5000);
  const full = transferred(file, {}, { room: 4999 }).end;
  assert.ok(full?.type === "failed" && full.error instanceof FirmwareError && full.error.condition === "flash-full");
  const some = transferred(file, {}, { cancelAt: 2048 }).end;
  assert.ok(some?.type === "failed" && !(some.error instanceof FirmwareError) && some.error.kind === "rejected");
  const sender = new Sender(settingsFor(1, { protocol: "xmodem" }));
  begun(sender);
  sender.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 400);
  const [whole] = sender.handle({ type: "received", bytes: Uint8Array.of(CAN, CAN) }, 500);
  assert.ok(whole?.type === "failed" && whole.error instanceof FirmwareError && whole.error.condition === "bad-image");
});

test("two CANs instead of the wish for the first block: all that it knows is name and size, as rb that may not make the file", () => {
  const sender = new Sender(settingsFor(5000));
  sender.handle({ type: "start" }, 0);
  sender.handle({ type: "received", bytes: Uint8Array.of(C) }, 0);
  sender.handle({ type: "timeout" }, 200);
  sender.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 300);
  const [over] = sender.handle({ type: "received", bytes: Uint8Array.of(CAN, CAN) }, 310);
  assert.ok(over?.type === "failed" && over.error instanceof FirmwareError && over.error.condition === "flash-full");
});

/** What a device meant that cancels when it has so many bytes, and in an attempt before this one did when it had as many as that. */
function meant(cancelAt: number, cancelledAt?: number, noise: Noise = {}) {
  const { end } = transferred(aFile(5000), { cancelledAt }, { cancelAt }, noise);
  assert.ok(end?.type === "failed");
  const { error, cancelledAt: told } = end;
  return { condition: error instanceof FirmwareError ? error.condition : undefined, told, message: error.message };
}

test("a device that cancels twice at one place in the middle has no room; at the first block it is no image for it", () => {
  const first = { condition: undefined, told: 2048, message: "the device cancelled when it had 2048 bytes" };
  assert.deepEqual(meant(3072), first);
  assert.deepEqual(meant(3072, 1024), first);
  const message = "the device cancelled when it had 2048 bytes, as it did before";
  assert.deepEqual(meant(3072, 2048), { condition: "flash-full", told: 2048, message });
  assert.equal(meant(1024).condition, undefined);
  assert.equal(meant(1024, 0).condition, "bad-image");
});

test("a device that cancels at a block that was sent again has enough of the line: nothing is believed of its room", () => {
  let damaged = 0;
  const there = (bytes: Uint8Array): Uint8Array => {
    if (bytes[1] === 3 && damaged++ === 0) return bytes.with(50, (bytes[50] ?? 0) ^ 1);
    return bytes;
  };
  const { condition, told } = meant(3072, 2048, { there });
  assert.deepEqual([condition, told], [undefined, undefined]);
});

test("one CAN is noise; CANs before the first wish are about another transfer", () => {
  const sender = new Sender(settingsFor(1, { protocol: "xmodem" }));
  sender.handle({ type: "start" }, 0);
  sender.handle({ type: "received", bytes: Uint8Array.of(CAN, CAN, CAN) }, 0);
  sender.handle({ type: "received", bytes: Uint8Array.of(C) }, 10);
  assert.equal(sender.handle({ type: "timeout" }, 210)[0]?.type, "read");
  sender.handle({ type: "data", bytes: Uint8Array.of(7) }, 210);
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(CAN, 0x20, CAN) }, 300), []);
  assert.equal(sender.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 400)[0]?.type, "acknowledged");
});

/** Up to its first block, which is sent. */
function begun(sender: Sender, length = 1): void {
  sender.handle({ type: "start" }, 0);
  sender.handle({ type: "received", bytes: Uint8Array.of(C) }, 0);
  sender.handle({ type: "timeout" }, 200);
  sender.handle({ type: "data", bytes: new Uint8Array(length) }, 200);
}

test("the end is said again after NAK and after silence; not acknowledged it is no failure, refused it is", () => {
  const file = aFile(300);
  const abrupt = transferred(file, {}, { abrupt: true });
  assertGot(abrupt.receiver, file);
  assert.deepEqual(abrupt.end, { type: "done", certain: false });
  const sender = new Sender(settingsFor(1, { protocol: "xmodem" }));
  begun(sender);
  const end = { type: "send", bytes: Uint8Array.of(EOT) };
  const told = { type: "acknowledged", offset: 1 };
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 300), [told, end]);
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(NAK) }, 310), [end]);
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 320), [
    { type: "done", certain: true },
  ]);
  const refused = new Sender(settingsFor(1, { protocol: "xmodem", retries: 3 }));
  begun(refused);
  refused.handle({ type: "received", bytes: Uint8Array.of(ACK) }, 300);
  let last: SenderEffect | undefined;
  for (let time = 310; time < 320; time++) {
    last = refused.handle({ type: "received", bytes: Uint8Array.of(NAK) }, time).at(-1) ?? last;
  }
  assert.ok(last?.type === "failed" && last.error.kind === "rejected");
});

test("a receiver of YMODEM whose acknowledgement of the end was lost asks for more: it has the file", () => {
  const file = aFile(200);
  let sent: number[] = [];
  const there = (bytes: Uint8Array): Uint8Array => {
    sent = [bytes[0] ?? 0, bytes.length];
    return bytes;
  };
  const back = (byte: number): number | undefined => (byte === ACK && sent[0] === EOT ? undefined : byte);
  const { end, receiver } = transferred(file, {}, {}, { there, back });
  assert.deepEqual(end, { type: "done", certain: true });
  assertGot(receiver, file);
});

test("the end of the batch that nobody acknowledges, as by rb on a pseudo-terminal, is said twice and takes seconds", () => {
  const file = aFile(200);
  let closings = 0;
  const there = (bytes: Uint8Array): Uint8Array | undefined => {
    const isClosing = bytes[1] === 0 && bytes[3] === 0;
    if (isClosing) closings++;
    return isClosing ? undefined : bytes;
  };
  const { end, time } = transferred(file, {}, {}, { there });
  assert.deepEqual([end, closings], [{ type: "done", certain: true }, 2]);
  assert.ok(time < 20 * SECOND);
});

test("a receiver that still waits for the rest of what broke off is told that nothing follows, once; one that asks anew is not", () => {
  const sender = new Sender(settingsFor(10, { hangs: true }));
  sender.handle({ type: "start" }, 0);
  const nak = { type: "received", bytes: Uint8Array.of(NAK) } as const;
  const [effect] = sender.handle(nak, 10);
  assert.ok(effect?.type === "send" && effect.bytes.every((byte) => byte === CAN));
  assert.deepEqual(sender.handle(nak, 20), []);
  sender.handle({ type: "received", bytes: Uint8Array.of(C) }, 30);
  const [header] = sender.handle({ type: "timeout" }, 230);
  assert.ok(header?.type === "send" && header.bytes[0] === SOH);
});

test("cancelled by us: CANs, and nothing more", () => {
  const sender = new Sender(settingsFor(10));
  begun(sender);
  const [effect] = sender.handle({ type: "cancel" }, 300);
  assert.ok(effect?.type === "send" && effect.bytes.every((byte) => byte === CAN) && effect.bytes.length >= 2);
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(ACK, C, CAN, CAN) }, 310), []);
  assert.equal(sender.deadline, undefined);
});

test("random bytes of a receiver never throw, and never leave a sender without an end", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = fakeRandom(seed);
    const protocol = seed % 2 === 0 ? "ymodem" : "xmodem";
    const sender = new Sender(settingsFor(3000, { protocol }));
    let now = 0;
    let over = false;
    const known = [ACK, NAK, CAN, C, EOT, STX];
    sender.handle({ type: "start" }, now);
    for (let step = 0; step < 2000 && !over; step++) {
      const [kind = 0, length = 0] = chance(2);
      const bytes = chance(1 + (length % 6)).map((byte) => (kind % 2 === 0 ? byte : (known[byte % 6] ?? 0)));
      const silent = kind < 64 && sender.deadline !== undefined;
      now = silent ? Math.max(now, sender.deadline ?? now) : now + 10;
      const effects = sender.handle(silent ? { type: "timeout" } : { type: "received", bytes }, now);
      for (const effect of effects) {
        if (effect.type === "done" || effect.type === "failed") over = true;
        if (effect.type !== "read") continue;
        sender.handle({ type: "data", bytes: new Uint8Array(effect.length) }, now);
      }
    }
    assert.ok(over, `seed ${seed}`);
  }
});
