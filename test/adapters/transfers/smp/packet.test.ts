/** Vectors: made by the package smp 4.2.0 of PyPI, with cbor2 6.3.0; the lengths of maps without a length as Zephyr makes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeMap } from "../../../../adapters/transfers/smp/cbor.ts";
import {
  decodePacket,
  encodePacket,
  GROUP,
  IMAGE,
  OP,
  OS,
  readHeader,
} from "../../../../adapters/transfers/smp/packet.ts";
import { DeviceError } from "../../../../src/adapter.ts";

const IMAGE_BYTES = Uint8Array.from({ length: 64 }, (_, i) => i);
const SHA = Buffer.from("fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108", "hex");

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}

test("requests are what another implementation makes of them", () => {
  const image = { op: OP.write, version: 1, group: GROUP.image };
  const upload = { len: 64, off: 0, sha: SHA, data: IMAGE_BYTES.subarray(0, 20) };
  assert.equal(
    hex(encodePacket({ ...image, sequence: 7, command: IMAGE.upload, body: upload })),
    "0a00004c00010701a4636c656e1840636f666600637368615820fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108" +
      "646461746154000102030405060708090a0b0c0d0e0f10111213",
  );
  const next = { off: 20, data: IMAGE_BYTES.subarray(20, 40) };
  assert.equal(
    hex(encodePacket({ ...image, sequence: 8, command: IMAGE.upload, body: next })),
    "0a00002000010801a2636f6666146464617461541415161718191a1b1c1d1e1f2021222324252627",
  );
  assert.equal(
    hex(encodePacket({ ...image, sequence: 2, command: IMAGE.state, body: { hash: SHA, confirm: false } })),
    `0a00003100010200a264686173685820${hex(SHA)}67636f6e6669726df4`,
  );
  const list = { op: OP.read, version: 1, group: GROUP.image, sequence: 1, command: IMAGE.state, body: {} };
  assert.equal(hex(encodePacket(list)), "0800000100010100a0");
  const reset = { op: OP.write, version: 1, group: GROUP.os, sequence: 3, command: OS.reset, body: {} };
  assert.equal(hex(encodePacket(reset)), "0a00000100000305a0");
});

test("answers of another implementation are read", () => {
  assert.deepEqual(decodePacket(bytes("0b00000600010701a1636f666614")), {
    ...{ op: OP.writeAnswer, version: 1, group: GROUP.image, sequence: 7, command: IMAGE.upload },
    body: { off: 20 },
  });
  const parameters = decodePacket(bytes("0900001800000906a2686275665f73697a65190180696275665f636f756e7404"));
  assert.deepEqual(parameters.body, { buf_size: 384, buf_count: 4 });
});

test("maps without a length are read, as Zephyr writes them", () => {
  assert.deepEqual(decodeMap(bytes("bf636f666614ff")), { off: 20 });
  assert.deepEqual(decodeMap(bytes("bf66696d616765739fbf64736c6f7400ffffff")), { images: [{ slot: 0 }] });
});

test("what is no packet, or has another length than it says, is malformed", () => {
  const malformed = { name: "DeviceError", kind: "malformed" };
  for (const text of ["", "0b000006", "0a00000600010701a1636f666614", "2b00000600010701a1636f666614"])
    assert.throws(() => decodePacket(bytes(text)), malformed, text);
  assert.throws(() => decodePacket(bytes("0b00000700010701a1636f666614")), { ...malformed, message: /6 bytes where/ });
  assert.equal(readHeader(bytes("1b00000600010701")), undefined);
});

test("bodies that are no map, cut off, tagged, deep or larger than they are, are malformed", () => {
  const bodies = ["", "00", "80", "f6", "a1", "a1636f6666", "a1636f66", "c100", "a16161c100", "bf6161", "ff", "1c"];
  const claimed = ["9affffffff", "ba7fffffff", "5bffffffffffffffff", "a000", `${"81".repeat(20)}00`, "5f40ff", "df00"];
  for (const body of [...bodies, ...claimed])
    assert.throws(() => decodeMap(bytes(body)), { name: "DeviceError", kind: "malformed" }, body);
});

test("random bytes are an answer, or malformed", () => {
  const packets = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .uint8Array({ maxLength: 48 })
      .map((body) => Buffer.concat([bytes("0b0000"), Buffer.of(body.length), bytes("00010701"), body])),
  );
  fc.assert(
    fc.property(packets, (packet) => {
      try {
        assert.equal(typeof decodePacket(packet).body, "object");
      } catch (error) {
        assert.ok(error instanceof DeviceError && error.kind === "malformed", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
