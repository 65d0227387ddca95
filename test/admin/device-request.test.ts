import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseDeviceRequest, unlessRefused } from "../../src/admin/device-request.ts";
import { AdminRefusal } from "../../src/admin/socket.ts";

test("one device, by its id; anything else is refused", () => {
  assert.equal(parseDeviceRequest({ device: "meter 7" }), "meter 7");
  for (const body of [{}, { device: "" }, { device: 7 }, { device: "a", all: true }, [], null, "a"]) {
    assert.throws(() => parseDeviceRequest(body), AdminRefusal);
  }
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      try {
        parseDeviceRequest(body);
      } catch (error) {
        assert.ok(error instanceof AdminRefusal);
      }
    }),
  );
});

test("what was refused is told", () => {
  assert.deepEqual(unlessRefused({ prefix: "a" }), { prefix: "a" });
  assert.throws(() => unlessRefused({ refused: "it is configured" }), /^AdminRefusal: it is configured$/);
});
