import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { WrongArguments } from "../../src/adapter.ts";
import { answerOf, parseLinkRequest, takeAnswer } from "../../src/admin/link-request.ts";
import { AdminRefusal } from "../../src/admin/socket.ts";
import { DeviceError } from "../../src/errors.ts";

test("a link, with a request or without", () => {
  assert.deepEqual(parseLinkRequest({ link: "bus1" }), { link: "bus1", request: undefined });
  assert.deepEqual(parseLinkRequest({ link: "bus1", request: { unit: 1 } }), { link: "bus1", request: { unit: 1 } });
});

test("anything else is refused", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      try {
        assert.equal(typeof parseLinkRequest(body).link, "string");
      } catch (error) {
        assert.ok(error instanceof AdminRefusal);
      }
    }),
  );
});

test("what the device did not do reaches the other end as it was; what is no request is refused; a bug stays one", async () => {
  const failing = answerOf(() => Promise.reject(new DeviceError("unreachable", "no answer within 1s")), {});
  const sent = JSON.parse(JSON.stringify(await failing));
  assert.throws(
    () => takeAnswer(sent),
    (error) => error instanceof DeviceError && error.kind === "unreachable" && error.message === "no answer within 1s",
  );
  assert.deepEqual(takeAnswer(await answerOf(async () => ({ pdu: "0102" }), {})), { pdu: "0102" });
  await assert.rejects(
    answerOf(() => Promise.reject(new WrongArguments("no unit")), {}),
    /^AdminRefusal: no unit$/,
  );
  await assert.rejects(answerOf(undefined, {}), /^AdminRefusal: this link is not open/);
  await assert.rejects(
    answerOf(() => Promise.reject(new TypeError("bug")), {}),
    TypeError,
  );
});
