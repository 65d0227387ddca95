import assert from "node:assert/strict";
import test from "node:test";
import { wantedPart } from "../../../src/firmware/http/range.ts";

const ETAG = '"aa"';
const of = (range: string, ifRange?: string): unknown => wantedPart({ range, ifRange }, ETAG, 1000);
const part = (first: number, last: number, open = false): unknown => ({ kind: "part", first, last, open });

test("a single range of bytes, as RFC 9110 §14.1.2 has its examples", () => {
  assert.deepEqual(of("bytes=0-499"), part(0, 499));
  assert.deepEqual(of("bytes=500-"), part(500, 999, true));
  assert.deepEqual(of("bytes=-200"), part(800, 999));
  assert.deepEqual(of("bytes=-5000"), part(0, 999));
  assert.deepEqual(of("bytes=0-0"), part(0, 0));
  assert.deepEqual(of("BYTES= 990-5000 "), part(990, 999));
});

test("a range behind the end cannot be served", () => {
  for (const range of ["bytes=1000-", "bytes=1000-1001", "bytes=-0"]) {
    assert.deepEqual(of(range), { kind: "unsatisfiable" }, range);
  }
});

test("what is no single range of bytes gets the whole", () => {
  for (const range of ["bytes=5-4", "bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", ""]) {
    assert.deepEqual(of(range), { kind: "whole" }, range);
  }
  assert.deepEqual(wantedPart({}, ETAG, 1000), { kind: "whole" });
});

test("If-Range: the part of this very image, else the whole", () => {
  assert.deepEqual(of("bytes=500-", '"aa"'), part(500, 999, true));
  for (const other of ['"bb"', 'W/"aa"', "Mon, 23 Nov 2026 16:00:00 GMT"]) {
    assert.deepEqual(of("bytes=500-", other), { kind: "whole" }, other);
  }
});
