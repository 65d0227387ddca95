import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AdminRefusal } from "../../src/admin/errors.ts";
import { parseSendPath, parseSendRequest } from "../../src/admin/send-request.ts";

const KNOWN = [101, 102];

test("paths alone go to all servers, in SenML CBOR", () => {
  assert.deepEqual(parseSendRequest({ paths: ["/3/0/0", "/meter-1/3303"] }, KNOWN), {
    paths: ["/3/0/0", "/meter-1/3303"],
    format: "senml-cbor",
  });
  assert.deepEqual(parseSendRequest({ paths: ["/3"], servers: [102], format: "senml-json" }, KNOWN), {
    paths: ["/3"],
    servers: [102],
    format: "senml-json",
  });
});

test("what makes no sense is refused with what was expected", () => {
  const paths = ["/3"];
  for (const [body, message] of [
    [undefined, /expected an object with paths/],
    [null, /expected an object/],
    [[], /expected an object/],
    ["/3/0", /expected an object/],
    [{}, /paths: expected 1 to 1000/],
    [{ paths: [] }, /paths: expected 1 to 1000/],
    [{ paths: "/3" }, /paths: expected 1 to 1000/],
    [{ paths: Array.from({ length: 1001 }, () => "/3") }, /paths: expected 1 to 1000/],
    [{ paths: [3] }, /paths: 3 is no path/],
    [{ paths: ["3/0"] }, /does not begin with "\/"|is no path/],
    [{ paths: ["/3/x"] }, /"x" in path "\/3\/x" is no ID/],
    [{ paths: ["/meter-1"] }, /path "\/meter-1" names no object; expected e\.g\. \/3\/0\/0/],
    [{ paths, format: "tlv" }, /unknown format "tlv"; expected one of senml-cbor, senml-json, lwm2m-cbor/],
    [{ paths, format: "toString" }, /unknown format/],
    [{ paths, format: null }, /unknown format null/],
    [{ paths, servers: [] }, /servers: expected Short Server IDs/],
    [{ paths, servers: 101 }, /servers: expected Short Server IDs/],
    [{ paths, servers: [7] }, /there is no server 7; expected 101, 102/],
    [{ paths, servers: ["101"] }, /there is no server "101"/],
    [{ paths, sever: [101] }, /unknown key "sever"; expected paths, servers, format/],
  ] as const) {
    assert.throws(
      () => parseSendRequest(body, KNOWN),
      (error) => error instanceof AdminRefusal && message.test(error.message),
    );
  }
});

test("whatever JSON comes, it is a request or a refusal", () => {
  const paths = fc.array(fc.oneof(fc.constantFrom("/3", "/3/0/0", "/m/3303"), fc.string(), fc.jsonValue()));
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({ paths, servers: fc.jsonValue(), format: fc.jsonValue() }, { requiredKeys: [] }),
  );
  fc.assert(
    fc.property(body, (value) => {
      try {
        const { paths } = parseSendRequest(value, KNOWN);
        for (const path of paths) assert.equal(parseSendPath(path), path);
      } catch (error) {
        assert.ok(error instanceof AdminRefusal, String(error));
      }
    }),
  );
});
