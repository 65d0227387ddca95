/** Payloads made to cost more than they are long. Nothing here is timed: what is quadratic would take minutes. */
import assert from "node:assert/strict";
import test from "node:test";
import { decodePaths } from "../../../src/lwm2m/formats/composite.ts";
import { codecFor, decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mCbor } from "../../../src/lwm2m/formats/lwm2m-cbor.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { makePath, parsePath } from "../../../src/lwm2m/path.ts";
import { bytes } from "../../vectors/content.ts";
import { typeOfId } from "./arbitrary.ts";

const ROOT = parsePath("/");
const MANY = 20_000;
const falling = Array.from({ length: MANY }, (_, i) => MANY - i);
const unknown = { base: ROOT, typeOf: () => undefined };

test("a map of many keys that fall is read, and refused where one of them stands there twice", () => {
  const pairs = falling.flatMap((id) => [...id16(id), 0x00]);
  const payload = joined(0xa1, 0x82, 0x03, 0x00, 0xbf, pairs, 0xff);
  assert.equal(decodeTimed(11544, payload, unknown).length, MANY);
  const twice = joined(0xa1, 0x82, 0x03, 0x00, 0xbf, pairs, id16(1), 0x00, 0xff);
  assert.throws(() => decodeTimed(11544, twice, unknown), { name: "ProtocolError", message: /key twice/ });
});

test("many keys that are arrays are read, and refused in a Write where two of them are the same name", () => {
  const pairs = falling.flatMap((id) => [0x83, 0x03, 0x00, ...id16(id), 0x00]);
  assert.equal(decodeTimed(11544, joined(0xbf, pairs, 0xff), unknown).length, MANY);
  const twice = joined(0xbf, pairs, 0x83, 0x03, 0x00, id16(MANY), 0x00, 0xff);
  assert.throws(() => lwm2mCbor.decode(twice, ROOT, () => undefined), /stands there twice/);
});

test("many prefixes are read", () => {
  const pairs = falling.flatMap((n) => [
    0x66,
    ...Buffer.from(`p${n}`.padEnd(6, "x")),
    0xa1,
    0x83,
    0x03,
    0x00,
    0x09,
    0x00,
  ]);
  assert.ok(decodeTimed(11544, joined(0xbf, pairs, 0xff), unknown).length === MANY);
});

test("a record of many fields that nobody knows is read, in whatever order", () => {
  const fields = falling.flatMap((label) => [...id16(label + 100), 0x00]);
  const payload = joined(0x81, 0xbf, 0x00, 0x66, [...Buffer.from("/3/0/9")], 0x02, 0x05, fields, 0xff);
  assert.deepEqual(
    senmlCbor.decode(payload, ROOT, () => undefined),
    [],
  );
});

test("many records, each with a base name of its own, are read", () => {
  const records = falling.flatMap((id) => {
    const name = Buffer.from(`/3/${id}/9`);
    return [0xa2, 0x21, 0x60 + name.length, ...name, 0x02, 0x01];
  });
  assert.equal(decodeTimed(112, joined(0x9f, records, 0xff), unknown).length, MANY);
});

test("lengths that promise more than there is, and nesting without end, are refused at once", () => {
  for (const hex of [
    ...["9b7fffffffffffffff", "9affffffff", "bb7fffffffffffffff", "baffffffff", "a1 9b7fffffffffffffff"],
    ...[
      "81 bb7fffffffffffffff",
      "81 a1 00 7b7fffffffffffffff",
      "81 a1 08 5affffffff",
      "a1 83030009 5b7fffffffffffffff",
    ],
    ...["9f".repeat(5000), "bf".repeat(5000), `a1${"9f".repeat(5000)}`, `81a118${"81".repeat(5000)}`],
    ...[`81a20001 18${"63a1".repeat(5000)}`, `a183030009${"81".repeat(5000)}`, `81a102${"c4".repeat(5000)}`],
    ...["c01b".repeat(5000), `81a1 06 c4821b7fffffffffffffff 01`, "88ffffff", "d9ffff", "d8ffffff 00"],
  ]) {
    for (const format of [60, 112, 322, 11542, 11544]) {
      const read = () =>
        format === 322
          ? decodePaths(format, bytes(hex))
          : codecFor(format)?.decode(bytes(hex), parsePath("/3/0/9"), typeOfId);
      assert.throws(
        read,
        (error) => error instanceof Error && /ProtocolError|Lwm2mError/.test(error.name),
        hex.slice(0, 20),
      );
    }
  }
});

test("an exponent is not computed for what it would cost", () => {
  const time = (fraction: string) => bytes(`81 a3 00662f332f302f39 0201 06 ${fraction}`);
  assert.throws(() => decodeTimed(112, time("c4821b7fffffffffffffff01"), unknown), /number of seconds/);
  assert.equal(decodeTimed(112, time("c4823b7fffffffffffffff01"), { ...unknown, now: 5 })[0]?.time, 5);
});

test("samples in an order that fits no map are written", () => {
  const samples = falling.slice(0, 5000).flatMap((id) => {
    const path = (object: number) => makePath({ prefix: `p${id % 300}`, object, instance: id, resource: 9 });
    return [3303, 3, 3304].map((object) => ({ path: path(object), value: id, time: 0 }));
  });
  const payload = lwm2mCbor.encode(samples, ROOT, () => undefined);
  assert.equal(decodeTimed(11544, payload, unknown).length, samples.length);
});

/** As a CBOR integer of 16 bits. */
function id16(id: number): number[] {
  return [0x19, id >> 8, id & 0xff];
}

function joined(...parts: readonly (number | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}
