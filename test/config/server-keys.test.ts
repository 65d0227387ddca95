import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pskOf } from "../../src/config/server-keys.ts";
import type { Problem } from "../../src/errors.ts";
import type { ScalarNode } from "../../src/yaml/nodes.ts";

const place = { file: "config.yaml", line: 1, column: 1 };
const scalar = (text: string, more: Partial<ScalarNode> = {}): ScalarNode => ({
  kind: "scalar",
  place,
  text,
  quoted: true,
  ...more,
});

function read(text: string) {
  const problems: Problem[] = [];
  const node = {
    kind: "map",
    place,
    entries: [{ key: scalar("key"), value: scalar(text, { secret: true }) }],
  } as const;
  const psk = pskOf({ identity: "gw", key: text }, { node, report: (problem) => problems.push(problem) });
  return { psk, problems };
}

test("any key of 16 to 64 bytes is read back from hex and from base64, with white space around it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (key) => {
      const bytes = Buffer.from(key);
      const padless = bytes.toString("base64").replace(/=+$/, "");
      for (const text of [bytes.toString("hex"), ` ${bytes.toString("hex").toUpperCase()}\n`, `base64:${padless}`]) {
        const { psk, problems } = read(text);
        assert.deepEqual([psk?.key, problems], [bytes, []]);
      }
    }),
  );
});

test("any other text is no key, and its sentence has nothing of it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12, unit: "binary" }), fc.boolean(), (text, isBase64) => {
      const { psk, problems } = read(isBase64 ? `base64:${text}` : text);
      if (psk === undefined) assert.equal(problems.length, 1);
      for (const { message } of problems) assert.ok(!message.includes(text));
    }),
    { numRuns: 500 },
  );
});
