/** Files on their way from a sender to a receiver. */
import assert from "node:assert/strict";
import { Sender, type SenderEffect } from "../../../../adapters/transfers/xymodem/sender.ts";
import type { SenderSettings } from "../../../../adapters/transfers/xymodem/sender-settings.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { drive } from "../../../../src/machine.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { type ReceiverSettings, XymodemReceiver } from "../../../support/xymodem-receiver.ts";

const C = 0x43;

export interface Noise {
  /** What becomes of bytes on their way; undefined: they are lost. */
  readonly there?: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly back?: (byte: number) => number | undefined;
  readonly latency?: () => number;
}

export function aFile(size: number, seed = 1): Uint8Array {
  return fakeRandom(seed)(size);
}

export function settingsFor(size: number, settings: Partial<SenderSettings> = {}): SenderSettings {
  const file = { name: "app.bin", size };
  return {
    ...{ protocol: "ymodem", file, block: 1024, startTimeout: MINUTE, ackTimeout: 10 * SECOND, retries: 10 },
    ...settings,
  };
}

/** A sender and a receiver on one clock; the receiver begins after a while. */
export function transferred(
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

export function assertGot(receiver: XymodemReceiver, file: Uint8Array): void {
  assert.equal(receiver.end, "complete");
  assert.ok(Buffer.from(receiver.file.slice(0, file.length)).equals(file), "the file differs");
  assert.ok(
    receiver.file.slice(file.length).every((byte) => byte === 0x1a),
    "padding",
  );
}

/** Up to its first block, which is sent. */
export function begun(sender: Sender, length = 1): void {
  sender.handle({ type: "start" }, 0);
  sender.handle({ type: "received", bytes: Uint8Array.of(C) }, 0);
  sender.handle({ type: "timeout" }, 200);
  sender.handle({ type: "data", bytes: new Uint8Array(length) }, 200);
}
