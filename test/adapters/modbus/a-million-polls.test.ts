/**
 * Memory stays flat over a million polls, nine of ten over TCP. Runs by night: `npm run test:nightly`; MODBUS_POLLS says how many.
 * Over a pseudo-terminal they are rarer, because the silence between frames of RTU is kept there too: 1.75 ms.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { modbus } from "../../../adapters/modbus/index.ts";
import { type ModbusOptions, rtuOptionsSchema, tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import { aContext, pointsOf } from "../../support/modbus-device.ts";
import { type RunningProcess, start } from "../../support/process.ts";
import { aPtyPair } from "../../support/pty-pair.ts";

const { MODBUS_POLLS = "200" } = process.env;
const OVER_PTY = Math.floor(Number(MODBUS_POLLS) / 10);
const OVER_TCP = Number(MODBUS_POLLS) - OVER_PTY;
const SLAVE = fileURLToPath(new URL("../../support/quick-slave.ts", import.meta.url));
const KEYS = { level: { input: 0x1234, length: 80 } };
/** Memory is looked at so often; the first two parts warm up. */
const PARTS = 10;
const WARM = 2;
/** What is in use when garbage was collected may grow by no more than this over the rest, in MB: two bytes a poll. */
const MOST_GROWTH = 2;
/** A shorter run only warms up. */
const LONG_RUN = 100_000;

test("poll after poll over TCP: no value is wrong, and memory is flat", async (t) => {
  const slave = aSlave(t, "tcp");
  const [, port] = await slave.printed(/port (\d+)/);
  await poll(t, tcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port) }), OVER_TCP);
});

test("poll after poll over a pseudo-terminal: no value is wrong, and memory is flat", async (t) => {
  const pty = await aPtyPair(t);
  if (pty === undefined) return;
  await aSlave(t, "rtu", pty.theirs).printed(/ready/);
  const options = rtuOptionsSchema.parse({ port: pty.ours, line: "4000000-8N1", gap: "0s", timeout: "10s" });
  await poll(t, options, OVER_PTY);
});

// Node has this function behind a flag only, which a test file cannot ask to be started with.
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function aSlave(t: TestContext, ...args: readonly string[]): RunningProcess {
  return start(t, process.execPath, [SLAVE, ...args]);
}

async function poll(t: TestContext, options: ModbusOptions, polls: number): Promise<void> {
  const link = await modbus.open(options, aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  const device = await link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
  const resident: number[] = [];
  const used: number[] = [];
  const started = performance.now();
  for (let i = 1; i <= polls; i++) {
    const { readings } = await device.read(["level"]);
    const value = readings[0]?.value;
    assert.ok(value instanceof Uint8Array && value.length === 80 && value[0] === 0x12 && value[79] === 0x34);
    if (i % Math.ceil(polls / PARTS) !== 0 && i !== polls) continue;
    // What the process has, and what of it is in use: the first is as V8 likes it.
    resident.push(megabytes(process.memoryUsage.rss()));
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    used.push(megabytes(heapUsed + external));
  }
  const rate = Math.round((1000 * polls) / (performance.now() - started));
  t.diagnostic(`${polls} polls, ${rate} a second; MB after each tenth:`);
  t.diagnostic(`resident ${resident.map(Math.round).join(" ")}; in use ${used.map((mb) => mb.toFixed(1)).join(" ")}`);
  const growth = (used.at(-1) ?? 0) - (used[WARM - 1] ?? 0);
  if (polls >= LONG_RUN) assert.ok(growth < MOST_GROWTH, `what is in use grew by ${growth} MB`);
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
