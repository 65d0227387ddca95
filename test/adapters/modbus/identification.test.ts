import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ModbusException } from "../../../adapters/modbus/errors.ts";
import {
  type Identify,
  identSchema,
  parseIdentification,
  readIdentification,
  textOf,
} from "../../../adapters/modbus/identification.ts";
import type { IdentifyRequest } from "../../../adapters/modbus/pdu.ts";
import { DeviceError } from "../../../src/errors.ts";
import { bytes } from "../../support/modbus-device.ts";

const ascii = (text: string): number[] => [...Buffer.from(text)];
const object = (id: number, text: string): number[] => [id, text.length, ...ascii(text)];

/** Answers from a list; what was asked is kept. */
function aDevice(...answers: readonly (Uint8Array | Error)[]) {
  const asked: IdentifyRequest[] = [];
  const left = [...answers];
  const identify: Identify = async (request) => {
    asked.push(request);
    const answer = left.shift() ?? new ModbusException(2, "it");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const read = async (...wanted: readonly number[]) => {
    const { objects, refusal } = await readIdentification(wanted, identify);
    return { found: Object.fromEntries([...objects].map(([id, value]) => [id, textOf(value)])), refusal };
  };
  return { read, asked: () => asked.map(({ access, object: from }) => `${access} ${from}`) };
}

/** V1.1b3 §6.21, the example: three objects in one answer. */
const EXAMPLE = Uint8Array.of(
  ...bytes("01 01 00 00 03"),
  ...object(0, "Company identification"),
  ...object(1, "Product code XX"),
  ...object(2, "V2.11"),
);

test("the example of the specification is read in one request", async () => {
  const { read, asked } = aDevice(EXAMPLE);
  const { found } = await read(0, 1, 2);
  assert.deepEqual(found, { 0: "Company identification", 1: "Product code XX", 2: "V2.11" });
  assert.deepEqual(asked(), ["basic 0"]);
});

test("where more follows, the next request goes on there", async () => {
  const { read, asked } = aDevice(
    Uint8Array.of(...bytes("02 82 ff 04 01"), ...object(0, "Maker")),
    Uint8Array.of(...bytes("02 82 00 00 02"), ...object(4, "Name"), ...object(5, "M1")),
  );
  assert.deepEqual((await read(0, 5)).found, { 0: "Maker", 4: "Name", 5: "M1" });
  assert.deepEqual(asked(), ["regular 0", "regular 4"]);
});

test("one object alone is asked for alone, and by the stream where the device refuses that", async () => {
  const alone = aDevice(Uint8Array.of(...bytes("04 81 00 00 01"), ...object(2, "V1")));
  assert.deepEqual((await alone.read(2)).found, { 2: "V1" });
  assert.deepEqual(alone.asked(), ["individual 2"]);
  const streaming = aDevice(new ModbusException(3, "it"), EXAMPLE);
  assert.equal((await streaming.read(2)).found[2], "V2.11");
  assert.deepEqual(streaming.asked(), ["individual 2", "basic 2"]);
});

test("what the stream leaves out is asked for one by one, unless the device says that it cannot", async () => {
  const basicOnly = [...bytes("03 83 00 00 01"), ...object(0, "Maker")];
  const able = aDevice(Uint8Array.from(basicOnly), Uint8Array.of(...bytes("04 83 00 00 01"), ...object(0x80, "own")));
  assert.deepEqual((await able.read(0, 0x80)).found, { 0: "Maker", 128: "own" });
  assert.deepEqual(able.asked(), ["extended 0", "individual 128"]);
  const unable = aDevice(Uint8Array.from(basicOnly.with(1, 0x03)));
  assert.deepEqual((await unable.read(0, 0x80)).found, { 0: "Maker" });
  assert.deepEqual(unable.asked(), ["extended 0"]);
});

test("a device that does not know the function is asked once; a silent one rejects", async () => {
  const { read, asked } = aDevice(new ModbusException(1, "it"));
  assert.match((await read(0, 1)).refusal?.message ?? "", /illegal function/);
  assert.deepEqual(asked(), ["basic 0"]);
  await assert.rejects(aDevice(new DeviceError("unreachable", "no answer")).read(0), /no answer/);
});

test("a device that always says that more follows comes to an end", async () => {
  for (const next of [0, 1, 255]) {
    const part = Uint8Array.of(1, 1, 0xff, next, 0);
    const { read, asked } = aDevice(...Array.from({ length: 300 }, () => part));
    await read(0, 1);
    assert.ok(asked().length < 5);
  }
});

test("any bytes are an identification or malformed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
      try {
        const { objects } = parseIdentification(data);
        assert.ok([...objects.values()].reduce((sum, { length }) => sum + length, 0) <= data.length);
      } catch (error) {
        assert.ok(error instanceof DeviceError && error.kind === "malformed");
      }
    }),
  );
});

test("any device at all is asked a bounded number of times", async () => {
  const answer = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(new ModbusException(1, "it"), new ModbusException(2, "it")),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(answer),
      fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1 }),
      async (answers, wanted) => {
        let asked = 0;
        await readIdentification(wanted, async () => {
          asked++;
          const next = answers.next().value ?? new Uint8Array(0);
          if (next instanceof Error) throw next;
          return next;
        });
        assert.ok(asked <= 256 + 2 * wanted.length);
      },
    ),
    { numRuns: 200 },
  );
});

test("an object is named or numbered", () => {
  assert.deepEqual(
    ["vendor", "application", 0x80, "0x81", 3].map((name) => identSchema.parse(name)),
    [0, 6, 128, 129, 3],
  );
  assert.throws(() => identSchema.parse("vender"), /expected one of vendor, product, revision/);
});

test("texts end where the filling begins", () => {
  assert.equal(textOf(Uint8Array.of(...ascii("ABB"), 0, 0, 32)), "ABB");
});
