import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  additionalData,
  cidAdditionalData,
  encodeCidRecord,
  encodeRecord,
  splitRecords,
} from "../../../src/dtls/connection-id/records.ts";

test("the additional data of a record with a Connection ID are those of pion/dtls 3.1.15 (ciphersuite_test.go)", () => {
  const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const head = Buffer.from("fefd0002000000000115", "hex");
  assert.deepEqual(
    [...cidAdditionalData(id, head, 1784)],
    [
      ...[255, 255, 255, 255, 255, 255, 255, 255, 25, 8, 25, 254, 253],
      ...[0, 2, 0, 0, 0, 0, 1, 21, 1, 2, 3, 4, 5, 6, 7, 8, 6, 248],
    ],
  );
});

test("the additional data of a record without one: sequence number, type, version, length (RFC 5246 §6.2.3.3)", () => {
  const head = Buffer.from("fefd0001000000000007", "hex");
  assert.equal(Buffer.from(additionalData(23, head, 258)).toString("hex"), "0001000000000007" + "17" + "fefd" + "0102");
});

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const aRecord = fc.record({
  type: fc.constantFrom(20, 21, 22, 23, 25),
  head: bytes(10),
  connectionId: bytes(6),
  fragment: fc.uint8Array({ maxLength: 300 }),
});

test("a datagram falls into the records that it was made of, whatever is behind them", () => {
  fc.assert(
    fc.property(fc.array(aRecord, { maxLength: 4 }), bytes(5), (made, rest) => {
      const encoded = made.map(({ type, head, connectionId, fragment }) =>
        type === 25 ? encodeCidRecord(connectionId, head, fragment) : encodeRecord(type, head, fragment),
      );
      const found = splitRecords(Buffer.concat([...encoded, rest]), 6);
      assert.deepEqual(
        found.map((record) => Buffer.from(record.bytes).toString("hex")),
        encoded.map((record) => Buffer.from(record).toString("hex")),
      );
      for (const [i, { type, head, epoch, connectionId, fragment }] of found.entries()) {
        const of = made[i];
        assert.deepEqual(
          [type, [...head], [...fragment]],
          [of?.type, [...(of?.head ?? [])], [...(of?.fragment ?? [])]],
        );
        assert.equal(epoch, Buffer.from(head).readUInt16BE(2));
        assert.deepEqual([...connectionId], type === 25 ? [...(of?.connectionId ?? [])] : []);
      }
    }),
  );
});

test("any bytes are records up to some place, and nothing throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 255 }), (datagram, idLength) => {
      const length = splitRecords(datagram, idLength).reduce((sum, record) => sum + record.bytes.length, 0);
      assert.ok(length <= datagram.length);
    }),
  );
});
