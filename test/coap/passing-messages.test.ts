import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PassingMessages } from "../../src/coap/passing-messages.ts";

const LIFETIME = 247;

/** What the memory promises, with an object for each place. */
class Model {
  private readonly most: number;
  private readonly places = new Map<
    number,
    { readonly id: number; readonly mark: number; expires: number; answer: Uint8Array | undefined }
  >();

  constructor(most: number) {
    this.most = most;
  }

  add(id: number, mark: number, expires: number): void {
    this.places.set(id % this.most, { id, mark, expires, answer: undefined });
  }

  find(id: number, mark: number) {
    const place = this.places.get(id % this.most);
    return place?.id === id && place.mark === mark ? place : undefined;
  }

  clear(): void {
    this.places.clear();
  }
}

const step = fc.record({
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant("add") },
    { weight: 6, arbitrary: fc.constant("answer") },
    { weight: 2, arbitrary: fc.constant("discard") },
    { weight: 1, arbitrary: fc.constant("clear") },
  ),
  // Few of them, so that they meet; multiples, so that they fall on the same place.
  id: fc.oneof(
    fc.nat({ max: 16 }),
    fc.nat({ max: 8 }).map((id) => id * 12),
    fc.nat({ max: 0xffff }),
  ),
  mark: fc.constantFrom(1, 0xffff_ffff),
  length: fc.constantFrom(0, 4, 63, 64, 65, 300),
  wait: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constantFrom(1, LIFETIME / 2, LIFETIME)),
});

test("a message is known with its answer until it expires, is discarded or another takes its place", () => {
  const most = fc.constantFrom(1, 3, 48, 64);
  fc.assert(
    fc.property(most, fc.array(step, { minLength: 40, maxLength: 120 }), (count, steps) => {
      const memory = new PassingMessages(count);
      const model = new Model(count);
      let now = 0;
      for (const [i, { what, id, mark, length, wait }] of steps.entries()) {
        now += wait;
        const known = model.find(id, mark);
        const alive = known !== undefined && known.expires > now;
        assert.equal(memory.has(id, mark, now), alive);
        if (alive) assert.deepEqual(memory.answerOf(id, mark), known.answer);
        if (what === "add") {
          memory.add(id, mark, now + LIFETIME, now);
          model.add(id, mark, now + LIFETIME);
        } else if (what === "answer" && alive) {
          known.answer = new Uint8Array(length).fill(i);
          memory.answer(id, mark, known.answer);
        } else if (what === "discard" && alive) {
          known.expires = Number.NEGATIVE_INFINITY;
          memory.discard(id, mark);
        } else if (what === "clear") {
          memory.clear();
          model.clear();
        }
      }
    }),
  );
});

test("a peer that seldom asks takes a few places, one with a thousand questions at once a thousand", () => {
  const seldom = new PassingMessages(1024);
  for (let id = 0; id < 5000; id++) seldom.add(id, id, (id + 1) * LIFETIME, id * LIFETIME);
  const busy = new PassingMessages(1024);
  for (let id = 0; id < 5000; id++) busy.add(id, id, LIFETIME, 0);
  assert.ok(seldom.bytes < 2048, `${seldom.bytes} bytes`);
  assert.ok(busy.bytes < 128 * 1024, `${busy.bytes} bytes`);
  assert.deepEqual(
    [3975, 3976, 4999].map((id) => busy.has(id, id, 0)),
    [false, true, true],
  );
});

test("more places are made for a message that falls on another one's, and nothing is lost by it", () => {
  for (let id = 0; id < 16; id++) {
    const memory = new PassingMessages(1024);
    memory.add(id, 1, LIFETIME, 0);
    memory.answer(id, 1, Uint8Array.of(id));
    memory.add(id + 512, 2, LIFETIME, 0);
    assert.deepEqual(memory.answerOf(id, 1), Uint8Array.of(id));
    assert.deepEqual([memory.has(id, 1, 0), memory.has(id + 512, 2, 0)], [true, true]);
  }
});

test("nothing is kept before the first message, and nothing after all are forgotten", () => {
  const memory = new PassingMessages(1024);
  assert.equal(memory.bytes, 0);
  assert.equal(memory.has(0, 0, 0), false);
  memory.answer(0, 0, new Uint8Array(4));
  memory.discard(0, 0);
  memory.add(7, 1, LIFETIME, 0);
  memory.answer(7, 1, new Uint8Array(1000));
  assert.ok(memory.bytes > 1000);
  memory.clear();
  assert.equal(memory.bytes, 0);
  assert.equal(memory.answerOf(7, 1), undefined);
});
