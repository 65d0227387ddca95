import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ended, Rejectable } from "../../src/coap/rejectable.ts";

const nobody: Ended = () => {};
const somebody: Ended = () => {};

test("whose message is rejected is told once, and only in its time", () => {
  const sent = new Rejectable(4);
  sent.add(65_535, nobody, 100);
  assert.equal(sent.take(65_534, 50), undefined);
  assert.equal(sent.take(65_535, 50), nobody);
  assert.equal(sent.take(65_535, 50), undefined);
  sent.add(1, nobody, 100);
  assert.equal(sent.take(1, 100), undefined);
});

test("a message leaves when another falls on its place", () => {
  const sent = new Rejectable(4);
  for (let id = 0; id < 6; id++) sent.add(id, id < 4 ? nobody : somebody, 100);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((id) => sent.take(id, 0)),
    [undefined, undefined, nobody, nobody, somebody, somebody],
  );
});

test("one that nobody asks about any more is forgotten, and no other of the same place", () => {
  const sent = new Rejectable(4);
  sent.add(5, nobody, 100);
  sent.forget(5, somebody);
  sent.forget(1, nobody);
  assert.equal(sent.take(5, 0), nobody);
  sent.add(5, nobody, 100);
  sent.forget(5, nobody);
  assert.equal(sent.take(5, 0), undefined);
});
