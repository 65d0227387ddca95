import assert from "node:assert/strict";
import test from "node:test";
import { WrongArguments } from "../../src/adapter.ts";
import { answerOf, takeAnswer } from "../../src/admin/link-request.ts";
import { DeviceError } from "../../src/errors.ts";

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
