import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesTemplate, jsonTemplate, payloadOf, takes, textTemplate } from "../../../adapters/mqtt/template.ts";
import { DeviceError } from "../../../src/errors.ts";

test("a value stands in text as it is spelled, with decimals where they are asked for", () => {
  const filled = (text: string, value: string | number | bigint | boolean): string =>
    payloadOf(textTemplate(text), { value, id: 7 }).toString();
  assert.equal(filled("set {value} of {id}", 21.5), "set 21.5 of 7");
  assert.equal(filled("{value:2}", 1 / 3), "0.33");
  assert.equal(filled("{value:2}", true), "true");
  assert.equal(filled("{value:1}", "warm"), "warm");
  assert.equal(filled("{value}{value}", 2n ** 64n), "1844674407370955161618446744073709551616");
  assert.equal(filled("{val}{ue}", 1), "{val}{ue}");
  assert.deepEqual(payloadOf(textTemplate("{value}"), { value: Uint8Array.of(0, 255), id: 1 }), Buffer.from([0, 255]));
  assert.deepEqual(payloadOf(bytesTemplate(Buffer.from([2])), { id: 1 }), Buffer.from([2]));
});

test("in JSON a hole alone becomes the value itself, and text stays text", () => {
  const template = jsonTemplate({
    id: "{id}",
    params: { on: "{value}", text: 'a "{value}"', list: [1, null, "{value:1}"] },
  });
  const filled = (value: string | number | boolean): unknown =>
    JSON.parse(payloadOf(template, { value, id: 9 }).toString());
  assert.deepEqual(filled(true), { id: 9, params: { on: true, text: 'a "true"', list: [1, null, true] } });
  assert.deepEqual(filled(21.55), { id: 9, params: { on: 21.55, text: 'a "21.55"', list: [1, null, 21.6] } });
  assert.deepEqual(filled('"}\n'), { id: 9, params: { on: '"}\n', text: 'a ""}\n"', list: [1, null, '"}\n'] } });
});

test("what cannot stand there is refused", () => {
  const refused = (run: () => unknown): void =>
    assert.throws(run, (error) => error instanceof DeviceError && error.kind === "rejected");
  refused(() => payloadOf(textTemplate("{value}"), { id: 1 }));
  refused(() => payloadOf(textTemplate("a{value}"), { value: Uint8Array.of(1), id: 1 }));
  refused(() => payloadOf(jsonTemplate("{value}"), { value: Number.NaN, id: 1 }));
});

test("whatever is written, what is sent is JSON of the same shape, and takes what it says", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 2 }),
      fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean()),
      (document, value) => {
        const plain = JSON.parse(JSON.stringify(document).replaceAll("{", "{ "));
        const sent = payloadOf(jsonTemplate({ a: plain, b: "{value}", c: "x{value}" }), { value, id: 1 }).toString();
        // A lone surrogate has no bytes in UTF-8.
        const bytes = (text: unknown): unknown => (typeof text === "string" ? Buffer.from(text).toString() : text);
        assert.deepEqual(JSON.parse(sent), {
          a: JSON.parse(JSON.stringify(plain)),
          b: bytes(value),
          c: bytes(`x${value}`),
        });
      },
    ),
  );
  assert.ok(takes(jsonTemplate({ a: ["{value}"] }), "value"));
  assert.ok(!takes(textTemplate("{id}"), "value"));
});
