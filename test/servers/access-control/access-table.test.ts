import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Path } from "../../../src/lwm2m/path.ts";
import { AccessTable } from "../../../src/servers/access-control/access-table.ts";
import { ALL_RIGHTS, NO_OWNER, RIGHT, rightsOf } from "../../../src/servers/access-control/rights.ts";
import { at } from "../../support/fake-backing.ts";

/** By Short Server ID, what the configuration lets each do with what is another's. */
function aTable(granted: Readonly<Record<number, number>> = { 101: ALL_RIGHTS, 102: RIGHT.read, 103: 0 }) {
  let toKeep = 0;
  const servers = Object.entries(granted).map(([id, rights], account) => ({
    id: Number(id),
    account,
    rights: () => rights,
  }));
  const changed: string[] = [];
  const table = new AccessTable(servers, () => toKeep++);
  table.listen({ changed: (target) => changed.push(target) });
  return { table, changed, toKeep: () => toKeep };
}

const everywhere = (): boolean => true;

test("the right of a server: its own entry, else all for the owner, else the default, else none", () => {
  const acl = new Map([
    [0, 1],
    [102, 2],
  ]);
  assert.equal(rightsOf({ owner: 101, acl }, 101), ALL_RIGHTS);
  assert.equal(rightsOf({ owner: 101, acl }, 102), 2);
  assert.equal(rightsOf({ owner: 101, acl }, 103), 1);
  assert.equal(
    rightsOf({ owner: 101, acl: new Map([[101, 0]]) }, 101),
    0,
    "an owner that is named has what stands there",
  );
  assert.equal(rightsOf({ owner: 101, acl: new Map() }, 103), 0);
});

test("as configured: an account is its server's own, all else the first's; who creates is nobody's", () => {
  const { table } = aTable();
  assert.deepEqual(table.entryOf(at("/1/1")), { owner: 102, acl: new Map() });
  assert.deepEqual(table.entryOf(at("/3/0")), { owner: 101, acl: new Map([[102, 1]]) });
  assert.deepEqual(table.entryOf(at("/16")), { owner: NO_OWNER, acl: new Map([[101, 16]]) });
  assert.deepEqual(table.entryOf(at("/meter-1/1/1")).owner, 101, "a device's object 1 is no account");
  assert.equal(table.rightsOf(at("/1/1"), 101), 0);
});

test("each target keeps its number, and one that is gone leaves it to the next", () => {
  const { table } = aTable();
  assert.deepEqual([table.idOf(at("/3/0")), table.idOf(at("/16/0")), table.idOf(at("/3/0"))], [0, 1, 0]);
  table.gone(at("/3/0"));
  assert.deepEqual([table.targetOf(0), table.idOf(at("/16/0")), table.idOf(at("/16/7"))], [undefined, 1, 0]);
});

test("what is created is the creator's, and taken back where it could not be", () => {
  const { table } = aTable();
  const release = table.claim(at("/16/0"), 102);
  assert.deepEqual(table.entryOf(at("/16/0")), { owner: 102, acl: new Map() });
  const second = table.claim(at("/16/0"), 103);
  second();
  assert.equal(table.entryOf(at("/16/0")).owner, 102, "of two the first has it");
  const id = table.idOf(at("/16/0"));
  release();
  assert.equal(table.entryOf(at("/16/0")).owner, 101);
  assert.equal(table.idOf(at("/16/0")), id);
});

test("what was written is told, and kept", () => {
  const { table, changed, toKeep } = aTable();
  const before = toKeep();
  table.write(at("/3/0"), { owner: 102, acl: new Map([[103, 5]]) });
  assert.deepEqual([changed, toKeep() - before], [["/3/0"], 1]);
});

test("what was kept stands again, without what went meanwhile", () => {
  const { table } = aTable();
  table.idOf(at("/3/0"));
  table.idOf(at("/16/0"));
  table.write(at("/16/0"), { owner: 102, acl: new Map([[103, 5]]) });
  table.claim(at("/16/9"), 103);
  const text = table.serialize() ?? assert.fail();
  const next = aTable().table;
  next.restore(text, (target) => target !== at("/16/9"));
  assert.deepEqual([next.idOf(at("/16/0")), next.idOf(at("/3/0"))], [1, 0]);
  assert.deepEqual(next.entryOf(at("/16/0")), { owner: 102, acl: new Map([[103, 5]]) });
  assert.equal(next.entryOf(at("/16/9")).owner, 101);
  assert.equal(aTable().table.serialize(), undefined);
});

test("a server that is not configured any more has no right, and leaves what it owned to the most powerful", () => {
  const { table } = aTable({ 101: ALL_RIGHTS, 102: 1, 103: 1, 104: 0 });
  table.write(at("/16/0"), {
    owner: 104,
    acl: new Map([
      [101, 1],
      [102, 1],
      [103, 11],
    ]),
  });
  table.write(at("/16/1"), { owner: 104, acl: new Map([[0, 1]]) });
  table.write(at("/16/2"), { owner: 101, acl: new Map([[104, 15]]) });
  const next = aTable({ 101: ALL_RIGHTS, 102: 1, 103: 1 }).table;
  next.restore(table.serialize() ?? assert.fail(), everywhere);
  assert.deepEqual(next.entryOf(at("/16/0")), {
    owner: 103,
    acl: new Map([
      [101, 1],
      [102, 1],
    ]),
  });
  assert.deepEqual(next.entryOf(at("/16/1")), { owner: 101, acl: new Map([[0, 1]]) });
  assert.deepEqual(next.entryOf(at("/16/2")), { owner: 101, acl: new Map() });
});

test("a server that comes later gets of what was written what the configuration says", () => {
  const { table } = aTable({ 101: ALL_RIGHTS, 102: 1 });
  table.write(at("/16/0"), { owner: 101, acl: new Map([[102, 3]]) });
  const next = aTable({ 101: ALL_RIGHTS, 102: 1, 103: 1 }).table;
  next.restore(table.serialize() ?? assert.fail(), everywhere);
  assert.deepEqual(next.entryOf(at("/16/0")), {
    owner: 101,
    acl: new Map([
      [102, 3],
      [103, 1],
    ]),
  });
});

test("whatever was written is read back as it was", () => {
  const target = fc.oneof(
    fc.tuple(fc.nat(65534), fc.nat(65534)).map(([object, instance]) => at(`/${object}/${instance}`)),
    fc.nat(65534).map((object) => at(`/${object}`)),
    fc.nat(65534).map((instance) => at(`/meter-1/3303/${instance}`)),
  );
  const rights = fc.nat(ALL_RIGHTS);
  const acl = fc.dictionary(fc.constantFrom("0", "101", "102", "103"), rights);
  const owner = fc.constantFrom(101, 102, 103, NO_OWNER);
  fc.assert(
    fc.property(fc.array(fc.record({ target, owner, acl }), { maxLength: 20 }), (entries) => {
      const { table } = aTable();
      for (const { target, owner, acl } of entries) {
        table.idOf(target);
        const rights = Object.entries(acl).map(([id, mask]): [number, number] => [Number(id), mask]);
        table.write(target, { owner, acl: new Map(rights) });
      }
      const next = aTable().table;
      next.restore(table.serialize() ?? "[]", everywhere);
      const all = (of: AccessTable): unknown =>
        entries.map(({ target }: { target: Path }) => [of.idOf(target), of.entryOf(target)]);
      assert.deepEqual(all(next), all(table));
    }),
  );
});

test("text that is no table changes nothing, and is told", () => {
  const wrong = [
    "",
    "{}",
    "[1]",
    '[["/3/0"]]',
    '[["/3",0,101]]',
    '[["/3/0/1",0]]',
    '[["/",0]]',
    '[["3/0",0]]',
    '[["/3/0",-1]]',
    '[["/3/0",65535]]',
    '[["/3/0",0],["/3/0",1]]',
    '[["/3/0",0],["/4/0",0]]',
    '[["/3/0",0,101,[[102,32]],[101]]]',
    '[["/3/0",0,65536,[],[101]]]',
    '[["/3/0",0,101,[102],[101]]]',
    '[["/3/0",0,101,[[102,1]],101]]',
  ];
  for (const text of wrong) {
    const { table } = aTable();
    assert.throws(
      () => table.restore(text, everywhere),
      (error) => error instanceof SyntaxError || error instanceof RangeError,
      text,
    );
    assert.equal(table.serialize(), undefined, text);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        aTable().table.restore(text, everywhere);
      } catch (error) {
        assert.ok(error instanceof SyntaxError || error instanceof RangeError, String(error));
      }
    }),
  );
});
