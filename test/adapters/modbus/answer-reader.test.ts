import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerReader, type EchoSetting } from "../../../adapters/modbus/answer-reader.ts";
import { FRAMINGS } from "../../../adapters/modbus/framing.ts";
import { bytes, hex } from "../../support/modbus-device.ts";

type Name = keyof typeof FRAMINGS;
const BOTH: readonly Name[] = ["rtu", "ascii"];

/** What a reader finds that waits for the answer of unit 1 and gets these chunks; undefined: nothing. */
function found(framing: Name, request: string, chunks: readonly Uint8Array[], echo: EchoSetting = false) {
  const reader = new AnswerReader(FRAMINGS[framing], echo);
  reader.expect(1, bytes(request));
  for (const chunk of chunks) {
    const pdu = reader.push(chunk);
    if (pdu !== undefined) return hex(pdu);
  }
  return undefined;
}

function frame(framing: Name, unit: number, pdu: string): Uint8Array {
  return FRAMINGS[framing].frame(unit, bytes(pdu));
}

/** Two input registers from 0x10 on, and an answer. */
const READ = "04 00 10 00 02";
const ANSWER = "04 04 43 66 80 00";

test("answers of every function end where their length says", () => {
  // MODBUS Application Protocol V1.1b3, the example of each section of §6: request, response.
  const examples = [
    ["01 00 13 00 13", "01 03 cd 6b 05"],
    ["02 00 c4 00 16", "02 03 ac db 35"],
    ["03 00 6b 00 03", "03 06 02 2b 00 00 00 64"],
    ["04 00 08 00 01", "04 02 00 0a"],
    ["05 00 ac ff 00", "05 00 ac ff 00"],
    ["06 00 01 00 03", "06 00 01 00 03"],
    ["07", "07 6d"],
    ["08 00 00 a5 37", "08 00 00 a5 37"],
    ["0b", "0b ff ff 01 08"],
    ["0c", "0c 08 00 00 01 08 01 21 20 00"],
    ["0f 00 13 00 0a 02 cd 01", "0f 00 13 00 0a"],
    ["10 00 01 00 02 04 00 0a 01 02", "10 00 01 00 02"],
    ["14 0e 06 00 04 00 01 00 02 06 00 03 00 09 00 02", "14 0c 05 06 0d fe 00 20 05 06 33 cd 00 40"],
    ["15 0d 06 00 04 00 07 00 03 06 af 04 be 10 0d", "15 0d 06 00 04 00 07 00 03 06 af 04 be 10 0d"],
    ["16 00 04 00 f2 00 25", "16 00 04 00 f2 00 25"],
    ["17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff", "17 0c 00 fe 0a cd 00 01 00 03 00 0d 00 ff"],
    ["18 04 de", "18 00 06 00 02 01 b8 12 84"],
    ["2b 0e 01 00", `2b 0e 01 01 00 00 01 00 03 ${hex(Buffer.from("Co."))}`],
    // A function of a vendor: only its checksum tells where the answer ends.
    ["41 01", "41 11 22 33 44 55"],
  ] as const;
  for (const framing of BOTH) {
    for (const [request, answer] of examples) {
      const whole = frame(framing, 1, answer);
      assert.equal(found(framing, request, [whole]), answer, `${framing}: ${request}`);
      const single = Array.from(whole, (byte) => Uint8Array.of(byte));
      assert.equal(found(framing, request, single), answer, `${framing}, byte by byte: ${request}`);
      const exception = `${hex(Uint8Array.of((bytes(request)[0] ?? 0) | 0x80))} 02`;
      assert.equal(found(framing, request, [frame(framing, 1, exception)]), exception);
    }
  }
});

test("an identification whose number of objects is of all answers together ends by its checksum", () => {
  // V1.1b3 §6.21: the response of the first of two transactions says 3 objects, and holds 2.
  const answer = `2b 0e 01 01 ff 02 03 00 02 ${hex(Buffer.from("Co"))} 01 01 50`;
  for (const framing of BOTH) assert.equal(found(framing, "2b 0e 01 00", [frame(framing, 1, answer)]), answer);
});

test("frames are as in documents of others", () => {
  // Read holding registers of unit 17: simplymodbus.ca, "FC 03": 11 03 006B 0003 7687.
  assert.equal(hex(FRAMINGS.rtu.frame(0x11, bytes("03 00 6b 00 03"))), "11 03 00 6b 00 03 76 87");
  // The same in ASCII: simplymodbus.ca, "ASCII vs RTU": 3A 3131 3033 3030 3642 3030 3033 3745 0D0A.
  assert.equal(Buffer.from(FRAMINGS.ascii.frame(0x11, bytes("03 00 6b 00 03"))).toString(), ":1103006B00037E\r\n");
  // pymodbus, test/framers: 00 01 00 00 00 01 FC 1B is a read of coils of unit 0.
  assert.equal(hex(FRAMINGS.rtu.frame(0, bytes("01 00 00 00 01"))), "00 01 00 00 00 01 fc 1b");
});

test("a frame of another unit, another function, or another length is no answer; the answer behind it is", () => {
  for (const framing of BOTH) {
    const good = frame(framing, 1, ANSWER);
    for (const foreign of [
      frame(framing, 2, ANSWER),
      frame(framing, 1, "03 04 11 11 11 11"),
      frame(framing, 1, "04 02 11 11"),
      frame(framing, 1, "04 06 11 11 11 11 11 11"),
      frame(framing, 2, "84 02"),
      frame(framing, 1, "83 02"),
    ]) {
      assert.equal(found(framing, READ, [foreign]), undefined, framing);
      assert.equal(found(framing, READ, [foreign, good]), ANSWER, framing);
    }
  }
});

test("a wrong checksum is no answer, and does not hide the answer behind it", () => {
  for (const framing of BOTH) {
    const good = frame(framing, 1, ANSWER);
    for (let i = 0; i < good.length; i++) {
      const bad = Uint8Array.from(good, (byte, at) => (at === i ? byte ^ 0x05 : byte));
      assert.equal(found(framing, READ, [bad]), undefined, `${framing}, byte ${i}`);
      assert.equal(found(framing, READ, [bad, good]), ANSWER, `${framing}, byte ${i}`);
    }
  }
});

test("a write is answered for its own address only", () => {
  for (const framing of BOTH) {
    const late = frame(framing, 1, "10 00 20 00 02");
    const good = frame(framing, 1, "10 00 01 00 02");
    assert.equal(found(framing, "10 00 01 00 02 04 00 0a 01 02", [late, good]), "10 00 01 00 02");
  }
});

test("data that looks like an answer does not end the answer that holds it", () => {
  const inner = hex(frame("rtu", 1, "84 02"));
  const answer = `04 08 ${inner} 00 00 00`;
  const whole = frame("rtu", 1, answer);
  assert.equal(found("rtu", "04 00 10 00 04", [whole.subarray(0, 9), whole.subarray(9)]), answer);
});

test("what came before the request is dropped", () => {
  for (const framing of BOTH) {
    const reader = new AnswerReader(FRAMINGS[framing], "auto");
    const late = frame(framing, 1, "04 04 11 11 11 11");
    assert.equal(reader.push(late), undefined);
    reader.expect(1, bytes(READ));
    assert.equal(reader.push(late.subarray(0, 3)), undefined);
    reader.expect(1, bytes(READ));
    assert.equal(reader.push(late.subarray(3)), undefined);
    assert.equal(hex(reader.push(frame(framing, 1, ANSWER)) ?? bytes("")), ANSWER);
    assert.equal(reader.push(late), undefined, "nothing is expected any more");
  }
});

test("an adapter that hears itself is recognised by a read, and its echo confirms no write", () => {
  for (const framing of BOTH) {
    const reader = new AnswerReader(FRAMINGS[framing], "auto");
    const write = "06 00 01 00 03";
    assert.equal(reader.echoes, undefined);
    assert.equal(reader.push(reader.expect(1, bytes(READ))), undefined);
    assert.equal(hex(reader.push(frame(framing, 1, ANSWER)) ?? bytes("")), ANSWER);
    assert.equal(reader.echoes, true);
    const echo = reader.expect(1, bytes(write));
    assert.equal(reader.push(echo), undefined, "nobody but the adapter");
    assert.equal(hex(reader.push(frame(framing, 1, write)) ?? bytes("")), write);
    // Another adapter, without the echo.
    reader.expect(1, bytes(READ));
    assert.equal(hex(reader.push(frame(framing, 1, ANSWER)) ?? bytes("")), ANSWER);
    assert.equal(reader.echoes, false);
    reader.expect(1, bytes(write));
    assert.equal(hex(reader.push(frame(framing, 1, write)) ?? bytes("")), write);
  }
});

test("echo: true waits for the echo first, behind noise too; echo: false takes the first frame", () => {
  for (const framing of BOTH) {
    const write = "05 00 ac ff 00";
    const sent = frame(framing, 1, write);
    assert.equal(found(framing, write, [sent], true), undefined);
    assert.equal(found(framing, write, [bytes("00 ff"), sent, bytes("00"), sent], true), write);
    assert.equal(found(framing, write, [sent], false), write);
    assert.equal(found(framing, READ, [frame(framing, 1, ANSWER)], true), ANSWER, "a read has no other answer");
  }
});

test("however the bytes are cut, and whatever stands before them, the answer comes out", () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.constantFrom(...BOTH), noise, sizes, fc.boolean(), (framing, before, cuts, echo) => {
      const reader = new AnswerReader(FRAMINGS[framing], "auto");
      const sent = reader.expect(1, bytes(READ));
      // A colon in the noise begins a frame that the next colon ends; a header of ours in it is another test.
      fc.pre(!hex(before).includes("01 04 04") && !hex(before).includes("01 84"));
      fc.pre(!(before.at(-1) === 1 || (before.at(-2) === 1 && before.at(-1) === 4)));
      const all = Buffer.concat([before, ...(echo ? [sent] : []), frame(framing, 1, ANSWER)]);
      let got: Uint8Array | undefined;
      for (let at = 0, i = 0; at < all.length && got === undefined; i++) {
        const size = cuts[i % cuts.length] ?? 1;
        got = reader.push(all.subarray(at, at + size));
        at += size;
      }
      assert.equal(hex(got ?? bytes("")), ANSWER);
    }),
  );
});

test("any bytes end in an answer or in none, and memory stays small however long somebody talks", () => {
  const request = fc.uint8Array({ minLength: 1, maxLength: 30 });
  const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  fc.assert(
    fc.property(
      fc.constantFrom(...BOTH),
      fc.constantFrom<EchoSetting>(true, false, "auto"),
      request,
      chunks,
      (framing, echo, pdu, all) => {
        const reader = new AnswerReader(FRAMINGS[framing], echo);
        reader.expect(1, pdu);
        for (const chunk of all) {
          const answer = reader.push(chunk);
          if (answer !== undefined) assert.equal((answer[0] ?? 0) & 0x7f, (pdu[0] ?? 0) & 0x7f);
          assert.ok(reader.heard.length <= 8 * FRAMINGS[framing].longest);
        }
      },
    ),
  );
});

test("what was heard instead of an answer is there to be told, without the own echo", () => {
  const reader = new AnswerReader(FRAMINGS.rtu, true);
  const sent = reader.expect(1, bytes(READ));
  reader.push(sent);
  assert.equal(hex(reader.heard), "");
  reader.push(bytes("01 84"));
  assert.equal(hex(reader.heard), "01 84");
});
