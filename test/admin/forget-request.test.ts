import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { AdminRefusal } from "../../src/admin/errors.ts";
import { parseForgetRequest } from "../../src/admin/forget-request.ts";

test("a server, a device, both, or all", () => {
  assert.deepEqual(parseForgetRequest({ server: 101 }), { server: 101 });
  assert.deepEqual(parseForgetRequest({ device: "meter-1" }), { device: "meter-1" });
  assert.deepEqual(parseForgetRequest({ server: 1, device: "m" }), { server: 1, device: "m" });
  assert.deepEqual(parseForgetRequest({ all: true }), {});
});

test("what names nothing, or too much, is refused and forgets nothing", () => {
  for (const [body, message] of [
    [{}, /expected server, device, or all/],
    [[], /expected server, device, or all/],
    ["all", /expected server/],
    [{ all: false }, /all: expected true, and nothing beside it/],
    [{ all: true, server: 1 }, /nothing beside it/],
    [{ server: "101" }, /server: "101" is no Short Server ID/],
    [{ server: 0 }, /server: 0 is no/],
    [{ server: 65535 }, /is no Short Server ID/],
    [{ device: "/meter-1" }, /device: "\/meter-1" is no prefix/],
    [{ sever: 1 }, /unknown key "sever"; expected/],
  ] as const) {
    assert.throws(
      () => parseForgetRequest(body),
      (error) => error instanceof AdminRefusal && message.test(error.message),
      JSON.stringify(body),
    );
  }
});

test("whatever comes, it is a wish or refused", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      try {
        parseForgetRequest(body);
      } catch (error) {
        assert.ok(error instanceof AdminRefusal);
      }
    }),
  );
});
