import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SparseMap, SparseSet } from "../src/sparse-map.ts";

const step = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key: fc.nat(5), value: fc.nat() }),
  fc.record({ type: fc.constant("delete" as const), key: fc.nat(5) }),
  fc.record({ type: fc.constant("clear" as const) }),
);

test("whatever is done to it: it holds what a Map would, in the same order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [sparse, map] = [new SparseMap<number, number>(), new Map<number, number>()];
      for (const each of steps) {
        if (each.type === "set") {
          sparse.set(each.key, each.value);
          map.set(each.key, each.value);
        } else if (each.type === "delete") assert.equal(sparse.delete(each.key), map.delete(each.key));
        else {
          sparse.clear();
          map.clear();
        }
        assert.equal(sparse.size, map.size);
        assert.deepEqual([...sparse], [...map]);
        assert.deepEqual([[...sparse.keys()], [...sparse.values()]], [[...map.keys()], [...map.values()]]);
        for (let key = 0; key <= 5; key++) {
          assert.deepEqual([sparse.has(key), sparse.get(key)], [map.has(key), map.get(key)]);
        }
      }
    }),
  );
});

test("whatever is done to it: it holds what a Set would, in the same order", () => {
  const added = fc.record({ add: fc.boolean(), value: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(added, { maxLength: 40 }), (steps) => {
      const [sparse, set] = [new SparseSet<number>(), new Set<number>()];
      for (const { add, value } of steps) {
        if (add) {
          sparse.add(value);
          set.add(value);
        } else assert.equal(sparse.delete(value), set.delete(value));
        assert.deepEqual([sparse.size, ...sparse], [set.size, ...set]);
        for (let one = 0; one <= 5; one++) assert.equal(sparse.has(one), set.has(one));
      }
    }),
  );
});
