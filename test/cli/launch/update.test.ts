/** A server updates the built program by its own object 5, and the service manager is a test. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import test, { after, type TestContext } from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import { aVendor } from "../../support/artefact.ts";
import type { RunningProcess } from "../../support/process.ts";
import { servedImage } from "../../support/served-image.ts";
import { builtProject } from "../../support/stage.ts";
import { aVersionsWorld } from "../../support/versions-world.ts";

const AGAIN = 75;
/** Of a busy machine. */
const PATIENCE = 60 * SECOND;

const ends: (() => unknown)[] = [];
after(() => {
  for (const end of ends) end();
});
const stage = await builtProject({ after: (end) => ends.push(end) });

test("a server updates the gateway: Downloaded, Updating, and 1 with the new version once it has registered", async (t) => {
  const { world, reads, write, execute, offer } = await aUpdatedWorld(t);
  const installed = world.start();
  await installed.printed(/"msg":"started"/);
  await write("/5/0/1", await offer(await world.version({ version: "9.1.0" })));
  await reads({ "/5/0/3": 2, "/5/0/5": 0, "/5/0/6": "lwm2m-gateway", "/5/0/7": "9.1.0" });
  await execute("/5/0/2");
  assert.equal((await installed.outcome).code, AGAIN);

  const updated = world.start();
  await reads({ "/5/0/3": 0, "/5/0/5": 1, "/3/0/3": "9.1.0" });
  const status = await world.command("status");
  assert.match(status.stdout, /\nversion 9\.1\.0-[0-9a-f]{12}/);
  await ended(updated);
});

test("a version that does not come up is taken back, and the server reads 8", async (t) => {
  const { world, reads, write, execute, offer } = await aUpdatedWorld(t);
  const installed = world.start();
  await installed.printed(/"msg":"started"/);
  const files = { "dist/src/main.js": "process.exit(1)" };
  await write("/5/0/1", await offer(await world.version({ version: "9.1.0", files })));
  await reads({ "/5/0/3": 2 });
  await execute("/5/0/2");
  assert.equal((await installed.outcome).code, AGAIN);
  for (let starts = 0; starts < 3; starts++) assert.equal((await world.start().outcome).code, AGAIN);
  const back = world.start();
  await reads({ "/5/0/3": 0, "/5/0/5": 8 });
  const status = await world.command("status");
  assert.match(status.stdout, /\nversion 9\.1\.0-[0-9a-f]{12} was taken back: it ended by itself 3 times/);
  await ended(back);
});

test("what another signed is 5, and nothing runs of it; whoever kills the gateway then finds the same", async (t) => {
  const { world, reads, write, offer } = await aUpdatedWorld(t);
  const installed = world.start();
  await installed.printed(/"msg":"started"/);
  const foreign = await world.version({ version: "9.1.0", privatePem: aVendor().privatePem });
  await write("/5/0/1", await offer(foreign));
  await reads({ "/5/0/3": 0, "/5/0/5": 5 });
  installed.child.kill("SIGKILL");
  await installed.outcome;
  const again = world.start();
  await again.printed(/"msg":"started"/);
  await reads({ "/5/0/3": 0, "/5/0/5": 5 });
  await ended(again);
});

test("the gateway is killed in each state: the update goes on where it was", async (t) => {
  const { world, reads, sees, write, execute, offer } = await aUpdatedWorld(t);
  const killed = async (gateway: RunningProcess): Promise<RunningProcess> => {
    gateway.child.kill("SIGKILL");
    await gateway.outcome;
    const next = world.start();
    await next.printed(/"msg":"started"/);
    return next;
  };
  const first = world.start();
  await first.printed(/"msg":"started"/);
  await write("/5/0/1", await offer(await world.version({ version: "9.1.0" })));
  await reads({ "/5/0/3": 2 });
  const second = await killed(first);
  await reads({ "/5/0/3": 2, "/5/0/7": "9.1.0" });
  // Wherever the power goes then: the order is not kept yet, or it is, or all is unpacked.
  await execute("/5/0/2");
  second.child.kill("SIGKILL");
  await second.outcome;
  let gateway = world.start();
  await until(async () => {
    if (gateway.child.exitCode === AGAIN) gateway = world.start();
    if (await sees({ "/5/0/3": 2 })) await execute("/5/0/2").catch(() => {});
    return sees({ "/5/0/3": 0, "/5/0/5": 1, "/3/0/3": "9.1.0" });
  });
  await ended(gateway);
});

async function aUpdatedWorld(t: TestContext) {
  const world = await aVersionsWorld(t, stage);
  const { server } = world;
  const read = async (path: string): Promise<Value | undefined> => {
    const client = server.clients.at(-1);
    if (client === undefined) return undefined;
    // Whoever has ended meanwhile does not answer.
    const asked = server.read(client, parsePath(path)).catch(() => []);
    const [found] = await Promise.race([asked, soon().then(() => [])]);
    return found?.value;
  };
  const client = async () => {
    await until(async () => server.clients.length > 0);
    return server.clients.at(-1) ?? assert.fail("nobody is registered");
  };
  const sees = async (values: Readonly<Record<string, Value>>): Promise<boolean> => {
    for (const [path, value] of Object.entries(values)) if ((await read(path)) !== value) return false;
    return true;
  };
  return {
    world,
    /** Whether a server reads these now, all of them. */
    sees,
    /** Waits for it. */
    reads: (values: Readonly<Record<string, Value>>): Promise<void> => until(() => sees(values)),
    write: async (path: string, value: Value) => server.write(await client(), parsePath(path), value),
    execute: async (path: string) => server.execute(await client(), parsePath(path)),
    /** By HTTP; returns where. */
    offer: (file: string): Promise<string> => servedImage(t, readFileSync(file), basename(file)),
  };
}

async function soon(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3 * SECOND));
}

async function ended(gateway: RunningProcess): Promise<void> {
  gateway.child.kill("SIGTERM");
  assert.equal((await gateway.outcome).code, 0);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`after ${PATIENCE / SECOND} s it is still not so`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
