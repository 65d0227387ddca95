import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { interpretationsOf } from "../../src/mapping/interpretations.ts";
import { bytes } from "../support/modbus-device.ts";

/** `f32 CDAB 230.5`, plausible ones alone. */
function plausible(hex: string): readonly string[] {
  return interpretationsOf(bytes(hex))
    .filter((each) => each.plausible)
    .map(({ as, order, value }) => `${as} ${order} ${String(value)}`);
}

test("of a float, the right order gives a number that a person would believe", () => {
  // IEEE 754: 230.5 is 43 66 80 00.
  assert.deepEqual(plausible("4366 8000"), ["f32 ABCD 230.5"]);
  assert.deepEqual(plausible("8000 4366"), ["f32 CDAB 230.5"]);
  assert.deepEqual(plausible("C366 8000"), ["f32 ABCD -230.5"]);
  assert.deepEqual(plausible("6643 0080"), ["u32 CDAB 8414787", "f32 BADC 230.5"]);
  assert.deepEqual(plausible("0080 6643"), ["u32 ABCD 8414787", "f32 DCBA 230.5"]);
});

test("of a counter, the order that gives the small number is believed", () => {
  assert.deepEqual(plausible("0001 E201"), ["u32 ABCD 123393"]);
  assert.deepEqual(plausible("E201 0001"), ["u32 CDAB 123393"]);
  assert.deepEqual(plausible("FFFF FF9C"), ["s32 ABCD -100", "s32 CDAB -6488065"]);
});

test("of one register, the bytes are not believed to be swapped", () => {
  assert.deepEqual(plausible("0902"), ["u16 ABCD 2306"]);
  assert.deepEqual(plausible("FF9C"), ["u16 ABCD 65436", "s16 ABCD -100"]);
  assert.deepEqual(plausible("8001"), ["u16 ABCD 32769", "s16 ABCD -32767"]);
});

test("every type and order that fits is there, numbers that are none are not", () => {
  const found = interpretationsOf(bytes("4366 8000")).map(({ as, order, value }) => `${as} ${order} ${String(value)}`);
  assert.deepEqual(
    found.filter((text) => !text.startsWith("f32")),
    [
      "u32 ABCD 1130790912",
      "u32 CDAB 2147500902",
      "u32 BADC 1715667072",
      "u32 DCBA 8414787",
      "s32 ABCD 1130790912",
      "s32 CDAB -2147466394",
      "s32 BADC 1715667072",
      "s32 DCBA 8414787",
      "bcd32 ABCD 43668000",
      "bcd32 CDAB 80004366",
      "bcd32 BADC 66430080",
      "bcd32 DCBA 806643",
      "string BADC fC",
    ],
  );
  assert.deepEqual(
    interpretationsOf(bytes("7FC0 0000")).filter(({ as, order }) => as === "f32" && order === "ABCD"),
    [],
  );
});

test("64 bits keep all their digits", () => {
  const [first] = interpretationsOf(bytes("7FFF FFFF FFFF FFFF"));
  assert.deepEqual(first, { as: "u64", order: "ABCD", value: 2n ** 63n - 1n, plausible: false });
});

test("text is told, and not that its bytes could be swapped", () => {
  assert.deepEqual(plausible("5344 4D36 3330"), ["string ABCD SDM630"]);
});

test("zeros and ones tell nothing", () => {
  for (const hex of ["0000", "FFFF", "0000 0000", "FFFF FFFF", "0000 0000 0000 0000"]) {
    assert.deepEqual(plausible(hex), [], hex);
  }
});

test("any bytes have interpretations, or none, and never an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 260 }), (data) => {
      for (const { as, order, value } of interpretationsOf(data)) {
        assert.ok(as !== "" && order !== undefined);
        assert.ok(typeof value !== "number" || Number.isFinite(value));
      }
    }),
  );
});
