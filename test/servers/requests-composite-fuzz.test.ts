/** Composite requests with any body: what a server can do to us with bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { hex, someRequests } from "../support/composite-requests.ts";

const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor } = CONTENT_FORMAT;

const ANSWERS: ReadonlySet<string> = new Set("2.04 2.05 4.00 4.01 4.04 4.05 4.06 4.15".split(" "));

/** Sound bodies in CBOR: names, and changes as SenML and as LwM2M CBOR. */
const SOUND = [
  "82 a1 00662f332f302f30 a1 00 702f6430312f333330332f302f35373030",
  "83 a3 21652f312f302f 006131 02183c a2 006136 04f4 a2 2170 2f6430312f333330362f302f35383531 0207",
  "a2 820100 a2 01183c 06f4 8463643031190cea001916db 07",
];

/** A sound body of which some bytes are others. */
const damaged = fc
  .tuple(fc.constantFrom(...SOUND), fc.array(fc.tuple(fc.nat(47), fc.nat(255)), { maxLength: 3 }))
  .map(([body, changes]) => {
    const bytes = hex(body);
    for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
    return bytes;
  });

/** Bytes that are nothing, or nearly something. */
const bodies = fc.oneof(
  damaged,
  fc.uint8Array({ maxLength: 60 }),
  fc.json({ maxDepth: 3 }).map((text) => new TextEncoder().encode(text)),
  fc
    .array(
      fc.record(
        {
          bn: fc.constantFrom("/", "/1/0/", "/d01/3306/0/", "/d01", "x"),
          n: fc.constantFrom("/3", "1", "6", "5851", "5850", "/1/0/1", "/3/0/11/0", "", "/d02/1"),
          v: fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.string()),
          vs: fc.string(),
          vb: fc.boolean(),
          t: fc.double(),
          bver: fc.integer(),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 4 },
    )
    .map((records) => new TextEncoder().encode(JSON.stringify(records))),
);

test("whatever the body, the answer is one of the table, and a refusal has changed nothing", async () => {
  const formats = fc.constantFrom(senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor, 0, 60, 11542);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(CODE.fetch, CODE.ipatch),
      bodies,
      fc.record(
        { format: formats, accept: formats, observe: fc.constantFrom(0 as const, 1 as const) },
        { requiredKeys: ["format"] },
      ),
      async (code, body, asked) => {
        const { ask, calls, lines } = someRequests();
        const answer = await ask(code, body, asked);
        assert.ok(ANSWERS.has(answer.code), `${answer.code} ${answer.text}`);
        const written = calls().filter((call) => call.startsWith("write"));
        assert.equal(written.length > 0, answer.code === "2.04");
        assert.ok(answer.code.startsWith("2.") || answer.text.length > 0, "an error has a sentence");
        assert.deepEqual(
          lines.filter(({ level }) => level === "error"),
          [],
        );
      },
    ),
    { numRuns: 2000 },
  );
});
