import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender } from "../../../../adapters/transfers/xymodem/sender.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { fakeRandom } from "../../../support/fake-clock.ts";
import { aFile, assertGot, begun, settingsFor, transferred } from "./a-transfer.ts";

const [SOH, STX, EOT, ACK, NAK, CAN, C] = [0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43];

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
