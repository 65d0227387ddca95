/** Vectors: made by the package smp 4.2.0 of PyPI (smp.packet.encode). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ConsoleReader,
  consoleLength,
  crc16,
  encodeConsole,
} from "../../../../adapters/transfers/smp/console-framing.ts";
import { PacketReader } from "../../../../adapters/transfers/smp/packet-reader.ts";

const PACKET = Uint8Array.from({ length: 200 }, (_, i) => i);
const LINES = [
  "0609414d6f4141514944424155474277674a4367734d4451345045424553457851564668635947526f62484230654879416849694d6b4a53596e4b436b714b7977744c6938774d54497a4e4455324e7a67354f6a73385054342f5145464351305246526b64495355704c5445314f54314252556c4e5556565a580a",
  "041457466c6157317864586c396759574a6a5a47566d5a326870616d7473625735766348467963335231646e6434655870376648312b66344342676f4f456859614869496d4b6934794e6a6f2b516b5a4b546c4a57576c35695a6d7075636e5a36666f4b47696f36536c7071656f71617172724b3275723743780a",
  "041473724f3074626133754c6d367537793976722f4177634c44784d5847787857680a",
];
const ANSWER = Buffer.from("0b00000600010701a1636f666614", "hex");
const LONGEST = 1024;

function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

test("a packet becomes the lines that another implementation makes of it", () => {
  const framed = Buffer.from(encodeConsole(PACKET));
  assert.equal(framed.toString("hex"), LINES.join(""));
  assert.equal(consoleLength(PACKET.length), framed.length);
  // "123456789": catalogue of parametrised CRC algorithms, CRC-16/XMODEM.
  assert.equal(crc16(Buffer.from("123456789")), 0x31c3);
});

test("packets are found between the lines of a log, in whatever pieces they come", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom("*** Booting Zephyr OS\r\n", "\n", `${"x".repeat(400)}\n`, "uart:~$ "), {
        maxLength: 4,
      }),
      fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 30 }),
      (packets, logs, sizes) => {
        const reader = new ConsoleReader(LONGEST);
        const stream = Buffer.concat(
          packets.flatMap((packet, i) => [Buffer.from(logs[i] ?? ""), encodeConsole(packet)]),
        );
        const found = split(stream, sizes).flatMap((piece) => reader.push(piece));
        assert.deepEqual(
          found.map((one) => [...one]),
          packets.map((one) => [...one]),
        );
        assert.equal(reader.damaged, 0);
      },
    ),
  );
});

test("a log line between the lines of a packet does not part them; a damaged packet is left out, and the next one found", () => {
  const reader = new ConsoleReader(LONGEST);
  const lines = LINES.map((line) => Buffer.from(line, "hex"));
  const [first, second, third] = lines;
  assert.ok(first && second && third);
  const log = Buffer.from("[00:00:01.000] <inf> main: alive\r\n");
  assert.deepEqual(reader.push(Buffer.concat([first, log, second, third])).length, 1);
  const wrong = Buffer.from(second);
  wrong[10] = 0x41;
  assert.deepEqual(reader.push(Buffer.concat([first, wrong, third])), []);
  assert.deepEqual(reader.push(Buffer.concat([first, third])), []);
  assert.deepEqual(reader.push(Buffer.concat([third, first, ...lines])).length, 1);
  assert.equal(reader.damaged, 3);
  const withReturns = Buffer.concat(lines.map((line) => Buffer.concat([line.subarray(0, -1), Buffer.from("\r\n")])));
  assert.equal(reader.push(withReturns).length, 1);
});

test("a packet that would be too long is not waited for", () => {
  const reader = new ConsoleReader(100);
  assert.deepEqual(reader.push(encodeConsole(PACKET)), []);
  assert.equal(reader.push(encodeConsole(ANSWER)).length, 1);
});

test("random bytes before, between and behind packets do no harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => {
      const reader = new ConsoleReader(LONGEST);
      reader.push(noise);
      reader.push(Buffer.from("\n"));
      reader.reset();
      assert.equal(reader.push(encodeConsole(ANSWER)).length, 1);
    }),
  );
});

test("raw: packets are found in whatever pieces they come, and behind a boot message", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.integer({ min: 0, max: 20 })), (count, sizes) => {
      const reader = new PacketReader(LONGEST);
      const stream = Buffer.concat([
        Buffer.from("*** Booting MCUboot\r\n"),
        ...Array.from({ length: count }, () => ANSWER),
      ]);
      const found = split(stream, sizes).flatMap((piece) => reader.push(piece));
      assert.deepEqual(
        found,
        Array.from({ length: count }, () => ANSWER),
      );
      assert.equal(reader.skipped, 21);
    }),
  );
});

test("raw: what is left of a packet of which something was lost is forgotten", () => {
  const reader = new PacketReader(LONGEST);
  assert.deepEqual(reader.push(ANSWER.subarray(0, 10)), []);
  reader.reset();
  assert.deepEqual(reader.push(ANSWER), [ANSWER]);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void new PacketReader(LONGEST).push(noise)));
});
