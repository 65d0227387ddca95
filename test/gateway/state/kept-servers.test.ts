import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { KeptServers } from "../../../src/gateway/state/kept-servers.ts";
import { NOTHING_KEPT, type StateToKeep } from "../../../src/servers/kept-state.ts";
import { type KeptPart, type PartChange, StoreError } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

const IDENTITY = { endpoint: "gw-1", uri: "coap://server" };

/** A disk that may refuse, or take its time. */
class Disk {
  readonly rows = new Map<string, string>();
  readonly writes: (readonly PartChange[])[] = [];
  refuses = false;
  hold: Promise<void> | undefined;

  async loadServers(): Promise<readonly KeptPart[]> {
    if (this.refuses) throw new StoreError("unwritable", "the disk is broken");
    return [...this.rows].map(([part, content]) => ({ server: 101, part, content }));
  }

  async saveServer(_server: number, changes: readonly PartChange[]): Promise<void> {
    await this.hold;
    if (this.refuses) throw new StoreError("unwritable", "no room");
    this.writes.push(changes);
    for (const { part, content } of changes) {
      if (content === undefined) this.rows.delete(part);
      else this.rows.set(part, content);
    }
  }
}

async function aKeeping(disk = new Disk()) {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const servers = await KeptServers.load({ store: disk, clock, log: recordingLogger(lines) });
  let state: StateToKeep = { ...NOTHING_KEPT, observations: new Map() };
  const keeping = servers.of(101, IDENTITY);
  const change = (next: Partial<StateToKeep>): void => {
    state = { ...state, ...next };
    servers.touch(101);
  };
  const said = (): string[] => lines.map(({ level, message }) => `${level} ${message}`);
  return { clock, disk, keeping, servers, change, said, begin: () => keeping.begin(() => state) };
}

test("the first change is written at once, those that follow once a second, and only what is another", async () => {
  const { clock, disk, change, begin } = await aKeeping();
  begin();
  await settle();
  assert.deepEqual(
    disk.writes.map((changes) => changes.map(({ part }) => part)),
    [["identity"]],
  );
  for (let i = 0; i < 20; i++) {
    change({ attributes: `[["/3303","pmin=${i}"]]` });
    await clock.advance(50);
  }
  assert.deepEqual(disk.writes.slice(1), [[{ part: "attributes", content: '[["/3303","pmin=19"]]' }]]);
  await clock.advance(MINUTE);
  change({ attributes: undefined, account: "{}" });
  await settle();
  assert.deepEqual(disk.writes.at(-1), [{ part: "attributes" }, { part: "account", content: "{}" }]);
  const { length } = disk.writes;
  change({});
  await clock.advance(MINUTE);
  assert.equal(disk.writes.length, length, "the same is not written again");
});

test("nothing is written before it begins: what was left stands until the server does", async () => {
  const { clock, disk, change } = await aKeeping();
  change({ account: "{}" });
  await clock.advance(MINUTE);
  assert.deepEqual(disk.writes, []);
});

test("what is kept of many devices that are clients of their own is written together, and read again by each", async () => {
  const { clock, disk, servers } = await aKeeping();
  const accounts = new Map<string, string>();
  const keepings = ["meter-1", "meter-2", "meter-3"].map((prefix) => {
    const keeping = servers.of(101, { ...IDENTITY, endpoint: prefix }, prefix);
    keeping.begin(() => ({ ...NOTHING_KEPT, account: accounts.get(prefix), observations: new Map() }));
    return keeping;
  });
  await settle();
  assert.equal(disk.writes.length, 1);
  for (const prefix of ["meter-1", "meter-2", "meter-3"]) accounts.set(prefix, `{"1":[60,300]}`);
  for (const keeping of keepings) keeping.touch();
  await clock.advance(2 * SECOND);
  assert.deepEqual(
    disk.writes.map((changes) => changes.length),
    [3, 3],
  );
  const again = (await aKeeping(disk)).servers.of(101, { ...IDENTITY, endpoint: "meter-2" }, "meter-2");
  assert.equal(again.kept.account, `{"1":[60,300]}`);
});

test("what is kept of a device that is no client any more goes: at once, or where nobody asks for it after the start", async () => {
  const disk = new Disk();
  const before = await aKeeping(disk);
  for (const prefix of ["meter-1", "meter-2"]) {
    before.servers
      .of(101, { ...IDENTITY, endpoint: prefix }, prefix)
      .begin(() => ({ ...NOTHING_KEPT, observations: new Map() }));
  }
  before.begin();
  await before.clock.advance(2 * SECOND);
  assert.equal(disk.rows.size, 3);
  const { servers, clock, begin } = await aKeeping(disk);
  begin();
  servers.of(101, { ...IDENTITY, endpoint: "meter-1" }, "meter-1").drop();
  servers.dropRest(101);
  await clock.advance(2 * SECOND);
  assert.deepEqual([...disk.rows.keys()], ["identity"]);
});

test("a disk that refuses is one warning, tried each minute, and told when it takes it again", async () => {
  const { clock, disk, change, begin, said } = await aKeeping();
  disk.refuses = true;
  begin();
  for (let i = 0; i < 10; i++) {
    change({ account: `{"1":[${i},300]}` });
    await clock.advance(20 * SECOND);
  }
  assert.equal(said().length, 1);
  assert.match(said()[0] ?? "", /^warn registration and observations cannot be written/);
  disk.refuses = false;
  await clock.advance(MINUTE);
  assert.equal(disk.rows.get("account"), '{"1":[9,300]}');
  assert.match(said()[1] ?? "", /^info .* can be written again$/);
});

test("what changes while the disk is busy is written after it; a flush waits for all of it", async () => {
  const { disk, change, begin, servers } = await aKeeping();
  let go = (): void => {};
  disk.hold = new Promise((resolve) => {
    go = resolve;
  });
  begin();
  await settle();
  change({ account: "{}" });
  const flushed = servers.flush();
  await settle();
  assert.equal(disk.writes.length, 0);
  go();
  await flushed;
  assert.equal(disk.rows.get("account"), "{}");
});

test("a store that cannot be read is a warning, and the gateway begins anew", async () => {
  const disk = new Disk();
  disk.refuses = true;
  const { keeping, said } = await aKeeping(disk);
  assert.deepEqual(keeping.kept, NOTHING_KEPT);
  assert.deepEqual(said(), ["warn what was kept of the servers cannot be read: it is not used"]);
});

test("what lies there of another endpoint goes when the new state is written", async () => {
  const disk = new Disk();
  disk.rows.set("identity", JSON.stringify({ format: 1, endpoint: "gw-0", uri: IDENTITY.uri }));
  disk.rows.set("observation ab", "anything");
  const { keeping, begin, said } = await aKeeping(disk);
  assert.equal(keeping.kept.observations.length, 0);
  begin();
  await settle();
  assert.deepEqual([...disk.rows.keys()], ["identity"]);
  assert.equal(said().length, 1);
});

test("a part that its reader refuses is named, and not used", async () => {
  const disk = new Disk();
  disk.rows.set("identity", JSON.stringify({ format: 1, ...IDENTITY })).set("account", "{}");
  const { keeping, said } = await aKeeping(disk);
  keeping.restore("attributes", () => assert.fail("there are none"));
  keeping.restore("account", () => {
    throw new RangeError("no");
  });
  assert.deepEqual(said(), ["warn a part of what was kept cannot be read: it is not used"]);
  assert.throws(() => keeping.restore("account", () => assert.fail("a bug")), assert.AssertionError);
});

test("however changes, pauses and refusals follow each other: in the end the disk has the last state", async () => {
  const step = fc.tuple(fc.nat(3), fc.constantFrom(0, 10, 700, 3000), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { clock, disk, change, begin } = await aKeeping();
      begin();
      let last: string | undefined;
      for (const [value, pause, refuses] of steps) {
        disk.refuses = refuses;
        last = value === 0 ? undefined : `{"1":[${value},300]}`;
        change({ account: last });
        await clock.advance(pause);
      }
      disk.refuses = false;
      await clock.advance(2 * MINUTE);
      assert.equal(disk.rows.get("account"), last);
    }),
    { numRuns: 30 },
  );
});
