import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import type { FirmwareImage } from "../../src/adapter.ts";
import { checkImage } from "../../src/firmware/image-check.ts";
import { sameVersion } from "../../src/firmware/version-verdict.ts";

/** The beginning of an image that MCUboot starts: 1.4.300+7. */
const HEADER = Buffer.from(
  "3db8f396" + "00000000" + "2000" + "0000" + "e8030000" + "00000000" + "01042c0107000000",
  "hex",
);

function image(bytes: Buffer, change: Partial<FirmwareImage> = {}): FirmwareImage {
  return {
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest(),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    ...change,
  };
}

const MAGIC = { offset: 0, bytes: Buffer.from("3db8f396", "hex") };
const BODY = Buffer.concat([HEADER, Buffer.alloc(200_000, 7)]);

for (const [what, found, accept, expected] of [
  ["its header's version", image(BODY), { magic: MAGIC, header: "mcuboot" }, "1.4.300+7"],
  ["the version told beside it", image(BODY, { version: "9" }), {}, "9"],
  ["the header before what was told", image(BODY, { version: "9" }), { header: "mcuboot" }, "1.4.300+7"],
  ["no version", image(Buffer.from([1])), {}, "none"],
  ["a version as text", image(Buffer.from("..V2.1 \0rest")), { header: { offset: 2, length: 9 } }, "V2.1"],
  ["too large", image(BODY), { maxSize: 1000 }, 2],
  ["another magic", image(Buffer.from("ELF")), { magic: MAGIC }, 6],
  ["no header of MCUboot", image(Buffer.alloc(100)), { header: "mcuboot" }, 6],
  ["bytes that are no version", image(Buffer.alloc(100, 1)), { header: { offset: 0, length: 8 } }, 6],
  ["a header beyond its end", image(Buffer.from("ab")), { header: { offset: 10, length: 8 } }, 6],
  ["another hash", image(BODY, { sha256: Buffer.alloc(32) }), {}, 5],
] as const) {
  test(`an image with ${what}: ${expected}`, async () => {
    const verdict = await checkImage(found, { maxSize: 1_000_000, ...accept });
    assert.equal(verdict.ok ? (verdict.version ?? "none") : verdict.result, expected);
  });
}

test("versions are the same however they are spelled", () => {
  for (const [a, b] of [
    ["1.2.3", "v1.2.3"],
    ["1.2.3+0", "1.2.3"],
    ["1.2.3.4", "1.2.3+4"],
    ["1.02", "1.2 "],
    ["beta", "beta"],
  ] as const) {
    assert.ok(sameVersion(a, b), `${a} ${b}`);
  }
  assert.ok(!sameVersion("1.2.3", "1.2.4"));
  assert.ok(!sameVersion("1.2.3+1", "1.2.3"));
});
