import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Subscriptions } from "../../../adapters/mqtt/subscriptions.ts";

test("a filter is subscribed to once for all who want it, by the highest quality, and given up with the last", () => {
  const subscriptions = new Subscriptions();
  const leave = [0, 2, 1].map((qos) => subscriptions.add("a", qos === 2 ? 2 : qos === 1 ? 1 : 0));
  assert.deepEqual(subscriptions.take(), { subscribe: [{ filter: "a", qos: 2 }], unsubscribe: [] });
  assert.deepEqual(subscriptions.take(), { subscribe: [], unsubscribe: [] });
  // Whoever comes later hears what the broker has kept.
  leave.push(subscriptions.add("a", 0));
  assert.deepEqual(subscriptions.take().subscribe, [{ filter: "a", qos: 2 }]);
  leave[1]?.();
  subscriptions.begin();
  assert.deepEqual(subscriptions.take().subscribe, [{ filter: "a", qos: 1 }]);
  for (const i of [0, 2, 3]) leave[i]?.();
  assert.deepEqual(subscriptions.take(), { subscribe: [], unsubscribe: ["a"] });
  assert.equal(subscriptions.count, 0);
});

test("whatever comes and goes, the broker is told of all that is wanted, and of nothing else", () => {
  const action = fc.record({ filter: fc.constantFrom("a", "b", "c"), leaves: fc.boolean(), told: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const subscriptions = new Subscriptions();
      const wanted: { readonly filter: string; readonly leave: () => void }[] = [];
      const broker = new Set<string>();
      const tell = (): void => {
        const { subscribe, unsubscribe } = subscriptions.take();
        for (const filter of unsubscribe) broker.delete(filter);
        for (const { filter } of subscribe) broker.add(filter);
      };
      for (const { filter, leaves, told } of actions) {
        const at = wanted.findIndex((one) => one.filter === filter);
        if (leaves && at >= 0) wanted.splice(at, 1)[0]?.leave();
        else wanted.push({ filter, leave: subscriptions.add(filter, 0) });
        if (told) tell();
      }
      tell();
      assert.deepEqual([...broker].sort(), [...new Set(wanted.map(({ filter }) => filter))].sort());
    }),
  );
});
