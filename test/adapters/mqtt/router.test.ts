import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJsonPath } from "../../../adapters/mqtt/json-path.ts";
import { Message } from "../../../adapters/mqtt/message.ts";
import { type Condition, type Feed, holds, Router } from "../../../adapters/mqtt/router.ts";
import { fits } from "../../../adapters/mqtt/topic-filter.ts";

function message(topic: string, document: unknown = {}): Message {
  return new Message({ topic, payload: Buffer.from(JSON.stringify(document)), retained: false });
}

function condition(path: string, ...words: readonly string[]): Condition {
  return { path: parseJsonPath(path), words };
}

/** Who hears what, in the order in which it came. */
class Ears {
  readonly router = new Router();
  readonly heard: string[] = [];

  add(name: string, filter: string, ...only: readonly Condition[]): () => void {
    const feed: Feed = { filter, only, take: () => this.heard.push(name) };
    return this.router.add(feed);
  }

  route(topic: string, document?: unknown): readonly string[] {
    this.heard.length = 0;
    const count = this.router.route(message(topic, document));
    assert.equal(count, this.heard.length);
    return this.heard.toSorted();
  }
}

test("a message goes to all whose filter means its topic", () => {
  const ears = new Ears();
  ears.add("exact", "a/b");
  ears.add("level", "a/+");
  ears.add("rest", "a/#");
  ears.add("everything", "#");
  ears.add("other", "a/c");
  assert.deepEqual(ears.route("a/b"), ["everything", "exact", "level", "rest"]);
  assert.deepEqual(ears.route("a"), ["everything", "rest"]);
  assert.deepEqual(ears.route("$SYS/a"), []);
});

test("a message goes to the same as by the specification's rule, whatever filters there are, and were", () => {
  const level = fc.constantFrom("a", "b", "", "$x");
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"));
  fc.assert(
    fc.property(fc.array(fc.tuple(filter, fc.boolean()), { maxLength: 12 }), fc.array(topic), (filters, topics) => {
      const ears = new Ears();
      const leave = filters.map(([one], i) => ears.add(String(i), one));
      for (const one of topics) ears.route(one);
      for (const [i, [, stays]] of filters.entries()) if (!stays) leave[i]?.();
      for (const one of topics) {
        const expected = filters.flatMap(([given, stays], i) => (stays && fits(given, one) ? [String(i)] : []));
        assert.deepEqual(ears.route(one), expected.toSorted());
      }
    }),
  );
});

test("of many on one filter each hears what says its own words", () => {
  const ears = new Ears();
  ears.add("one", "rtl/events", condition("model", "X"), condition("id", "1"));
  ears.add("two", "rtl/events", condition("model", "X"), condition("id", "2"));
  ears.add("both", "rtl/events", condition("id", "1", "2"));
  ears.add("low", "rtl/events", condition("id", "2"), condition("battery.ok", "0", "false"));
  assert.deepEqual(ears.route("rtl/events", { model: "X", id: 1 }), ["both", "one"]);
  assert.deepEqual(ears.route("rtl/events", { model: "X", id: "2", battery: { ok: false } }), ["both", "low", "two"]);
  assert.deepEqual(ears.route("rtl/events", { model: "Y", id: 3 }), []);
  assert.deepEqual(ears.route("rtl/events", ["X"]), []);
  assert.deepEqual(ears.route("rtl/events", null), []);
});

test("which of many conditions hold is the same by index as one by one", () => {
  const word = fc.constantFrom("1", "2", "x", "true");
  const only = fc.array(fc.tuple(fc.constantFrom("a", "b", "c.d"), fc.uniqueArray(word, { minLength: 1 })), {
    maxLength: 3,
  });
  const document = fc.record(
    {
      a: fc.constantFrom(1, "1", 2, "x", true, null),
      b: fc.constantFrom("2", 1),
      c: fc.record({ d: fc.constant("x") }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(only), document, (all, given) => {
      const ears = new Ears();
      const conditions = all.map((one) => one.map(([path, words]) => condition(path, ...words)));
      const leave = conditions.map((one, i) => ears.add(String(i), "t", ...one));
      const expected = conditions.flatMap((one, i) => (holds(one, given) ? [String(i)] : []));
      assert.deepEqual(ears.route("t", given), expected.toSorted());
      for (const end of leave) end();
      assert.deepEqual(ears.route("t", given), []);
    }),
  );
});

test("a payload that is no JSON goes to those who want no words of it", () => {
  const ears = new Ears();
  ears.add("raw", "t");
  ears.add("json", "t", condition("id", "1"));
  ears.router.route(new Message({ topic: "t", payload: Buffer.from("{"), retained: false }));
  assert.deepEqual(ears.heard, ["raw"]);
});

test("a thousand devices on one filter are not asked one by one", () => {
  const router = new Router();
  let looks = 0;
  for (let i = 0; i < 1000; i++) {
    const only = [condition("id", String(i))];
    router.add({
      filter: "rtl/+/events",
      get only() {
        looks++;
        return only;
      },
      take: () => {},
    });
  }
  looks = 0;
  assert.equal(router.route(message("rtl/home/events", { id: 500 })), 1);
  assert.ok(looks < 5, `${looks} looks`);
});

test("somebody who invents topics does not fill the memory", () => {
  const ears = new Ears();
  ears.add("all", "t/#");
  for (let i = 0; i < 40_000; i++) ears.router.route(message(`t/${i}`));
  assert.deepEqual(ears.route("t/1"), ["all"]);
});
