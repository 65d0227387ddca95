import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfText, hexOf, rowsOf } from "../../../../adapters/serial/tools/byte-text.ts";
import { decode } from "../../../../adapters/serial/tools/decode.ts";
import { WrongArguments } from "../../../../src/adapter.ts";
import { aSerialToolContext } from "../../../support/serial-tools.ts";
import { theArguments } from "../../../support/tool-context.ts";

async function decoded(words: readonly string[], options: Readonly<Record<string, string>> = {}) {
  const { lines, ok, data } = await decode.run(theArguments(words, options), aSerialToolContext());
  return { text: lines.join("\n"), ok, data };
}

test("a frame is read as its mapping says, with or without its marks", async () => {
  for (const written of [
    "S S     100.00 g",
    "S S     100.00 g\\r\\n",
    "hex 53 20 53 20 31 30 30 2e 30 30 20 67 0d 0a",
  ]) {
    const { ok, text } = await decoded([written], { mapping: "mt-sics-scale" });
    assert.equal(ok, true, text);
    assert.match(text, /answer to the request "weigh"\n {4}stable {2}"S"\n {4}weight {2}"100\.00"\n/);
    assert.match(text, /3342\/0\/5500 {2}Digital Input State {2}true\n/);
    assert.match(
      text,
      /- \{ raw: \{ "request:weigh": "S S +100\.00 g" \}, expect: \{ 3322\/0\/5700: 0\.1, 3342\/0\/5500: true \} \}$/,
    );
  }
});

test("a wrong checksum is told with the one that it should be, and what the frame would be with it", async () => {
  const { ok, text } = await decoded(["$WIMWV,61,R,1.1,M,A*08"], { mapping: "nmea-weather" });
  assert.equal(ok, false);
  assert.match(text, /wrong: the checksum is \*08, and should be \*09/);
  assert.match(text, /message "mwv"\n {4}angle +"61"\n/);
  const right = await decoded(["$WIMWV,61,R,1.0,M,A*08\\r\\n"], { mapping: "nmea-weather" });
  assert.match(right.text, /checksum \*08: right/);
  assert.equal(right.ok, true);
});

test("refusals have their reasons, values that are not believed too, and what fits nothing is set against the patterns", async () => {
  assert.match(
    (await decoded(["S I"], { mapping: "mt-sics-scale" })).text,
    /refuses the request "weigh": the scale is busy/,
  );
  const doubted = await decoded(["WIMWV,214.8,R,0.1,K,V"], { mapping: "nmea-weather" });
  assert.match(doubted.text, /3346\/0\/5700 +Sensor Value +no value: status is "V": expected A/);
  const none = await decoded(["ES"], { mapping: "mt-sics-scale", request: "weigh" });
  assert.equal(none.ok, false);
  assert.match(none.text, /it fits none of the mapping's:\n {4}request "weigh" {2}S \(\?<stable>/);
});

test("without a mapping it is shown with the checksums that it could have", async () => {
  // Eastron, SDM630 Modbus Protocol.
  const { text, ok } = await decoded(["hex 01 04 00 00 00 02 71 CB"]);
  assert.equal(ok, true);
  assert.match(
    text,
    /01 04 00 00 00 02 71 cb +␁␄␀␀␀␂q·\n {2}checksum {2}perhaps crc16-modbus \(one frame proves nothing\)/,
  );
});

test("standard input has a frame in each line", async () => {
  const context = { ...aSerialToolContext(), input: async () => "S S 1 kg\n\nS D 2 kg\n" };
  const { lines, data } = await decode.run(theArguments([], { mapping: "mt-sics-scale" }), context);
  assert.equal(lines.filter((line) => line.startsWith("  answer")).length, 2);
  assert.ok(Array.isArray(data) && data.length === 2);
  await assert.rejects(decode.run(theArguments([]), aSerialToolContext()), /expected a frame: as text/);
});

test("whatever is given to be explained, it is explained or refused, and no line has anything that a terminal obeys", async () => {
  const mapped = ["mt-sics-scale", "nmea-weather", "vaisala-wxt530", "serial-lines"];
  const written = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => `hex ${hexOf(bytes)}`),
    fc.string().map((text) => `S S ${text}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(undefined, ...mapped), written, async (mapping, text) => {
      try {
        const { text: lines } = await decoded([text], mapping === undefined ? {} : { mapping });
        assert.doesNotMatch(lines.replaceAll("\n", ""), /\p{Cc}/u);
      } catch (error) {
        assert.ok(error instanceof WrongArguments, String(error));
      }
    }),
    { numRuns: 60 },
  );
});

test("bytes as they are written are those that are shown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
      assert.deepEqual(bytesOfText(`hex ${hexOf(bytes)}`), Uint8Array.from(bytes));
      assert.equal(
        rowsOf(bytes)
          .map(({ hex }) => hex)
          .join(" "),
        hexOf(bytes),
      );
    }),
  );
  assert.deepEqual([...bytesOfText("A\\r\\n\\t\\e\\0\\x02\\\\ä")], [65, 13, 10, 9, 27, 0, 2, 0x5c, 0xc3, 0xa4]);
});
