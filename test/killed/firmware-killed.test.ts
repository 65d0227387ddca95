/** A gateway that is killed while it updates a device: the next process ends it, whatever phase it was in. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { loadFirmware } from "../../src/store/firmware-table.ts";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import { GatewayWorld } from "../interop/gateway-world.ts";
import { temporaryDirectory } from "../support/temp.ts";

const IMAGE = Buffer.alloc(12_000, "an image of a device that has never heard of LwM2M; ");

/** Its flash outlives the gateway, as that of a real one does. */
function aMapping(memory: string, keys = "", options = ""): string {
  return `
objects:
  3303: { sensor_value: { constant: 21.5 } }
firmware:
  via: simulated
  ${keys}
  transfer: { speed: 8000, chunk: 500, boot: 1s, memory: ${memory}${options} }
  verify: { within: 20s, poll: 200ms, settle: 600ms }
`;
}

async function aWorld(t: TestContext, keys = "", options = "") {
  const memory = join(temporaryDirectory(t), "flash");
  const world = await GatewayWorld.open(t, {
    protocol: "simulated",
    links: ["trial: { type: simulated }"],
    devices: ["id: valve, mapping: device, link: trial"],
    mappings: { device: aMapping(memory, keys, options) },
  });
  await world.reads("/valve/5/0/3", 0);
  const running = (): unknown => JSON.parse(readFileSync(memory, "utf8")).version;
  return { world, running, slot: `${memory}.slot` };
}

for (const phase of ["transfer", "activate", "verify", "confirm"]) {
  test(`killed in ${phase}: the state stays Updating, and the device ends with the new version`, {
    timeout: 60_000,
  }, async (t) => {
    const { world, running, slot } = await aWorld(t);
    await world.write("/valve/5/0/0", IMAGE);
    await world.reads("/valve/5/0/3", 2);
    await world.execute("/valve/5/0/2");
    await world.printed(new RegExp(`"phase":"${phase}"`));
    // Some of it has arrived.
    if (phase === "transfer") while (!existsSync(slot) || statSync(slot).size < 3000) await world.pause();
    await world.kill();
    const had = statSync(slot).size;
    await world.startAgain();
    if (phase === "transfer") {
      await world.reads("/valve/5/0/3", 3);
      assert.ok(had < IMAGE.length && statSync(slot).size >= had, "it goes on behind what the device has");
    }
    await world.reads("/valve/5/0/5", 1);
    assert.equal(await world.read("/valve/5/0/3"), 0);
    assert.deepEqual(readFileSync(slot), IMAGE);
    assert.notEqual(running(), "1.0.0");
    const lines = await world.logOf(({ msg }) => msg === "the update failed");
    assert.deepEqual(lines, []);
  });
}

test("killed while it waits for Update, the image lies in the device; then it comes back with its old version", {
  timeout: 60_000,
}, async (t) => {
  const { world, running, slot } = await aWorld(t, "stage: before-update", ", revert: true");
  await world.write("/valve/5/0/0", IMAGE);
  while (!existsSync(slot) || statSync(slot).size < 3000) await world.pause();
  assert.equal(await world.read("/valve/5/0/3"), 1);
  await world.kill();
  await world.startAgain();
  await world.reads("/valve/5/0/3", 2);
  assert.deepEqual(readFileSync(slot), IMAGE);
  await world.kill();
  await world.startAgain();
  await world.reads("/valve/5/0/3", 2);
  await world.execute("/valve/5/0/2");
  await world.reads("/valve/5/0/5", 8);
  assert.equal(await world.read("/valve/5/0/3"), 0);
  assert.equal(running(), "1.0.0");
});

test("killed as soon as the server is answered: what it was told is on the disk", { timeout: 60_000 }, async (t) => {
  const { world, slot } = await aWorld(t);
  await world.write("/valve/5/0/0", IMAGE);
  await world.kill();
  assert.equal(stateOnDisk(world.state), 2);
  await world.startAgain();
  await world.reads("/valve/5/0/3", 2);
  await world.execute("/valve/5/0/2");
  await world.kill();
  assert.equal(stateOnDisk(world.state), 3);
  await world.startAgain();
  await world.reads("/valve/5/0/5", 1);
  assert.deepEqual(readFileSync(slot), IMAGE);
});

/** Resource 3, as the process after this one finds it. */
function stateOnDisk(state: string): unknown {
  const file = new GatewayFile(state, () => {});
  try {
    const [row] = file.use(({ db }) => loadFirmware(db));
    return JSON.parse(row?.content ?? "{}").update?.state;
  } finally {
    file.close();
  }
}
