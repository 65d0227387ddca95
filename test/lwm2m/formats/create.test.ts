import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError } from "../../../src/errors.ts";
import { type Creation, decodeCreate } from "../../../src/lwm2m/formats/create.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { bytes } from "../../vectors/content.ts";

/** What the client would choose. */
const CHOSEN = 7;
/** The instance of object 2 that Core 1.2.2 §7.5.4.6 creates. */
const entry = (instance: number) => [
  { path: `/2/${instance}/0`, value: 5 },
  { path: `/2/${instance}/1`, value: 0 },
  { path: `/2/${instance}/2/102`, value: 0 },
  { path: `/2/${instance}/3`, value: 101 },
];

test("LwM2M CBOR names the instance (Core 1.2.2 §7.5.4.6), or leaves the choice by 65535", () => {
  const named = create(11544, "/2", "a1 820205 a4 0005 0100 82021866 00 031865");
  assert.deepEqual(named, { instance: 5, values: entry(5) });
  const chosen = create(11544, "/2", "a1 820219ffff a4 0005 0100 82021866 00 031865");
  assert.deepEqual(chosen, { instance: CHOSEN, values: entry(CHOSEN) });
  const nested = create(11544, "/2", "a1 02 a1 19ffff a4 0005 0100 02a1186600 031865");
  assert.deepEqual(nested, { instance: CHOSEN, values: entry(CHOSEN) });
});

test("LwM2M CBOR may begin its names below the object", () => {
  assert.deepEqual(create(11544, "/2", "a1 05 a4 0005 0100 82021866 00 031865"), { instance: 5, values: entry(5) });
  assert.deepEqual(create(11544, "/2", "a1 19ffff a4 0005 0100 82021866 00 031865").instance, CHOSEN);
});

test("LwM2M CBOR under a prefix, with and without it in the names", () => {
  const expected = { instance: 1, values: [{ path: "/d01/3303/1/5701", value: "Cel" }] };
  for (const hex of [
    "a1 8463643031190ce701191645 6343656c",
    "a1 83190ce701191645 6343656c",
    "a1 8201191645 6343656c",
  ]) {
    assert.deepEqual(create(11544, "/d01/3303", hex), expected);
  }
  refused(() => create(11544, "/d01/3303", "a1 8463643032190ce701191645 6343656c"), CODE.badRequest, /lies outside/);
});

test("TLV names the instance by a wrapper, or leaves the choice by bare resources", () => {
  assert.deepEqual(create(11542, "/2", "08050e c10005 c10100 8302416600 c10365"), {
    instance: 5,
    values: entry(5),
  });
  assert.deepEqual(create(11542, "/2", "c10005 c10365"), {
    instance: CHOSEN,
    values: [
      { path: `/2/${CHOSEN}/0`, value: 5 },
      { path: `/2/${CHOSEN}/3`, value: 101 },
    ],
  });
  assert.deepEqual(create(11542, "/2", ""), { instance: CHOSEN, values: [] });
  assert.deepEqual(create(11542, "/2", "0005"), { instance: 5, values: [] });
  refused(() => create(11542, "/2", "0005 c10005"), CODE.badRequest, /expected object instances/);
  refused(() => create(11542, "/2", "0005 0006"), CODE.badRequest, /several/);
});

test("SenML and LwM2M JSON name the instance, also by what is unknown", () => {
  const values = [{ path: "/2/5/0", value: 5 }];
  assert.deepEqual(text(110, "/2", '[{"n":"/2/5/0","v":5},{"n":"/2/5/4711","v":5}]'), { instance: 5, values });
  assert.deepEqual(text(11543, "/2", '{"bn":"/2/5/","e":[{"n":"0","v":5}]}'), { instance: 5, values });
  assert.deepEqual(text(110, "/2", '[{"n":"/2/5/4711","v":5}]'), { instance: 5, values: [] });
  assert.deepEqual(text(110, "/2", "[]"), { instance: CHOSEN, values: [] });
  assert.deepEqual(create(112, "/2", "81a200662f322f352f300205"), { instance: 5, values });
});

test("a Create makes one instance of its object", () => {
  refused(() => text(110, "/2", '[{"n":"/2/5/0","v":5},{"n":"/2/6/0","v":5}]'), CODE.badRequest, /several/);
  refused(() => text(110, "/2", '[{"n":"/3/5/0","v":5}]'), CODE.badRequest, /lies outside/);
  refused(() => create(11544, "/2", "a2 83020500 05 83020600 05"), CODE.badRequest, /several/);
  refused(() => create(11544, "/2", "a2 83020500 05 83030600 05"), CODE.badRequest, /lies outside/);
  refused(() => create(11544, "/2", "a1 83030600 05"), CODE.badRequest, /known resource/);
  refused(() => create(11544, "/2", "a1 8302 05 19ffff 05"), CODE.badRequest, /above 65534/);
  refused(() => create(11544, "/2", "a1 00 05"), CODE.badRequest, /expected a resource/);
});

test("formats of one value cannot carry an instance: 4.15", () => {
  for (const format of [0, 42, 60, 40, 320, 9999]) {
    refused(() => create(format, "/2", "05"), CODE.unsupportedContentFormat, /cannot carry an instance/);
  }
});

test("bytes that are not the format, and values that do not fit, are 4.00", () => {
  refused(() => create(11542, "/2", "c100"), CODE.badRequest, /cut short|wants/);
  refused(() => create(112, "/2", "a0"), CODE.badRequest, /array of records/);
  refused(() => create(11544, "/2", "a1 83020500 6161"), CODE.badRequest, /expected a 64-bit integer/);
});

test("the choice is made only where it is left", () => {
  const choose = (): number => assert.fail("chosen");
  const context = { object: parsePath("/2"), typeOf: catalogue.typeOf, choose };
  assert.equal(decodeCreate(11544, bytes("a1 83020500 05"), context).instance, 5);
  assert.equal(decodeCreate(11542, bytes("0005"), context).instance, 5);
});

test("any bytes are a Create, or an Lwm2mError", () => {
  const head = fc.constantFrom(0xa1, 0x82, 0x83, 0x02, 0x05, 0x00, 0x08, 0xc1, 0xff, 0xbf, 0x19);
  const soup = fc.array(fc.oneof(head, fc.integer({ min: 0, max: 255 })), { maxLength: 40 });
  fc.assert(
    fc.property(fc.constantFrom(110, 112, 11542, 11543, 11544), soup, (format, items) => {
      try {
        decodeCreate(format, Uint8Array.from(items), context("/2"));
      } catch (error) {
        if (!(error instanceof Lwm2mError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});

function context(object: string) {
  return { object: parsePath(object), typeOf: catalogue.typeOf, choose: () => CHOSEN };
}

function create(format: number, object: string, hex: string): Creation {
  return decodeCreate(format, bytes(hex), context(object));
}

function text(format: number, object: string, payload: string): Creation {
  return decodeCreate(format, new TextEncoder().encode(payload), context(object));
}

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message),
    String(message),
  );
}
