import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeRequest } from "../../../../adapters/modbus/codec.ts";
import type { Request } from "../../../../adapters/modbus/pdu.ts";
import {
  type Incoming,
  type RequestReader,
  requestReader,
  type SlaveFraming,
} from "../../../../adapters/modbus/simulation/request-reader.ts";
import { bytes, hex } from "../../../support/modbus-device.ts";

const FRAMINGS: readonly SlaveFraming[] = ["mbap", "rtu", "ascii"];

const data = Uint8Array.of(1, 2, 3, 4);
const REQUESTS: readonly Request[] = [
  { kind: "read", table: "coil", address: 5, count: 9 },
  { kind: "read", table: "input", address: 0x34, count: 2 },
  { kind: "writeCoil", address: 1, value: true },
  { kind: "writeCoils", address: 1, values: [true, false, true] },
  { kind: "writeRegister", address: 1, bytes: data.slice(0, 2) },
  { kind: "writeRegisters", address: 1, bytes: data },
  { kind: "maskRegister", address: 1, and: 0xf0, or: 3 },
  { kind: "readWrite", address: 1, bytes: data, read: { address: 9, count: 3 } },
  { kind: "readFile", file: 4, record: 7, count: 2 },
  { kind: "writeFile", file: 4, record: 7, bytes: data },
  { kind: "identify", access: "basic", object: 0 },
  { kind: "raw", pdu: Uint8Array.of(8, 0, 0, 0xa5, 0x37) },
  { kind: "raw", pdu: Uint8Array.of(17) },
  { kind: "raw", pdu: Uint8Array.of(0x64, 1, 2, 3) },
];
const PDUS = REQUESTS.map((request) => encodeRequest(request));

/** How a master frames: the same as a slave frames its answer, for which it needs a request. */
function frameOf(framing: SlaveFraming): Incoming["frame"] {
  const first = { mbap: "00 01 00 00 00 06 01 03 00 00 00 01", rtu: "01 03 00 00 00 01 84 0a", ascii: "" }[framing];
  const ascii = Buffer.from(":010300000001FB\r\n");
  const [request] = requestReader(framing).push(framing === "ascii" ? ascii : bytes(first)) ?? [];
  assert.ok(request !== undefined, framing);
  return request.frame;
}

const found = (reader: RequestReader, chunk: Uint8Array): string[] =>
  (reader.push(chunk) ?? []).map(({ unit, pdu }) => `${unit}: ${hex(pdu)}`);

for (const framing of FRAMINGS) {
  const frame = frameOf(framing);

  test(`${framing}: requests of every function are found, however they are cut`, () => {
    const all = PDUS.map((pdu, i) => ({ unit: i + 1, pdu }));
    const stream = Buffer.concat(all.map(({ unit, pdu }) => frame(unit, pdu)));
    const expected = all.map(({ unit, pdu }) => `${unit}: ${hex(pdu)}`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const reader = requestReader(framing);
        const got: string[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          got.push(...found(reader, stream.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(got, expected);
      }),
      { numRuns: 30 },
    );
  });

  test(`${framing}: any bytes are read without harm`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (chunks) => {
        const reader = requestReader(framing);
        for (const chunk of chunks) for (const { pdu } of reader.push(chunk) ?? []) assert.ok(pdu.length >= 1);
      }),
    );
  });
}

for (const framing of ["rtu", "ascii"] as const) {
  test(`${framing}: a request after noise, a broken frame and the answer of another unit is found`, () => {
    const frame = frameOf(framing);
    const [request = data] = PDUS;
    const broken = frame(1, request).with(3, 0x39);
    const before = [Uint8Array.of(0xff, 0x10, 0x00), broken, frame(9, Uint8Array.of(3, 4, 0, 1, 0, 2))];
    const reader = requestReader(framing);
    const got = [...before, frame(1, request)].flatMap((chunk) => found(reader, chunk));
    assert.deepEqual(got.at(-1), `1: ${hex(request)}`);
    assert.ok(got.slice(0, -1).every((other) => other.startsWith("9: ")));
  });
}

test("a stream that is no Modbus TCP is given up", () => {
  assert.equal(requestReader("mbap").push(Buffer.from("GET / HTTP/1.1\r\n\r\n")), undefined);
});
