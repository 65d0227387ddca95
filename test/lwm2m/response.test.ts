import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { OPTION, stringValues, uintValue } from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import {
  changedResponse,
  contentResponse,
  createdResponse,
  deletedResponse,
  errorResponse,
} from "../../src/lwm2m/response.ts";
import { at } from "../support/fake-backing.ts";

test("content says its format, and carries Observe where it begins an observation", () => {
  const payload = Uint8Array.of(1);
  const plain = contentResponse(112, payload);
  assert.deepEqual([plain.code, uintValue(plain, OPTION.contentFormat), plain.payload], [CODE.content, 112, payload]);
  assert.equal(uintValue(plain, OPTION.observe), undefined);
  assert.deepEqual(
    contentResponse(0, payload, true).options.map(({ number }) => number),
    [OPTION.observe, OPTION.contentFormat],
  );
});

test("changed, deleted and created have no payload; created says where", () => {
  assert.equal(changedResponse().code, CODE.changed);
  assert.equal(deletedResponse().code, CODE.deleted);
  const created = createdResponse(at("/d01/3303/1"));
  assert.equal(created.code, CODE.created);
  assert.deepEqual(stringValues(created, OPTION.locationPath), ["d01", "3303", "1"]);
});

test("an Lwm2mError is told to the server, anything else only as 5.00", () => {
  const told = errorResponse(new Lwm2mError(CODE.notFound, "there is no /9 für dich"));
  assert.equal(told.code, CODE.notFound);
  assert.equal(new TextDecoder().decode(told.payload), "there is no /9 für dich");
  assert.deepEqual(told.options, []);
  for (const error of [new Error("password in the stack"), "text", undefined]) {
    assert.deepEqual(errorResponse(error), { code: CODE.internalServerError, options: [], payload: new Uint8Array(0) });
  }
});

test("a long diagnostic is cut at a character, so that one message holds it", () => {
  const told = (message: string) => errorResponse(new Lwm2mError(CODE.badRequest, message)).payload;
  assert.equal(new TextDecoder().decode(told("a".repeat(400))), "a".repeat(400));
  assert.equal(new TextDecoder().decode(told("a".repeat(401))), `${"a".repeat(400)}…`);
  assert.equal(new TextDecoder("utf-8", { fatal: true }).decode(told(`a${"ü".repeat(300)}`)), `a${"ü".repeat(199)}…`);
  assert.ok(told("🙂".repeat(1000)).length < 410);
});
