import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../../src/errors.ts";
import { writeValue } from "../../../src/lwm2m/formats/cbor-value.ts";
import { writeCbor } from "../../../src/lwm2m/formats/cbor-writer.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mCbor } from "../../../src/lwm2m/formats/lwm2m-cbor.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { PathValue, Sample } from "../../../src/lwm2m/sample.ts";
import { bytes } from "../../vectors/content.ts";
import { samplesOf, typeOfId } from "./arbitrary.ts";

const { typeOf } = catalogue;

test("any grouping of names, with lengths definite or not, is read as the same values", () => {
  const base = parsePath("/");
  const choices = fc.array(fc.nat(5), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303), choices, (gateway, a, b, choices) => {
      const samples = [...gateway, ...a, ...b];
      const payload = new Grouping(choices).write(samples);
      const read = lwm2mCbor.decode(payload, base, typeOfId);
      assert.deepEqual(byPath(read), byPath(samples));
    }),
  );
});

test("names in a Write may begin below the request path", () => {
  const unit = [{ path: "/3303/0/5701", value: "Cel" }];
  assert.deepEqual(decode("/3303/0", "a1 191645 6343656c"), unit);
  assert.deepEqual(decode("/3303/0", "a1 81191645 6343656c"), unit);
  assert.deepEqual(decode("/d01/3303/0", "a1 191645 6343656c"), [{ path: "/d01/3303/0/5701", value: "Cel" }]);
  const several = [
    { path: "/3/0/6/0", value: 1 },
    { path: "/3/0/6/1", value: 5 },
  ];
  assert.deepEqual(decode("/3/0", "a1 06 a2 0001 0105"), several);
  assert.deepEqual(decode("/3/0", "a2 820600 01 820601 05"), several);
  assert.deepEqual(decode("/3/0/6", "a2 0001 0105"), several);
  assert.deepEqual(decode("/3/0/6/1", "a1 83030006 a1 0105"), several.slice(1));
});

test("one name from the object on shows that all are", () => {
  refused(() => decode("/3303/0", "a2 83190ce700191645 6343656c 191644 00"), CODE.badRequest, /\[5700\] lies outside/);
});

test("names outside of what is written are refused", () => {
  for (const [base, hex, name] of [
    ["/3303/0", "a1 83190ce701191645 6343656c", "[3303, 1, 5701]"],
    ["/3303/0", "a1 8463643031190ce700191645 6343656c", '["d01", 3303, 0, 5701]'],
    ["/d01/3303/0", "a1 8463643032190ce700191645 6343656c", '["d02", 3303, 0, 5701]'],
    ["/d01/3303/0", "a1 8263643031191645 6343656c", '["d01", 5701]'],
    ["/3/0/9", "a1 8303000a 05", "[3, 0, 10]"],
    ["/3/0/6/0", "a1 01 05", "[1]"],
  ] as const) {
    const message = `LwM2M CBOR: ${name} lies outside of ${base}`;
    assert.throws(() => decode(base, hex), { name: "Lwm2mError", code: CODE.badRequest, message });
  }
});

test("a name without the prefix is one of the addressed device", () => {
  const expected = [{ path: "/d01/3303/0/5701", value: "Cel" }];
  assert.deepEqual(decode("/d01/3303/0", "a1 83190ce700191645 6343656c"), expected);
  assert.deepEqual(decode("/d01/3303/0", "a1 8463643031190ce700191645 6343656c"), expected);
});

test("a composite has whole names of any prefix", () => {
  refused(() => decode("/", "a1 191645 6343656c"), CODE.badRequest, /cannot hold a value/);
  assert.deepEqual(decode("/", "a2 8463643031190ce700191645 6343656c 8303000e 6155"), [
    { path: "/d01/3303/0/5701", value: "Cel" },
    { path: "/3/0/14", value: "U" },
  ]);
});

test("a write to an instance leaves out what is unknown, a write to an unknown resource is 4.04", () => {
  assert.deepEqual(decode("/3303/0", "a1 82190ce700 a2 191645 6343656c 191267 f6"), [
    { path: "/3303/0/5701", value: "Cel" },
  ]);
  refused(() => decode("/3303/0/4711", "a1 83190ce700191267 01"), CODE.notFound, /4711/);
});

test("instances of a multiple resource are named; a single resource has none", () => {
  refused(() => decode("/3/0", "a1 83030006 01"), CODE.badRequest, /several instances/);
  refused(() => decode("/3/0", "a1 8403000900 01"), CODE.badRequest, /no instances/);
  refused(() => decode("/3/0", "a1 03 a1 00 05"), CODE.badRequest, /no instances|cannot hold|several/);
});

test("values of the wrong kind are refused with what was expected", () => {
  for (const [path, hex, message] of [
    ["/3303/0/5700", "a1 83190ce700191644 623232", /expected a finite number, got the text "22"/],
    ["/3/0/9", "a1 83030009 f93e00", /expected a 64-bit integer, got the number 1.5/],
    ["/3/0/9", "a1 83030009 1b8000000000000000", /expected a 64-bit integer/],
    ["/3/0/9", "a1 83030009 f6", /expected a 64-bit integer, got null/],
    ["/3/0/9", "a1 83030009 f7", /expected a 64-bit integer, got null/],
    ["/3/0/9", "a1 83030009 8101", /expected a 64-bit integer, got an array/],
    ["/3/0/13", "a1 8303000d c1f93e00", /expected whole seconds/],
    ["/3/0/13", "a1 8303000d c06131", /expected whole seconds/],
    ["/3306/0/5850", "a1 83190cea001916da 01", /expected a boolean/],
  ] as const) {
    refused(() => decode(path, hex), CODE.badRequest, message);
  }
});

test("a name that stands there twice, however it is grouped, is refused", () => {
  for (const hex of [
    "a2 83030009 01 83030009 01",
    "a2 83030009 01 820300 a1 0901",
    "a2 820300 a1 0901 03 a1 00 a1 0902",
    "a2 83030009 01 9f030009ff 01",
  ]) {
    refused(() => decode("/3/0", hex), CODE.badRequest, /\/3\/0\/9 stands there twice/);
  }
  assert.throws(() => decode("/3/0", "a1 820300 a2 0901 0901"), /a key twice/);
});

test("what is no map of names is refused", () => {
  for (const [hex, message] of [
    ["", /cut short/],
    ["01", /expected a map/],
    ["80", /expected a map/],
    ["a0", /a map is empty/],
    ["bfff", /a map is empty/],
    ["a1 820300 a0", /a map is empty/],
    ["a1 80 01", /a key is empty/],
    ["a1 9fff a1 0901", /a key is empty/],
    ["a1 20 01", /a key must be IDs/],
    ["a1 f5 01", /a key must be IDs/],
    ["a1 6130 a1 0301", /a key must be IDs/],
    ["a1 60 a1 0301", /a key must be IDs/],
    ["a1 63643031 01", /a prefix is followed by a map/],
    ["a1 03 a1 63643031 01", /a key must be IDs/],
    ["a1 8263643031 63643031 01", /a key must be IDs/],
    ["a1 63643031 a1 63643031 a1 0301", /a key must be IDs/],
    ["a1 830300 8109 01", /a key must be IDs/],
    ["a1 830300 1a00010000 01", /a key must be IDs/],
    ["a1 830300 19ffff 01", /above 65534/],
    ["a1 8503000600 00 01", /more than four IDs/],
    ["a1 820300 a1 83060000 01", /more than four IDs/],
    ["a1 a10304 01", /a key must be IDs/],
    ["a1 83030009 01 00", /after the item/],
    [`${"a103".repeat(50_000)}01`, /more than four IDs/],
    [`${"a18103".repeat(50_000)}01`, /more than four IDs/],
    [`a1${"81".repeat(60_000)}`, /nested too deeply/],
  ] as const) {
    assert.throws(() => decode("/3/0", hex), { name: "ProtocolError", message }, hex.slice(0, 40));
  }
});

test("a server reads values as they are spelled, skips null, and takes an empty payload for nothing", () => {
  const read = (hex: string, base = "/d01/3303") => decodeTimed(11544, bytes(hex), { base: parsePath(base), typeOf });
  assert.deepEqual(read("a1 8463643031190ce700191644 647761726d"), [{ path: "/d01/3303/0/5700", value: "warm" }]);
  assert.deepEqual(read("a1 83190ce700191267 f5"), [{ path: "/d01/3303/0/4711", value: true }]);
  assert.deepEqual(read("a2 83030004 f6 83030009 01", "/3"), [{ path: "/3/0/9", value: 1 }]);
  assert.deepEqual(read(""), []);
  assert.deepEqual(read("a0"), []);
  assert.throws(() => read("a1 83190ce719ffff00 01"), ProtocolError);
});

test("values are copies: a payload that changes later does not change them", () => {
  const payload = bytes("a1 83000003 43010203");
  const [read] = lwm2mCbor.decode(payload, parsePath("/0/0/3"), typeOf);
  payload.fill(0);
  assert.deepEqual(read?.value, bytes("010203"));
});

/** Writes samples as maps within maps, split and framed as the choices say. */
class Grouping {
  private readonly choices: readonly number[];
  private used = 0;

  constructor(choices: readonly number[]) {
    this.choices = choices;
  }

  write(samples: readonly Sample[]): Uint8Array {
    return this.map(
      samples.map((sample) => {
        const keys = sample.path.slice(1).split("/").map(writtenKey);
        return { keys, item: writeCbor((writer) => writeValue(writer, sample, typeOfId)) };
      }),
    );
  }

  private map(entries: readonly Entry[]): Uint8Array {
    const groups = new Map<string, Entry[]>();
    for (const entry of entries) {
      const first = String(entry.keys[0]);
      groups.set(first, [...(groups.get(first) ?? []), entry]);
    }
    const body = [...groups.values()].flatMap((group) => {
      const taken = 1 + (this.choice() % common(group));
      const key = (group[0] ?? assert.fail()).keys.slice(0, taken);
      const rest = group.map(({ keys, item }) => ({ keys: keys.slice(taken), item }));
      const [only] = rest;
      return [this.key(key), only?.keys.length === 0 ? only.item : this.map(rest)];
    });
    return this.framed(0xa0, groups.size, body);
  }

  private key(parts: readonly Uint8Array[]): Uint8Array {
    const [only = assert.fail()] = parts;
    return parts.length === 1 && this.choice() % 2 === 0 ? only : this.framed(0x80, parts.length, parts);
  }

  private framed(major: number, size: number, body: readonly Uint8Array[]): Uint8Array {
    const indefinite = size > 23 || this.choice() % 2 === 0;
    const head = Uint8Array.of(indefinite ? major | 0x1f : major | size);
    return Buffer.concat([head, ...body, Uint8Array.of(...(indefinite ? [0xff] : []))]);
  }

  private choice(): number {
    return this.choices[this.used++ % this.choices.length] ?? 0;
  }
}

function writtenKey(key: string): Uint8Array {
  return writeCbor((writer) => (/^\d/.test(key) ? writer.integer(Number(key)) : writer.text(key)));
}

interface Entry {
  readonly keys: readonly Uint8Array[];
  readonly item: Uint8Array;
}

/** How many keys all entries begin with in common; all keys of one that stands alone. */
function common(entries: readonly Entry[]): number {
  const [first = assert.fail()] = entries;
  const same = (i: number) => entries.every(({ keys }) => String(keys[i]) === String(first.keys[i]));
  let count = 0;
  while (count < first.keys.length && same(count)) count++;
  return count;
}

function byPath(values: readonly PathValue[]): Record<string, unknown> {
  return Object.fromEntries(values.map(({ path, value }) => [path, value]));
}

function decode(base: string, hex: string): PathValue[] {
  return lwm2mCbor.decode(bytes(hex), parsePath(base), typeOf);
}

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message),
    String(message),
  );
}
