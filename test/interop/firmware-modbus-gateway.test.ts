/** A server updates a slave of pymodbus through the whole gateway, which is killed meanwhile. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { anImage } from "../support/an-image.ts";
import { type RunningProcess, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { findBootloader } from "./modbus/pymodbus.ts";

const LIMIT = { timeout: 120_000 };

const BOARD = `modbus: { unit_id: 1 }
identity: { firmware_version: { input: 16, as: string, length: 8, poll: connect } }
firmware:
  via: modbus-registers
  transfer:
    size: { holding: 514, as: u32 }
    crc: { holding: 516, alg: crc16-modbus }
    index: { holding: 4095 }
    base: 4096
    status: { input: 32, ready: [0, 3], busy: 1, errors: { 2: flash-full, 4: crc }, poll: 20ms }
    next: { input: 33 }
    commit: { holding: 518, done: 3 }
  version: 3/0/3
  expect: changed
  verify: { within: 6s, poll: 1s, settle: 1s }
objects:
  3303: { sensor_value: { input: 0, as: s16, scale: 0.1, unit: Cel } }
`;

async function updated(t: TestContext, ...args: readonly string[]) {
  const found = findBootloader(t);
  if (found === undefined) return undefined;
  const file = join(temporaryDirectory(t), "firmware.bin");
  const slave: RunningProcess = start(t, found.python, [found.program, "tcp", file, ...args]);
  const [, port] = await slave.printed(/port (\d+)/);
  const world = await GatewayWorld.open(t, {
    links: [`bus: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, reconnect: 100ms }`],
    devices: ["id: board-1, mapping: board, link: bus"],
    mappings: { board: BOARD },
    protocol: "modbus",
  });
  await world.reads("/board-1/3/0/3", "1.0.0");
  const image = anImage(20_000);
  await world.write("/board-1/5/0/0", image.bytes);
  await world.reads("/board-1/5/0/3", 2);
  await world.execute("/board-1/5/0/2");
  return { slave, file, world, image };
}

test(
  "an image is pushed, sent in blocks, committed and believed, though the gateway is killed in the middle: it goes on there",
  LIMIT,
  async (t) => {
    const update = await updated(t);
    if (update === undefined) return;
    const { slave, file, world, image } = update;
    await slave.printed(/block 50/);
    await world.kill();
    await world.startAgain();
    await world.reads("/board-1/5/0/5", 1);
    assert.equal(await world.read("/board-1/5/0/3"), 0);
    await world.reads("/board-1/3/0/3", "2.0.0");
    assert.ok(readFileSync(file).equals(image.bytes));
    slave.child.kill("SIGKILL");
    const { stdout } = await slave.outcome;
    assert.equal(stdout.match(/^begin$/gm)?.length, 1, "what it had was not sent again");
  },
);

test("a device that runs its old version again was not updated: result 8", LIMIT, async (t) => {
  const update = await updated(t, "--stubborn");
  if (update === undefined) return;
  await update.world.reads("/board-1/5/0/5", 8);
  assert.equal(await update.world.read("/board-1/3/0/3"), "1.0.0");
});

test("a device without room: result 2, and the image is given up", LIMIT, async (t) => {
  const update = await updated(t, "--room", "8000");
  if (update === undefined) return;
  await update.world.reads("/board-1/5/0/5", 2);
  assert.equal(await update.world.read("/board-1/5/0/3"), 0);
});
