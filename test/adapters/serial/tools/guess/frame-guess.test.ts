import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Heard } from "../../../../../adapters/serial/tools/guess/bursts.ts";
import { settingsOf } from "../../../../../adapters/serial/tools/guess/frame-fields.ts";
import { guessFrames } from "../../../../../adapters/serial/tools/guess/frame-guess.ts";
import { frameSchema } from "../../../../../adapters/spoken/stream/framing/frame-settings.ts";
import { Framer } from "../../../../../adapters/spoken/stream/framing/framer.ts";
import { seal } from "../../../../../adapters/spoken/stream/framing/seal.ts";
import { parseYaml } from "../../../../../src/yaml/parse.ts";
import { toPlainMap } from "../../../../../src/yaml/read.ts";
import {
  apart,
  hex,
  IEC_62056,
  MH_Z19,
  MODBUS,
  MT_SICS,
  NMEA,
  SBI,
  text,
  torn,
  UBX,
  WXT530,
} from "../../../../support/serial-recordings.ts";

function best(heard: readonly Heard[]): readonly [string, string] | undefined {
  const [guess] = guessFrames(heard);
  return guess === undefined ? undefined : [guess.certainty, guess.text];
}

for (const [name, heard, certainty, frame] of [
  ["a scale that was asked three times", apart(MT_SICS), "likely", '{ end: "\\r\\n" }'],
  ["a scale that was asked once", apart(MT_SICS.slice(0, 1)), "a guess", '{ end: "\\r\\n" }'],
  ["a scale of another maker", apart(SBI), "likely", '{ end: "\\r\\n" }'],
  ["a weather station that is asked", apart(WXT530), "likely", '{ end: "\\r\\n" }'],
  ["sentences with a checksum", apart(NMEA), "sure", '{ start: "$$", end: "\\r\\n", checksum: nmea }'],
  [
    "the same without a silence, from the middle on, in small pieces",
    torn(Buffer.concat([...NMEA, ...NMEA]).subarray(5), 7),
    "sure",
    '{ start: "$$", end: "\\r\\n", checksum: nmea }',
  ],
  [
    "frames of one size with a checksum",
    apart(MH_Z19),
    "sure",
    '{ start: "\\xff", size: 9, checksum: { kind: lrc, from: body } }',
  ],
  [
    "the same without a silence, from the middle on",
    torn(Buffer.concat(MH_Z19).subarray(4), 16),
    "sure",
    '{ start: "\\xff", size: 9, checksum: { kind: lrc, from: body } }',
  ],
  [
    "frames that only silences part",
    apart([...MODBUS, ...MODBUS], 100),
    "sure",
    "{ idle: 50ms, checksum: crc16-modbus }",
  ],
  [
    "a checksum behind the end mark",
    apart(IEC_62056),
    "sure",
    '{ start: "\\x01", end: "\\x03", checksum: { kind: xor, from: body, behind_end: true } }',
  ],
  [
    "frames that say how long they are",
    apart([...UBX, ...UBX, ...UBX]),
    "likely",
    '{ start: "\\xb5b", length: { at: 4, as: u16le, plus: 8 } }',
  ],
] as const) {
  test(`framing is found of ${name}`, () => assert.deepEqual(best(heard), [certainty, frame]));
}

test("what says nothing is no frame: too little, one byte all over, noise without silences", () => {
  assert.equal(best([]), undefined);
  assert.equal(best(apart([hex("01 02")])), undefined);
  assert.equal(best(apart([Buffer.alloc(4096)])), undefined);
  const noise = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * i * 31 + i * 17) & 0xff));
  assert.equal(best(torn(noise, 16)), undefined);
});

test("a damaged frame among good ones does not hide the checksum", () => {
  const damaged = MH_Z19.map((frame, i) => (i === 2 ? hex("ff86026f47100000c2") : frame));
  const [guess] = guessFrames(apart([...damaged, ...MH_Z19.slice(2, 3)]));
  assert.deepEqual([guess?.certainty, guess?.checksum?.right, guess?.checksum?.frames], ["sure", 5, 6]);
});

/** As a user pastes it into a mapping, where a dollar is written twice. */
function pasted(frame: string) {
  const node = parseYaml(`frame: ${frame.replaceAll("$$", "$")}`, "pasted");
  assert.ok(node.kind === "map");
  const { frame: written } = toPlainMap(node);
  return frameSchema.parse(written);
}

test("whatever is heard, nothing is thrown, and what is guessed is right as it is written and finds the frames it speaks of", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ maxLength: 30 }).map((line) => text(`${line}\r\n`)),
    fc.constantFrom(...MT_SICS, ...NMEA, ...MH_Z19, ...UBX, ...IEC_62056, ...MODBUS),
  );
  const heard = fc.array(fc.tuple(fc.constantFrom(0, 1, 10, 40, 1000), piece), { maxLength: 20 }).map((pieces) => {
    let at = 0;
    return pieces.map(([pause, bytes]): Heard => {
      at += pause;
      return { at, bytes };
    });
  });
  fc.assert(
    fc.property(heard, (all) => {
      for (const { text: written, fields, frames, share } of guessFrames(all)) {
        assert.deepEqual(pasted(written), settingsOf(fields));
        assert.ok(frames > 0 && share > 0 && share <= 1);
      }
    }),
    { numRuns: 150 },
  );
});

test("of frames that are made of settings, the same settings are found again", () => {
  const kinds = fc.constantFrom(
    "crc16-modbus",
    "crc16-ccitt",
    "crc16-xmodem",
    "crc16-kermit",
    "lrc",
    "xor",
    "sum" as const,
  );
  const bodies = fc.array(fc.uint8Array({ minLength: 3, maxLength: 12 }), { minLength: 12, maxLength: 16 });
  fc.assert(
    fc.property(kinds, bodies, (kind, made) => {
      const settings = frameSchema.parse({ start: "\x02", end: "\x03", checksum: kind });
      // Within a frame marks may not stand: a device that sends bytes as they are has no such frame.
      const frames = made.map((body) =>
        Buffer.from(
          seal(
            body.map((byte) => (byte % 90) + 33),
            settings,
          ),
        ),
      );
      const clean = frames.filter((frame) => frame.indexOf(3) === frame.length - 1 && frame.lastIndexOf(2) === 0);
      fc.pre(clean.length >= 8);
      const [guess] = guessFrames(apart(clean));
      assert.ok(guess?.checksum !== undefined, kind);
      const framer = new Framer(settingsOf(guess.fields));
      framer.handle({ type: "asked" }, 0);
      const found = framer.handle({ type: "bytes", bytes: Buffer.concat(clean) }, 0);
      assert.equal(found.length, clean.length, guess.text);
    }),
    { numRuns: 40 },
  );
});
