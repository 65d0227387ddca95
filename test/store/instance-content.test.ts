import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { StoredValue } from "../../src/lwm2m/stored-content.ts";
import { readContent, writeContent } from "../../src/store/instance-content.ts";

const id = fc.nat(65534);
const values: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.boolean(),
  fc.uint8Array({ maxLength: 20 }),
  fc.tuple(fc.nat(65535), fc.nat(65535)).map(([object, instance]) => ({ object, instance })),
);
const stored: fc.Arbitrary<StoredValue> = fc.record(
  { resource: id, resourceInstance: id, value: values, time: fc.nat() },
  { requiredKeys: ["resource", "value", "time"] },
);
const key = ({ resource, resourceInstance }: StoredValue): string => `${resource}/${resourceInstance}`;

test("what is written is read, whatever it is", () => {
  fc.assert(
    fc.property(fc.uniqueArray(stored, { selector: key }), (content) => {
      assert.deepEqual(
        readContent(writeContent(content)),
        content.map((value) => ({ ...value })),
      );
    }),
  );
});

test("the text is one that a person can read", () => {
  const time = 1_767_225_600_000;
  const content = [
    { resource: 0, resourceInstance: 3, value: "hall 4", time },
    { resource: 5, value: 2n ** 63n, time },
    { resource: 6, value: Uint8Array.of(1, 2), time },
    { resource: 7, value: { object: 3, instance: 0 }, time },
  ];
  assert.equal(
    writeContent(content),
    `[["0/3",${time},"hall 4"],["5",${time},{"integer":"9223372036854775808"}],["6",${time},{"bytes":"AQI="}],["7",${time},{"link":[3,0]}]]`,
  );
});

test("other text is refused with a sentence", () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    "": /JSON/,
    "{}": /no list/,
    "[[]]": /three parts/,
    '[["5",0,null]]': /no known kind/,
    '[["5",0,{"bytes":"AQI=","link":[1,2]}]]': /no known kind/,
    '[["5",0,{"bytes":"?"}]]': /"bytes" is not readable/,
    '[["5",0,{"link":[3,65536]}]]': /"link" is not readable/,
    '[["5",0,{"integer":"1.5"}]]': /"integer" is not readable/,
    '[["65535",0,1]]': /no place of a value/,
    '[["5/65535",0,1]]': /no place of a value/,
    '[["5/",0,1]]': /no place of a value/,
    '[["5","0",1]]': /the time of 5/,
    '[["5",0,1],["5",0,2]]': /5 is there twice/,
  };
  for (const [text, message] of Object.entries(wrong)) assert.throws(() => readContent(text), { message }, text);
});

test("any text gives values or an error that is caught", () => {
  const texts = fc.oneof(fc.string(), fc.json(), fc.uniqueArray(stored, { selector: key }).map(writeContent));
  fc.assert(
    fc.property(texts, fc.nat(60), fc.string({ maxLength: 2 }), (text, at, replacement) => {
      try {
        readContent(text.slice(0, at) + replacement + text.slice(at + 1));
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
