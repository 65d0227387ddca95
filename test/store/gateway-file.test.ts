import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { isUsablePrefix } from "../../src/lwm2m/prefix.ts";
import { openDatabase, type SetAside } from "../../src/store/database.ts";
import type { DevicePlaces } from "../../src/store/device-place.ts";
import { MIGRATIONS } from "../../src/store/migrations.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { temporaryDirectory } from "../support/temp.ts";

const DEVICES = Array.from({ length: 40 }, (_, i) => ({ id: i % 2 === 0 ? `${i}` : `meter-${i}` }));

const VALUES = [{ resource: 0, resourceInstance: 0, value: "hall 4, rack 7", time: 1_767_225_600_000 }];

test("the file is one process's, is written through to the disk, and has the newest schema", (t) => {
  const { db } = openDatabase(temporaryDirectory(t), noDamage);
  const pragmas = ["journal_mode", "locking_mode", "synchronous", "foreign_keys", "user_version"];
  // synchronous 2 is FULL: a confirmed transaction survives a power cut.
  assert.deepEqual(
    pragmas.map((name) => db.pragma(name, { simple: true })),
    ["wal", "exclusive", 2, 1, MIGRATIONS.length],
  );
  db.close();
});

test("whatever bytes are changed in the file, it opens with sound places and readable instances, or is refused with a sentence", (t) => {
  const directory = temporaryDirectory(t);
  assign(directory, noDamage);
  const file = join(directory, "gateway.db");
  const sound = readFileSync(file);
  const anywhere = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 200 });
  const header = fc.array(fc.tuple(fc.nat(99), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.oneof(anywhere, header), (changes) => {
      rmSync(directory, { recursive: true });
      openDatabase(directory, noDamage).db.close();
      const bytes = Buffer.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      writeFileSync(file, bytes);
      const places = assignOrRefuse(directory);
      if (places === undefined) return;
      assert.equal(places.assigned.size, DEVICES.length);
      assert.ok([...places.assigned.values()].every(({ prefix }) => isUsablePrefix(prefix)));
    }),
    { numRuns: 100, examples: [[[[18, 3]]]] },
  );
});

function assignOrRefuse(directory: string): DevicePlaces | undefined {
  try {
    return assign(directory, () => {});
  } catch (error) {
    // A changed byte may make it look like a file of a later version: that one is never thrown away.
    assert.ok(error instanceof StoreError && error.kind === "newer", String(error));
    return undefined;
  }
}

function assign(directory: string, report: (aside: SetAside) => void): DevicePlaces {
  const { db, devices, instances } = openDatabase(directory, report);
  try {
    const places = devices.assign(DEVICES);
    // What cannot be read is told apart from the rest, which can.
    instances.load();
    instances.save(DEVICES.slice(0, 9).map(({ id }) => ({ device: id, object: 16, instance: 0, values: VALUES })));
    return places;
  } finally {
    db.close();
  }
}

function noDamage({ reason }: SetAside): void {
  assert.fail(reason);
}
