import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { silentLogger } from "../../src/log.ts";
import { type DeviceInstance, type NumberedInstance, numberInstances } from "../../src/store/instance-numbers.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temp.ts";

const of = (device: string, object = 3303, instance = 0): DeviceInstance => ({ device, object, instance });
const numbersOf = (all: readonly NumberedInstance[]): string[] =>
  all.map(({ device, object, instance, number }) => `${device}/${object}/${instance} is ${number}`);

test("the first time the smallest free numbers are given in order, of each object by itself", () => {
  const { numbered, added } = numberInstances([], [of("a"), of("a", 3303, 1), of("b"), of("b", 3304, 5)]);
  assert.deepEqual(numbersOf(numbered), ["a/3303/0 is 0", "a/3303/1 is 1", "b/3303/0 is 2", "b/3304/5 is 0"]);
  assert.deepEqual(added, numbered);
});

test("what has a number keeps it, and nobody gets one that another device has, configured or not", () => {
  const known = [
    { ...of("gone"), number: 0 },
    { ...of("b"), number: 2 },
  ];
  const { numbered, added } = numberInstances(known, [of("c"), of("b"), of("d")]);
  assert.deepEqual(numbersOf(numbered), ["c/3303/0 is 1", "b/3303/0 is 2", "d/3303/0 is 3"]);
  assert.deepEqual(numbersOf(added), ["c/3303/0 is 1", "d/3303/0 is 3"]);
});

test("beyond 65535 instances of an object there is no number", () => {
  const full = Array.from({ length: 65_535 }, (_, number) => ({ ...of(`d${number}`), number }));
  assert.deepEqual(numberInstances(full, [of("late"), of("d7")]).numbered, [{ ...of("d7"), number: 7 }]);
});

test("whatever comes and goes, no two instances share a number, and none changes", () => {
  const instance = fc.record({
    device: fc.constantFrom("a", "b", "c", "d"),
    object: fc.constantFrom(3303, 3304),
    instance: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(fc.array(instance, { maxLength: 12 }), { maxLength: 6 }), (rounds) => {
      let known: readonly NumberedInstance[] = [];
      for (const wanted of rounds) {
        const { numbered, added } = numberInstances(known, wanted);
        for (const one of known) {
          const again = numbered.find((other) => keyOf(other) === keyOf(one));
          assert.equal(again?.number ?? one.number, one.number);
        }
        assert.equal(numbered.length, wanted.length);
        known = [...known, ...added];
      }
      assert.equal(new Set(known.map(({ object, number }) => `${object}/${number}`)).size, known.length);
      assert.equal(new Set(known.map(keyOf)).size, known.length);
    }),
  );
});

function keyOf({ device, object, instance }: DeviceInstance): string {
  return `${device}/${object}/${instance}`;
}

test("numbers are kept with the place of the device: moved with it, gone with it", async (t) => {
  const directory = temporaryDirectory(t);
  await inStore(directory, async (store) => {
    await store.assignDevices([{ id: "a" }, { id: "b" }]);
    const numbers = await store.assignNumbers([of("a"), of("b"), of("nobody")]);
    assert.deepEqual(numbersOf(numbers), ["a/3303/0 is 0", "b/3303/0 is 1"], "nothing without a place");
  });
  await inStore(directory, async (store) => {
    await store.assignDevices([{ id: "b" }, { id: "c", was: "a" }]);
    assert.deepEqual(numbersOf(await store.assignNumbers([of("b"), of("c")])), ["b/3303/0 is 1", "c/3303/0 is 0"]);
    await store.forgetDevice("c");
    await store.assignDevices([{ id: "b" }, { id: "d" }]);
    assert.deepEqual(numbersOf(await store.assignNumbers([of("b"), of("d")])), ["b/3303/0 is 1", "d/3303/0 is 0"]);
  });
});

async function inStore(directory: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ directory, log: silentLogger });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
