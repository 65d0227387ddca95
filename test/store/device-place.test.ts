import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isUsablePrefix } from "../../src/lwm2m/prefix.ts";
import { type DeviceClaim, type PlaceMemory, placeDevices } from "../../src/store/device-place.ts";

const NOTHING: PlaceMemory = { places: new Map(), owners: new Map() };

test("a device gets its id as prefix where it fits, else dev1, dev2, …", () => {
  const { assigned } = placeDevices(NOTHING, ids("meter-1", "1st floor", "rd", "x".repeat(33), "Zähler", "m_2"));
  assert.deepEqual(prefixes(assigned), {
    "meter-1": "meter-1",
    "1st floor": "dev1",
    rd: "dev2",
    [`${"x".repeat(33)}`]: "dev3",
    Zähler: "dev4",
    m_2: "m_2",
  });
});

test("instances of object 25 count from 0 in the order of the list", () => {
  const { assigned } = placeDevices(NOTHING, [{ id: "a" }, { id: "b", prefix: "pinned" }, { id: "7" }]);
  assert.deepEqual(
    [...assigned].map(([id, { instance }]) => [id, instance]),
    [
      ["a", 0],
      ["b", 1],
      ["7", 2],
    ],
  );
});

test("dev1 is left to the device that is called dev1", () => {
  const { assigned } = placeDevices(NOTHING, ids("1", "dev1", "2"));
  assert.deepEqual(prefixes(assigned), { 1: "dev2", dev1: "dev1", 2: "dev3" });
});

test("what is assigned stays, whatever comes and goes in the list", () => {
  const memory = remember(NOTHING, ids("a", "1", "2"));
  const { assigned, changes } = placeDevices(memory, ids("2", "new", "a"));
  assert.deepEqual(assigned.get("2"), { prefix: "dev2", instance: 2 });
  assert.deepEqual(assigned.get("a"), { prefix: "a", instance: 0 });
  assert.deepEqual(assigned.get("new"), { prefix: "new", instance: 3 });
  assert.deepEqual(
    changes.map((change) => change.type),
    ["placed"],
  );
});

test("the prefix of a device that is gone is nobody else's", () => {
  const memory = remember(NOTHING, [{ id: "old", prefix: "meter" }]);
  const { assigned, refused } = placeDevices(memory, [{ id: "meter" }, { id: "x", prefix: "meter" }]);
  assert.deepEqual(assigned.get("meter"), { prefix: "dev1", instance: 1 });
  assert.match(refused.get("x") ?? "", /"meter" still belongs to device "old", which is configured no more/);
});

test("a pinned prefix comes before an assigned one, and disturbs its own device only", () => {
  const { assigned, refused } = placeDevices(NOTHING, [
    { id: "m" },
    { id: "a", prefix: "m" },
    { id: "b", prefix: "m" },
    { id: "c", prefix: "rd" },
    { id: "d", prefix: "5" },
  ]);
  assert.deepEqual(prefixes(assigned), { m: "dev1", a: "m" });
  assert.match(refused.get("b") ?? "", /prefix "m" belongs to device "a": choose another/);
  assert.match(refused.get("c") ?? "", /prefix "rd" cannot be used: .*none of rd, bs/);
  assert.match(refused.get("d") ?? "", /prefix "5" cannot be used: expected a letter/);
});

test("a device that is pinned later keeps its instance, and its first prefix is never another's", () => {
  const first = remember(NOTHING, ids("a"));
  const pinned = remember(first, [{ id: "a", prefix: "p" }]);
  assert.deepEqual(pinned.places.get("a"), { prefix: "p", instance: 0 });
  const { refused } = placeDevices(pinned, [
    { id: "a", prefix: "p" },
    { id: "b", prefix: "a" },
  ]);
  assert.match(refused.get("b") ?? "", /belongs to device "a"/);
  // Without the pin the last prefix stays; the first one may be pinned again.
  assert.equal(placeDevices(pinned, ids("a")).assigned.get("a")?.prefix, "p");
  assert.equal(placeDevices(pinned, [{ id: "a", prefix: "a" }]).assigned.get("a")?.prefix, "a");
});

test("was moves prefix and instance to the new id, once", () => {
  const memory = remember(NOTHING, ids("first", "old"));
  const claims: DeviceClaim[] = [{ id: "new", was: "old" }, { id: "first" }];
  const renamed = remember(memory, claims);
  assert.deepEqual(renamed.places.get("new"), { prefix: "old", instance: 1 });
  assert.equal(renamed.places.has("old"), false);
  // The line may stay in the file; and a device called "old" may come again.
  const again = placeDevices(renamed, [...claims, { id: "old" }]);
  assert.deepEqual(again.assigned.get("new"), { prefix: "old", instance: 1 });
  assert.deepEqual(again.assigned.get("old"), { prefix: "dev1", instance: 2 });
});

test("was of a device that nobody knows says nothing", () => {
  assert.deepEqual(placeDevices(NOTHING, [{ id: "a", was: "b" }]).assigned.get("a"), { prefix: "a", instance: 0 });
});

test("a chain of renames works in any order of the list", () => {
  const memory = remember(NOTHING, ids("a", "b"));
  for (const claims of [
    [
      { id: "c", was: "b" },
      { id: "b", was: "a" },
    ],
    [
      { id: "b", was: "a" },
      { id: "c", was: "b" },
    ],
  ]) {
    const { assigned } = placeDevices(memory, claims);
    assert.deepEqual(prefixes(assigned), { b: "a", c: "b" });
  }
});

test("was of a device that is still configured is refused, and so is one that two devices say", () => {
  const memory = remember(NOTHING, ids("a"));
  const still = placeDevices(memory, [{ id: "a" }, { id: "b", was: "a" }]);
  assert.match(still.refused.get("b") ?? "", /was: "a" is still configured as a device of its own/);
  assert.equal(still.assigned.get("a")?.prefix, "a");
  const twice = placeDevices(memory, [
    { id: "b", was: "a" },
    { id: "c", was: "a" },
  ]);
  assert.equal(twice.assigned.get("b")?.prefix, "a");
  assert.match(twice.refused.get("c") ?? "", /was: "a" is also said by device "b"/);
});

test("renames in a circle leave everything as it is", () => {
  const memory = remember(NOTHING, ids("a", "b"));
  const { assigned, changes } = placeDevices(memory, [
    { id: "a", was: "b" },
    { id: "b", was: "a" },
  ]);
  assert.deepEqual(prefixes(assigned), { a: "a", b: "b" });
  assert.deepEqual(changes, []);
});

test("a full object 25 refuses the next device", () => {
  const places = new Map(Array.from({ length: 65535 }, (_, i) => [`d${i}`, { prefix: `d${i}`, instance: i }]));
  const { refused } = placeDevices({ places, owners: new Map() }, ids("one-more"));
  assert.match(refused.get("one-more") ?? "", /all 65535 instances of object 25 are taken/);
});

test("whatever the lists: every device is placed or refused, nothing is given twice, and the next run finds the same", () => {
  const name = fc.constantFrom("a", "b", "c", "dev1", "dev2", "1", "2", "rd");
  const claim = fc.record({ id: name, prefix: name, was: name }, { requiredKeys: ["id"] });
  const list = fc.uniqueArray(claim, { selector: ({ id }) => id, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(list, { maxLength: 5 }), (lists) => {
      let memory = NOTHING;
      const everOwned = new Map<string, number>();
      for (const claims of lists) {
        const { assigned, refused } = placeDevices(memory, claims);
        assert.deepEqual([...assigned.keys(), ...refused.keys()].sort(), claims.map(({ id }) => id).sort());
        memory = remember(memory, claims);
        assertDistinct([...memory.places.values()].map(({ prefix }) => prefix));
        assertDistinct([...memory.places.values()].map(({ instance }) => instance));
        for (const { prefix, instance } of assigned.values()) {
          assert.ok(isUsablePrefix(prefix));
          // An instance stands for one device for ever, under whatever id; so does each of its prefixes.
          assert.equal(everOwned.get(prefix) ?? instance, instance);
          everOwned.set(prefix, instance);
        }
        const next = placeDevices(memory, claims);
        assert.deepEqual(next.assigned, assigned);
        assert.deepEqual([...next.refused.keys()].sort(), [...refused.keys()].sort());
        assert.deepEqual(next.changes, []);
      }
    }),
  );
});

function ids(...list: readonly string[]): DeviceClaim[] {
  return list.map((id) => ({ id }));
}

function prefixes(assigned: ReadonlyMap<string, { readonly prefix: string }>): Record<string, string> {
  return Object.fromEntries([...assigned].map(([id, { prefix }]) => [id, prefix]));
}

/** The memory after the changes, as the tables keep it. */
function remember(memory: PlaceMemory, claims: readonly DeviceClaim[]): PlaceMemory {
  const places = new Map(memory.places);
  const owners = new Map(memory.owners);
  for (const change of placeDevices(memory, claims).changes) {
    if (change.type === "placed") {
      places.set(change.id, change.place);
      owners.set(change.place.prefix, change.id);
      continue;
    }
    const place = places.get(change.from);
    assert.ok(place !== undefined && !places.has(change.to));
    places.delete(change.from);
    places.set(change.to, place);
    for (const [prefix, owner] of owners) if (owner === change.from) owners.set(prefix, change.to);
  }
  return { places, owners };
}

function assertDistinct(values: readonly unknown[]): void {
  assert.equal(new Set(values).size, values.length);
}
