/** A disk that takes nothing while the gateway runs: live operation goes on, it is said once, and then all is as before. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test, { type TestContext } from "node:test";
import { SECOND, systemClock } from "../../src/clock.ts";
import { logLines } from "../support/command.ts";
import type { RunningProcess } from "../support/process.ts";
import { empty, fill, mount, smallDisk } from "../support/small-disk.ts";
import { audit, type Findings } from "./audit.ts";
import { aWorld, OBSERVED, REPORTED, receiptsOf, startGateway, type World } from "./world.ts";

interface Disk {
  /** The state directory; undefined: any. */
  readonly state?: string;
  refuse(gateway: RunningProcess): void;
  take(gateway: RunningProcess): void;
}

const KINDS: Readonly<Record<string, (t: TestContext) => Disk | undefined>> = {
  "takes no byte more (a limit of the process)": limitedDisk,
  "is full": (t) => {
    const disk = smallDisk(t, 8 * 2 ** 20);
    return disk === undefined ? undefined : { state: disk, refuse: () => fill(disk), take: () => empty(disk) };
  },
};

for (const [what, make] of Object.entries(KINDS)) {
  test(`while the disk ${what}, what devices say reaches the server; what waits is written when the disk takes it again`, async (t) => {
    const disk = make(t);
    if (disk === undefined) return;
    const world = await aWorld(t, disk.state);
    const { gateway, ready } = startGateway(t, world);
    await ready;
    await got(world, OBSERVED, 3);
    disk.refuse(gateway);
    // What was owed while the server was away waits in memory.
    world.link.cut = true;
    await gateway.printed(/history: not written/);
    world.link.cut = false;
    const before = given(world);
    await gotAll(world, before);
    disk.take(gateway);
    await gateway.printed(/the disk takes it again/);
    const cut = systemClock.monotonic();
    world.link.cut = true;
    await pause(1.2 * SECOND);
    gateway.child.kill("SIGKILL");
    const kills = [systemClock.monotonic()];
    const { stdout } = await gateway.outcome;
    world.link.cut = false;
    await startGateway(t, world).ready;
    const end = systemClock.monotonic();
    await gotAll(world, given(world));
    assert.deepEqual(
      logLines(stdout).flatMap(({ level, msg }) => (level === "error" ? [msg] : [])),
      ["history: not written; it waits in memory, and is tried again until the disk takes it"],
    );
    t.diagnostic(JSON.stringify(auditReports(world, { kills, cuts: [cut], end })));
  });
}

test("a gateway that has run before starts on a full disk, and what devices say reaches the server", async (t) => {
  const disk = smallDisk(t, 8 * 2 ** 20);
  if (disk === undefined) return;
  const world = await aWorld(t, disk);
  const first = startGateway(t, world);
  await first.ready;
  await got(world, REPORTED, 3);
  first.gateway.child.kill("SIGTERM");
  await first.gateway.outcome;
  fill(disk);
  const { gateway, ready } = startGateway(t, world);
  await ready;
  // What a server that is there takes at once is not for the disk.
  world.link.cut = true;
  await gateway.printed(/history: not written/);
  world.link.cut = false;
  await gotAll(world, given(world));
  gateway.child.kill("SIGTERM");
  const { code, stdout } = await gateway.outcome;
  assert.equal(code, 0);
  const told = logLines(stdout).filter(({ level }) => level === "error" || level === "warn");
  assert.equal(told.filter(({ msg }) => msg.startsWith("history: not written")).length, 1);
  assert.equal(new Set(told.map(({ msg }) => msg)).size, told.length, "each thing once");
});

test("a gateway that has run before starts on a read-only disk, on a copy in memory, with the prefixes of before", async (t) => {
  const disk = smallDisk(t, 8 * 2 ** 20);
  if (disk === undefined) return;
  const world = await aWorld(t, disk);
  const first = startGateway(t, world);
  await first.ready;
  await got(world, REPORTED, 3);
  first.gateway.child.kill("SIGTERM");
  await first.gateway.outcome;
  assert.equal(mount(["-o", "remount,ro", disk]), undefined);
  const { gateway, ready } = startGateway(t, world);
  await ready;
  await gotAll(world, given(world));
  gateway.child.kill("SIGTERM");
  const { code, stdout } = await gateway.outcome;
  assert.equal(code, 0);
  const errors = logLines(stdout).filter(({ level }) => level === "error");
  assert.deepEqual(
    errors.map(({ msg }) => msg),
    [
      "the disk takes nothing: the gateway runs on a copy of its state in memory, and what changes is lost when it ends",
    ],
  );
});

/** Of the report entry, which owes from the first reading on. */
function auditReports(
  world: World,
  { kills, cuts, end }: { readonly kills: readonly number[]; readonly cuts: readonly number[]; readonly end: number },
): Findings {
  return audit({
    given: world.given[1] ?? [],
    received: receiptsOf(world, REPORTED),
    kills,
    cuts,
    restorations: [],
    owed: [{ from: 0, to: end }],
    window: 1.5 * SECOND,
  });
}

/** The last value that each counter gave. */
function given({ given }: World): readonly number[] {
  return given.map((own) => own.length);
}

/** Resolves when the server has what it was owed last. */
async function gotAll(world: World, [observed = 0, reported = 0]: readonly number[]): Promise<void> {
  await got(world, OBSERVED, 1, observed);
  await got(world, REPORTED, 1, reported);
}

/** Resolves when so many values, from this one on, have come. */
async function got(world: World, path: string, count: number, from = 0): Promise<void> {
  const deadline = systemClock.monotonic() + LONGEST_WAIT;
  while (receiptsOf(world, path).filter(({ value }) => value >= from).length < count) {
    assert.ok(systemClock.monotonic() < deadline, `${path} from ${from} on has not come`);
    await pause(20);
  }
}

/** What is real takes its time. */
function pause(wait: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, wait));
}

/** Needs no rights: the process may write no file beyond its first bytes. */
function limitedDisk(t: TestContext): Disk | undefined {
  const { error } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined) {
    t.skip(`a process cannot be limited without prlimit (on Debian: apt install util-linux): ${error.message}`);
    return undefined;
  }
  const limit = (bytes: string) => (gateway: RunningProcess) => {
    const { status, stderr } = spawnSync("prlimit", ["--pid", String(gateway.child.pid), `--fsize=${bytes}:`], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  };
  return { refuse: limit("100"), take: limit("unlimited") };
}

const LONGEST_WAIT = 20 * SECOND;
