import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lwm2mError } from "../../src/errors.ts";
import { parseExecuteArguments } from "../../src/lwm2m/execute-arguments.ts";

test("argument lists of Core 1.2 §6.3.5 are read", () => {
  const examples: [string, [number, string][]][] = [
    ["", []],
    ["5", [[5, ""]]],
    ["2='10.3'", [[2, "10.3"]]],
    [
      "7,0='https://www.oma.org'",
      [
        [7, ""],
        [0, "https://www.oma.org"],
      ],
    ],
    [
      "7, 0='https://www.oma.org'",
      [
        [7, ""],
        [0, "https://www.oma.org"],
      ],
    ],
    [
      "0,1,2",
      [
        [0, ""],
        [1, ""],
        [2, ""],
      ],
    ],
    ["0='60'", [[0, "60"]]],
    ["0=''", [[0, ""]]],
    [
      "1='a,b',2",
      [
        [1, "a,b"],
        [2, ""],
      ],
    ],
  ];
  for (const [text, expected] of examples) assert.deepEqual([...parseExecuteArguments(text)], expected, text);
});

test("anything else is 4.00 with the argument that is wrong", () => {
  for (const text of [
    "60",
    "a",
    "0=60",
    "0='6",
    "0='6'x",
    ",",
    "0,",
    "0,0",
    "0='a\"b'",
    "0='a\\b'",
    "0='ä'",
    "0='a\tb'",
  ]) {
    assert.throws(
      () => parseExecuteArguments(text),
      (error) => error instanceof Lwm2mError && error.code === 0x80 && /argument/i.test(error.message),
      text,
    );
  }
});

test("no text makes it fail in another way", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseExecuteArguments(text);
      } catch (error) {
        assert.ok(error instanceof Lwm2mError);
      }
    }),
  );
});
