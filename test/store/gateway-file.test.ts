import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { isUsablePrefix } from "../../src/lwm2m/prefix.ts";
import type { DevicePlaces } from "../../src/store/device-place.ts";
import { GatewayFile, type Replaced } from "../../src/store/gateway-file.ts";
import { MIGRATIONS } from "../../src/store/migrations.ts";
import { setAside } from "../../src/store/set-aside.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { temporaryDirectory } from "../support/temp.ts";

const DEVICES = Array.from({ length: 40 }, (_, i) => ({ id: i % 2 === 0 ? `${i}` : `meter-${i}` }));

const VALUES = [{ resource: 0, resourceInstance: 0, value: "hall 4, rack 7", time: 1_767_225_600_000 }];

test("the file is one process's, is written through to the disk, and has the newest schema", (t) => {
  const file = new GatewayFile(temporaryDirectory(t), noDamage);
  const { db } = file.use((tables) => tables);
  const pragmas = ["journal_mode", "locking_mode", "synchronous", "foreign_keys", "user_version"];
  // synchronous 2 is FULL: a confirmed transaction survives a power cut.
  assert.deepEqual(
    pragmas.map((name) => db.pragma(name, { simple: true })),
    ["wal", "exclusive", 2, 1, MIGRATIONS.length],
  );
  file.close();
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
      new GatewayFile(directory, noDamage).close();
      const bytes = Buffer.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      writeFileSync(file, bytes);
      const places = assignOrRefuse(directory);
      if (places === undefined) return;
      assert.equal(places.assigned.size, DEVICES.length);
      assert.ok([...places.assigned.values()].every(({ prefix }) => isUsablePrefix(prefix)));
    }),
    {
      numRuns: 100,
      examples: [
        [[[18, 3]]],
        [
          [
            [7640, 0],
            [4080, 0],
          ],
        ],
        [
          [
            [7714, 0],
            [3722, 0],
          ],
        ],
      ],
    },
  );
});

for (const [what, use] of [
  ["by the check", (file: GatewayFile) => assert.match(file.check() ?? "", /is damaged/)],
  // As the system takes memory back: the next use reads from the disk.
  ["by a use", (file: GatewayFile) => file.use(({ db }) => db.pragma("shrink_memory"))],
] as const) {
  test(`a disk that changes the open file is found ${what}, and the new file has what memory had`, (t) => {
    const directory = temporaryDirectory(t);
    assign(directory, noDamage);
    const replaced: Replaced[] = [];
    const file = new GatewayFile(directory, (told) => replaced.push(told));
    const places = file.use(({ devices }) => devices.assign(DEVICES));
    const kept = file.use(({ instances }) => instances.load());
    overwrite(file.name);
    use(file);
    assert.equal(file.use(({ devices }) => devices.assign(DEVICES)).assigned.size, DEVICES.length);
    assert.equal(file.check(), undefined);
    file.close();
    if (what === "by the check") {
      assert.equal(replaced[0]?.saved, DEVICES.length * 2 + 9);
      const again = new GatewayFile(directory, noDamage);
      assert.deepEqual(
        again.use(({ devices }) => devices.assign(DEVICES)),
        places,
      );
      assert.deepEqual(
        again.use(({ instances }) => instances.load()),
        kept,
      );
      again.close();
    }
    assert.equal(replaced.length, 1);
  });
}

test("a sound file passes the check, and a rule of the schema that is broken is no damage", (t) => {
  const file = new GatewayFile(temporaryDirectory(t), noDamage);
  file.use(({ devices }) => devices.assign(DEVICES));
  const stray = [{ device: "nobody", object: 16, instance: 0, values: VALUES }];
  assert.throws(() => file.use(({ instances }) => instances.save(stray)), StoreError);
  assert.equal(file.check(), undefined);
  file.close();
});

test("of damaged files the newest three are kept", (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, "gateway.db");
  const names: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    writeFileSync(file, `damaged ${i}`);
    writeFileSync(`${file}-wal`, "log");
    // One is as good as the other where they are of the same millisecond.
    names.push(setAside(file));
  }
  const left = readdirSync(directory).filter((name) => !name.endsWith("-wal"));
  assert.ok(left.length >= 1 && left.length <= 3, left.join(", "));
  assert.equal(readdirSync(directory).length, 2 * left.length);
  assert.ok(left.map((name) => join(directory, name)).includes(names.at(-1) ?? ""));
  assert.equal(readFileSync(names.at(-1) ?? "", "utf8"), "damaged 5");
});

/** In place, as a disk does it: all but the first page. */
function overwrite(file: string): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(statSync(file).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(handle);
}

function assignOrRefuse(directory: string): DevicePlaces | undefined {
  try {
    return assign(directory, () => {});
  } catch (error) {
    // A changed byte may make it look like a file of a later version: that one is never thrown away.
    assert.ok(error instanceof StoreError && error.kind === "newer", String(error));
    return undefined;
  }
}

function assign(directory: string, report: (replaced: Replaced) => void): DevicePlaces {
  const file = new GatewayFile(directory, report);
  try {
    const places = file.use(({ devices }) => devices.assign(DEVICES));
    // What cannot be read is told apart from the rest, which can.
    file.use(({ instances }) => instances.load());
    const kept = DEVICES.slice(0, 9).map(({ id }) => ({ device: id, object: 16, instance: 0, values: VALUES }));
    file.use(({ instances }) => instances.save(kept));
    return places;
  } finally {
    file.close();
  }
}

function noDamage({ reason }: Replaced): void {
  assert.fail(reason);
}
