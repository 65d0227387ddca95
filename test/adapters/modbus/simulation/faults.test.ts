import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseFaults } from "../../../../adapters/modbus/simulation/fault-list.ts";
import { Faults } from "../../../../adapters/modbus/simulation/faults.ts";
import { requestReader, type SlaveFraming } from "../../../../adapters/modbus/simulation/request-reader.ts";
import { WrongArguments } from "../../../../src/adapter.ts";
import { SECOND } from "../../../../src/clock.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { bytes, hex } from "../../../support/modbus-device.ts";

/** Serial Line V1.02, the frame of a read of one register of unit 1, and the answer 000A. */
const REQUEST = { rtu: bytes("01 03 00 00 00 01 84 0a"), ascii: Uint8Array.from(Buffer.from(":010300000001FB\r\n")) };
const ANSWER = bytes("03 02 00 0a");
const GOOD = "01 03 02 00 0a 38 43";

function aWire(list: string, framing: "rtu" | "ascii" = "rtu", random = fakeRandom()) {
  const clock = new FakeClock();
  const faults = new Faults(parseFaults(list, framing), framing, { clock, random });
  const [request] = requestReader(framing).push(REQUEST[framing]) ?? [];
  assert.ok(request !== undefined);
  const out = (answer: Uint8Array | undefined = ANSWER): string[] =>
    faults.sendings(request, answer).map(({ after, bytes: sent }) => `${after}: ${hex(sent)}`);
  return { clock, faults, request, out };
}

test("without faults the answer goes out as it is, at once", () => {
  assert.deepEqual(aWire("").out(), [`0: ${GOOD}`]);
});

test("each fault does what its name says", () => {
  assert.deepEqual(aWire("crc").out(), ["0: 01 03 02 00 0a 38 bc"]);
  assert.deepEqual(aWire("late").out(), [`1500: ${GOOD}`]);
  assert.deepEqual(aWire("late:200ms").out(), [`200: ${GOOD}`]);
  assert.deepEqual(aWire("silent").out(), []);
  assert.deepEqual(aWire("echo").out(), [`0: ${hex(REQUEST.rtu)}`, `0: ${GOOD}`]);
  assert.deepEqual(aWire("exception:6").out(), ["0: 01 83 06 c1 32"]);
  const [foreign = "", answer] = aWire("foreign").out();
  assert.ok(foreign.startsWith("0: 02 03 02 00 0a "));
  assert.equal(answer, `0: ${GOOD}`);
  const [short = ""] = aWire("short").out();
  assert.ok(short.length < `0: ${GOOD}`.length && `0: ${GOOD}`.startsWith(short));
  const [noise, whole] = aWire("noise").out();
  assert.ok(noise !== undefined && whole === `0: ${GOOD}`);
});

test("faults come together: an echo, then a late exception", () => {
  assert.deepEqual(aWire("exception:2,echo,late:1s").out(), [`0: ${hex(REQUEST.rtu)}`, "1000: 01 83 02 c0 f1"]);
});

test("the checksum of an ASCII frame is wrong, the frame is not", () => {
  const { faults, request } = aWire("crc", "ascii");
  const [sent] = faults.sendings(request, ANSWER);
  assert.match(Buffer.from(sent?.bytes ?? []).toString(), /^:01030 ?2000A[0-9A-F]{2}\r\n$/);
  assert.deepEqual(requestReader("ascii").push(sent?.bytes ?? ANSWER), []);
});

test("a dead device lives first, is silent for as long, and comes back", async () => {
  const { clock, out } = aWire("dead:30s");
  assert.equal(out().length, 1);
  await clock.advance(30 * SECOND);
  assert.equal(out().length, 0);
  await clock.advance(30 * SECOND);
  assert.equal(out().length, 1);
});

test("where nobody answers, only the echo is heard", () => {
  const { faults, request } = aWire("echo,late,foreign,noise");
  assert.deepEqual(
    faults.sendings(request, undefined).map(({ bytes: sent }) => hex(sent)),
    [hex(REQUEST.rtu)],
  );
});

test("a chance is met about so often as it says", () => {
  let state = 1;
  const random = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state >> 16) & 0xff;
    });
  const { out } = aWire("silent:20%", "rtu", random);
  const silent = Array.from({ length: 2000 }, () => out().length).filter((length) => length === 0).length;
  assert.ok(silent > 300 && silent < 500, String(silent));
});

test("any list and any chance leave frames or silence, and never more than three pieces", () => {
  const word = fc.constantFrom(
    "crc",
    "late:9%",
    "dead:1s",
    "silent:50%",
    "echo",
    "exception:4:30%",
    "short",
    "foreign",
    "noise",
  );
  fc.assert(
    fc.property(fc.array(word), fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (words, chance) => {
      const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => chance.next().value ?? 0);
      const { out } = aWire([...new Set(words)].join(","), "rtu", random);
      for (let i = 0; i < 5; i++) assert.ok(out().length <= 4);
    }),
  );
});

test("a list that cannot be meant says what was expected", () => {
  const wrong = (list: string, expected: RegExp, framing: SlaveFraming = "rtu"): void =>
    assert.throws(
      () => parseFaults(list, framing),
      (error) => error instanceof WrongArguments && expected.test(error.message),
    );
  wrong("crk:1%", /fault "crk:1%": expected e\.g\. crc:1%/);
  wrong("crc:101%", /expected e\.g\./);
  wrong("crc:x", /expected e\.g\./);
  wrong("crc:5s", /expected e\.g\./);
  wrong("dead", /how long/);
  wrong("exception", /expected the code/);
  wrong("crc", /only frames of RTU and ASCII/, "mbap");
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseFaults(text, "rtu");
      } catch (error) {
        assert.ok(error instanceof WrongArguments);
      }
    }),
  );
});
