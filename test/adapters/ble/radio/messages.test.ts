import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { errorOf, failureOf, lineOf, readFromChild, readToChild } from "../../../../adapters/ble/radio/messages.ts";
import { RadioError } from "../../../../adapters/ble/radio/radio-error.ts";
import { DeviceError } from "../../../../src/adapter.ts";

test("bytes, maps and sets come through a line as they are", () => {
  const advertisement = {
    ...{ address: "a4:c1:38:00:00:01", connectable: true, rssi: -60, services: ["181a"] },
    serviceData: new Map([["fcd2", Uint8Array.of(0x40, 0xff)]]),
    manufacturerData: new Map([[0x0499, Buffer.from("05", "hex")]]),
  };
  const read = readFromChild(lineOf({ type: "advertisement", advertisement }));
  assert.deepEqual(read, {
    type: "advertisement",
    advertisement: { ...advertisement, manufacturerData: new Map([[0x0499, Uint8Array.of(5)]]) },
  });
});

test("whatever a line has in it, it is a message or none", () => {
  const words = fc.constantFrom("type", "pong", "answer", "number", "result", "call", "operation", "method", "scan");
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(words, fc.oneof(words, fc.nat())).map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(text, (line) => {
      for (const message of [readFromChild(line), readToChild(line)]) {
        assert.ok(message === undefined || typeof message.type === "string");
      }
    }),
  );
});

test("errors come through with what can be done about them", () => {
  for (const error of [
    new DeviceError("malformed", "a"),
    new RadioError("pairing", "b"),
    new RadioError("full", "c"),
  ]) {
    assert.deepEqual(errorOf(failureOf(error)), error);
  }
  assert.deepEqual(failureOf(new TypeError("x")), { kind: "unreachable", message: "x" });
});
