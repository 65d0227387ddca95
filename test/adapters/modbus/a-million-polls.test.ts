/** Memory stays flat over a million polls. Runs by night: `npm run test:nightly`; MODBUS_POLLS says how many. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { modbus } from "../../../adapters/modbus/index.ts";
import { type ModbusOptions, rtuOptionsSchema, tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import { aContext, pointsOf } from "../../support/modbus-device.ts";
import { type RunningProcess, start } from "../../support/process.ts";
import { aPtyPair } from "../../support/pty-pair.ts";

const { MODBUS_POLLS = "200" } = process.env;
const POLLS = Number(MODBUS_POLLS);
const SLAVE = fileURLToPath(new URL("../../support/quick-slave.ts", import.meta.url));
const KEYS = { level: { input: 0x1234, length: 80 } };
/** The first part warms up; in the rest the process may grow by no more than this, in MB. A short run only warms up. */
const WARM = 0.2;
const MOST_GROWTH = 24;
const LONG_RUN = 100_000;

test("poll after poll over TCP: no value is wrong, and memory is flat", async (t) => {
  const slave = aSlave(t, "tcp");
  const [, port] = await slave.printed(/port (\d+)/);
  await poll(t, tcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port) }));
});

test("poll after poll over a pseudo-terminal: no value is wrong, and memory is flat", async (t) => {
  const pty = await aPtyPair(t);
  if (pty === undefined) return;
  await aSlave(t, "rtu", pty.theirs).printed(/ready/);
  // The silence that the specification wants is of a real line; here it would be all of the time.
  await poll(t, rtuOptionsSchema.parse({ port: pty.ours, line: "4000000-8N1", gap: "0s", timeout: "1s" }));
});

function aSlave(t: TestContext, ...args: readonly string[]): RunningProcess {
  return start(t, process.execPath, [SLAVE, ...args]);
}

async function poll(t: TestContext, options: ModbusOptions): Promise<void> {
  const link = await modbus.open(options, aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  const device = await link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
  let warm = 0;
  const started = performance.now();
  for (let i = 0; i < POLLS; i++) {
    const { readings } = await device.read(["level"]);
    const value = readings[0]?.value;
    assert.ok(value instanceof Uint8Array && value.length === 80 && value[0] === 0x12 && value[79] === 0x34);
    if (i === Math.floor(POLLS * WARM)) warm = megabytes();
  }
  const [end, seconds] = [megabytes(), (performance.now() - started) / 1000];
  t.diagnostic(
    `${POLLS} polls, ${Math.round(POLLS / seconds)} a second; ${warm} MB after a fifth, ${end} MB at the end`,
  );
  if (POLLS >= LONG_RUN) assert.ok(end - warm < MOST_GROWTH, `the process grew from ${warm} to ${end} MB`);
}

function megabytes(): number {
  return Math.round(process.memoryUsage().rss / 1024 / 1024);
}
