import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeLine, sevenBits } from "../../../../../adapters/serial/tools/guess/line-guess.ts";
import { apart, MH_Z19, MODBUS, MT_SICS, NMEA, WXT530, withParity } from "../../../../support/serial-recordings.ts";

test("frames with right checksums make settings sure, text makes them likely, noise and silence do not", () => {
  for (const device of [NMEA, MH_Z19, [...MODBUS, ...MODBUS]]) assert.ok(judgeLine(apart(device)).score >= 0.9);
  for (const device of [MT_SICS, WXT530]) {
    const { score } = judgeLine(apart(device));
    assert.ok(score > 0.5 && score < 0.9, String(score));
  }
  assert.equal(judgeLine([]).score, 0);
});

test("what comes at a wrong speed is judged worse than what comes at the right one", () => {
  const wrong = (factor: number) =>
    apart(
      WXT530.map((line) => Buffer.from(Array.from(atOtherSpeed(line, factor))).filter((byte) => byte !== undefined)),
    );
  const right = judgeLine(apart(WXT530)).score;
  for (const factor of [0.25, 0.5, 2, 4]) {
    const { score } = judgeLine(wrong(factor));
    assert.ok(score < 0.3 && score < right, `${factor}: ${score}`);
  }
});

/** The bits on the line, looked at again at another speed, 8N1: what a receiver makes of them. `factor`: its speed to the sender's. */
function* atOtherSpeed(bytes: Uint8Array, factor: number): Generator<number> {
  const bits = [...bytes].flatMap((byte) => [0, ...Array.from({ length: 8 }, (_, i) => (byte >> i) & 1), 1]);
  const at = (time: number): number => bits[Math.floor(time)] ?? 1;
  const step = 1 / factor;
  for (let time = 0; time < bits.length; ) {
    if (at(time) === 1) {
      time += step / 4;
      continue;
    }
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte |= at(time + (1.5 + bit) * step) << bit;
    // Without a stop bit it is a framing error: the port drops it.
    if (at(time + 9.5 * step) === 1) yield byte;
    time += 9.75 * step;
  }
}

test("seven bits and a parity are recognised in what came with eight bits, and read without it", () => {
  for (const parity of ["even", "odd"] as const) {
    const seven = sevenBits(apart(MT_SICS.map((line) => withParity(line, parity))));
    assert.equal(seven?.parity, parity);
    assert.deepEqual(
      seven?.heard.map(({ bytes }) => String(Buffer.from(bytes))),
      MT_SICS.map(String),
    );
  }
});

test("text, and bytes of all kinds, are no seven bits and a parity", () => {
  for (const device of [MT_SICS, NMEA, WXT530, MH_Z19]) assert.equal(sevenBits(apart(device)), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 200, maxLength: 400 }), (bytes) => {
      const random = bytes.map((byte, i) => (byte + 7 * i) & 0xff);
      assert.equal(sevenBits([{ at: 0, bytes: random }]), undefined);
    }),
    { numRuns: 50 },
  );
});
