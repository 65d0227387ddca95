import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_PAYLOAD, OPTION, stringValues } from "../../../src/coap/options.ts";
import { contentRange, digestOf, retryAfter, validatorOf } from "../../../src/firmware/download/http-headers.ts";
import { coapTarget, expectedHash, httpUrl, shownUri } from "../../../src/firmware/download/uri.ts";
import { DownloadError } from "../../../src/firmware/download.ts";

test("a URI of CoAP as options: RFC 7252 §6.4", () => {
  const told = (uri: string) => {
    const { host, port, options } = coapTarget(uri);
    const message = { code: 1, options, payload: NO_PAYLOAD };
    const values = [OPTION.uriHost, OPTION.uriPath, OPTION.uriQuery].map((number) => stringValues(message, number));
    return [host, port, ...values];
  };
  assert.deepEqual(told("coap://Images.Example:61616/a%2fb/%C3%BC?x=1&y"), [
    ...["images.example", 61616, ["images.example"]],
    ...[
      ["a/b", "ü"],
      ["x=1", "y"],
    ],
  ]);
  assert.deepEqual(told("coaps://192.0.2.1"), ["192.0.2.1", 5684, [], [], []]);
  assert.deepEqual(told("coap+tcp://[2001:db8::1]/"), ["2001:db8::1", 5683, [], [], []]);
  assert.deepEqual(told("coap://h/a/"), ["h", 5683, ["h"], ["a", ""], []]);
});

test("what is no such URI is refused with result 7", () => {
  for (const uri of ["coap:", "coap:///x", "coap://u@h/x", "coap://h/%zz", "coap://h:99999/x", "coap://a b/x"]) {
    assert.throws(() => coapTarget(uri), isInvalid, uri);
  }
  for (const uri of ["http:", "h/x", "", "http://h:99999/x"]) assert.throws(() => httpUrl(uri), isInvalid, uri);
  assert.throws(() => expectedHash("http://h/x#sha256=12"), isInvalid);
});

test("the log gets no password and no query", () => {
  assert.equal(shownUri("https://user:secret@h:8443/a?token=secret#x"), "https://h:8443/a?…");
});

test("whatever stands in a URI, it is one or it is refused", () => {
  const uri = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom("coap", "coaps", "coap+tcp", "http", "x"), fc.string({ maxLength: 60 }))
      .map((parts) => parts.join("://")),
  );
  fc.assert(
    fc.property(uri, (text) => {
      for (const read of [coapTarget, httpUrl, expectedHash, shownUri]) {
        try {
          read(text);
        } catch (error) {
          assert.ok(isInvalid(error), String(error));
        }
      }
    }),
  );
});

test("Content-Range: RFC 9110 §14.4", () => {
  assert.deepEqual(contentRange("bytes 5-9/10"), { first: 5, total: 10 });
  assert.deepEqual(contentRange("bytes 5-9/*"), { first: 5, total: undefined });
  for (const text of [
    undefined,
    "",
    "bytes */10",
    "bytes 9-5/10",
    "bytes 5-10/10",
    "lines 1-2/3",
    "bytes 1-2/3, 4-5/6",
  ])
    assert.equal(contentRange(text), undefined, text);
});

test("what stands in If-Range: a strong ETag, or a change that is not of the same moment as the answer", () => {
  const changed = "Mon, 01 Jun 2026 10:00:00 GMT";
  const later = "Mon, 01 Jun 2026 10:00:02 GMT";
  assert.equal(validatorOf({ etag: '"a"', "last-modified": changed, date: later }), '"a"');
  assert.equal(validatorOf({ etag: 'W/"a"', "last-modified": changed, date: later }), changed);
  assert.equal(validatorOf({ "last-modified": changed, date: changed }), undefined);
  assert.equal(validatorOf({ "last-modified": changed }), undefined);
  assert.equal(validatorOf({ etag: 'a"' }), undefined);
});

test("RFC 9530, appendix B: the digest of a file, and of none", () => {
  const digest = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
  const bytes = Buffer.from(digest, "base64");
  assert.deepEqual(digestOf({ "repr-digest": `sha-256=:${digest}:` }), bytes);
  assert.deepEqual(digestOf({ "repr-digest": `sha-512=:AAAA:, sha-256=:${digest}:` }), bytes);
  assert.deepEqual(digestOf({ digest: `SHA-256=${digest}` }), bytes);
  assert.equal(digestOf({ "repr-digest": "sha-256=:AAAA:" }), undefined);
  assert.equal(digestOf({ "content-digest": `sha-256=:${digest}:` }), undefined);
  fc.assert(fc.property(fc.string(), (text) => void digestOf({ "repr-digest": text })));
});

test("Retry-After: seconds, or a time", () => {
  assert.equal(retryAfter("120", 0), 120_000);
  assert.equal(retryAfter("Thu, 01 Jan 1970 00:00:10 GMT", 4000), 6000);
  assert.equal(retryAfter("soon", 0), 0);
  assert.equal(retryAfter(undefined, 0), 0);
});

function isInvalid(error: unknown): boolean {
  return error instanceof DownloadError && error.result === 7;
}
