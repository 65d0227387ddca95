import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender, type SenderEffect } from "../../../../adapters/transfers/xymodem/sender.ts";
import { SECOND } from "../../../../src/clock.ts";
import { FirmwareError } from "../../../../src/errors.ts";
import { aFile, assertGot, begun, type Noise, settingsFor, transferred } from "./a-transfer.ts";

const [EOT, ACK, NAK, CAN, C] = [0x04, 0x06, 0x15, 0x18, 0x43];

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

test("cancelled by us: CANs, and nothing more", () => {
  const sender = new Sender(settingsFor(10));
  begun(sender);
  const [effect] = sender.handle({ type: "cancel" }, 300);
  assert.ok(effect?.type === "send" && effect.bytes.every((byte) => byte === CAN) && effect.bytes.length >= 2);
  assert.deepEqual(sender.handle({ type: "received", bytes: Uint8Array.of(ACK, C, CAN, CAN) }, 310), []);
  assert.equal(sender.deadline, undefined);
});
