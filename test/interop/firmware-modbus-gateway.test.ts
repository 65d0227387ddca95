/** A server updates a slave of pymodbus through the whole gateway, by files and by registers, whatever happens meanwhile. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { anImage } from "../support/an-image.ts";
import { type RunningProcess, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { findBootloader } from "./modbus/pymodbus.ts";

const LIMIT = { timeout: 120_000 };
/** Object 5: Package, Update, State, Update Result; and the version that the device says. */
const PACKAGE = "/board-1/5/0/0";
const UPDATE = "/board-1/5/0/2";
const STATE = "/board-1/5/0/3";
const RESULT = "/board-1/5/0/5";
const VERSION = "/board-1/3/0/3";

const STATUS = "{ input: 32, ready: [0, 3], busy: 1, errors: { 2: flash-full, 4: crc, 5: bad-image }, poll: 20ms }";
const WAYS = {
  "modbus-file": "commit: { holding: 512, done: 3 }",
  "modbus-registers": `size: { holding: 514, as: u32 }
    crc: { holding: 516, alg: crc16-modbus }
    index: { holding: 4095 }
    base: 4096
    next: { input: 33 }
    commit: { holding: 518, done: 3 }`,
};
type Way = keyof typeof WAYS;

const mapping = (via: Way): string => `modbus: { unit_id: 1 }
identity: { firmware_version: { input: 16, as: string, length: 8, poll: connect } }
firmware:
  via: ${via}
  transfer:
    ack_timeout: 1s
    retries: 1
    status: ${STATUS}
    ${WAYS[via]}
  version: 3/0/3
  expect: changed
  verify: { within: 6s, poll: 1s, settle: 1s }
objects:
  3303: { sensor_value: { input: 0, as: s16, scale: 0.1, unit: Cel } }
`;

interface Updated {
  readonly slave: RunningProcess;
  /** Starts it anew where it was, once it has ended. */
  readonly again: () => Promise<RunningProcess>;
  /** What it took. */
  readonly file: string;
  readonly world: GatewayWorld;
  readonly image: ReturnType<typeof anImage>;
}

/** An update that has been begun; undefined, the test being skipped, where there is no pymodbus. */
async function updated(t: TestContext, via: Way, ...args: readonly string[]): Promise<Updated | undefined> {
  const found = findBootloader(t);
  if (found === undefined) return undefined;
  const file = join(temporaryDirectory(t), "firmware.bin");
  const run = async (...more: readonly string[]) => {
    const slave = start(t, found.python, [found.program, "tcp", file, "--pause", "10", ...args, ...more]);
    const [, port = ""] = await slave.printed(/port (\d+)/);
    return { slave, port };
  };
  const { slave, port } = await run();
  const world = await GatewayWorld.open(t, {
    links: [`bus: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, reconnect: 100ms }`],
    devices: ["id: board-1, mapping: board, link: bus"],
    mappings: { board: mapping(via) },
    protocol: "modbus",
  });
  await world.reads(VERSION, "1.0.0");
  const image = anImage(via === "modbus-file" ? 60_000 : 30_000);
  await world.write(PACKAGE, image.bytes);
  await world.reads(STATE, 2);
  await world.execute(UPDATE);
  return { slave, again: async () => (await run("--port", port)).slave, file, world, image };
}

/** The device runs the image, which is what was pushed. */
async function believed({ world, file, image }: Updated): Promise<void> {
  await world.reads(RESULT, 1);
  assert.equal(await world.read(STATE), 0);
  await world.reads(VERSION, "2.0.0");
  assert.ok(readFileSync(file).equals(image.bytes));
}

async function begunTimes({ child, outcome }: RunningProcess): Promise<number> {
  child.kill("SIGKILL");
  const { stdout } = await outcome;
  return stdout.match(/^begin$/gm)?.length ?? 0;
}

for (const via of ["modbus-file", "modbus-registers"] as const) {
  test(
    `${via}: pushed, sent, committed and believed, though the gateway is killed in the middle: it goes on there`,
    LIMIT,
    async (t) => {
      const update = await updated(t, via);
      if (update === undefined) return;
      await update.slave.printed(/block 200/);
      await update.world.kill();
      assert.ok(!existsSync(update.file), "it was in the middle");
      await update.world.startAgain();
      assert.equal(await update.world.read(STATE), 3);
      await believed(update);
      assert.equal(await begunTimes(update.slave), 1, "what it had was not sent again");
    },
  );

  test(
    `${via}: gateway and device are both killed in the middle: the device has forgotten, and gets all of it`,
    LIMIT,
    async (t) => {
      const update = await updated(t, via);
      if (update === undefined) return;
      await update.slave.printed(/block 200/);
      await update.world.kill();
      update.slave.child.kill("SIGKILL");
      await update.slave.outcome;
      const again = await update.again();
      await update.world.startAgain();
      await believed(update);
      assert.equal(await begunTimes(again), 1);
    },
  );

  test(
    `${via}: a device that is lost in the middle is waited for, with what it has; then it is gone on with`,
    LIMIT,
    async (t) => {
      const update = await updated(t, via);
      if (update === undefined) return;
      const { slave, world, image } = update;
      await slave.printed(/block 50/);
      slave.child.kill("SIGSTOP");
      await world.printed(/"code":"LG576"/);
      const [firmware] = await world.firmware();
      assert.equal(firmware?.state, 3);
      assert.equal(firmware.progress?.phase, "transfer");
      assert.equal(firmware.progress.total, image.size);
      const { bytes } = firmware.progress;
      assert.ok(bytes > 0 && bytes < image.size, `${bytes} bytes`);
      slave.child.kill("SIGCONT");
      await believed(update);
      assert.equal(await begunTimes(slave), 1, "what it had was not sent again");
    },
  );

  const failures = [
    ["an image that is for another device: result 6", 6, "--magic", "00c0ffee"],
    ["a device without room: result 2", 2, "--room", "8000"],
    ["a device that runs its old version again was not updated: result 8", 8, "--stubborn"],
  ] as const;
  for (const [name, result, ...args] of failures) {
    test(`${via}: ${name}, and the image is given up`, LIMIT, async (t) => {
      const update = await updated(t, via, ...args);
      if (update === undefined) return;
      const { world, file } = update;
      await world.reads(RESULT, result);
      assert.equal(await world.read(STATE), 0);
      await world.reads(VERSION, "1.0.0");
      assert.equal(existsSync(file), args[0] === "--stubborn");
    });
  }
}
