/** mbpoll as master on a serial line: what `sim` plays on a pseudo-terminal. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startCommand } from "../support/command.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

everyTestIsAgainst("mbpoll", debianVersion("mbpoll"));

/** `sim` with two meters on a new pseudo-terminal; `poll` reads a float of one of them once. */
async function aBus(t: TestContext, ...options: readonly string[]) {
  if (!hasTool(t, "mbpoll", "apt-get install -y mbpoll")) return undefined;
  if (!hasTool(t, "socat", "apt-get install -y socat")) return undefined;
  const path = join(temporaryDirectory(t), "bus1");
  const sim = startCommand(t, "sim", "eastron-sdm630", "--unit", "3,4", "--pty", path, ...options);
  await sim.printed(/^playing .* on .*bus1$/m);
  const poll = async (unit: number): Promise<string> => {
    const line = ["-m", "rtu", "-b", "9600", "-P", "none", "-o", "0.5"];
    const what = ["-a", String(unit), "-0", "-r", "0", "-c", "1", "-t", "3:float", "-B", "-1", path];
    const { stdout, stderr } = await run(t, "mbpoll", [...line, ...what]);
    return `${stdout}${stderr}`;
  };
  return { sim, poll };
}

test("mbpoll reads two units on one line, and a third is silent", async (t) => {
  const bus = await aBus(t);
  if (bus === undefined) return;
  assert.match(await bus.poll(3), /\[0\]:\s+2[0-5]\d(\.\d+)?\s/);
  assert.match(await bus.poll(4), /\[0\]:\s+2[0-5]\d(\.\d+)?\s/);
  assert.match(await bus.poll(5), /timed out/);
  bus.sim.child.kill("SIGTERM");
  const { code, stderr } = await bus.sim.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("mbpoll sees the faults that were asked for", async (t) => {
  const broken = await aBus(t, "--faults", "crc");
  assert.match((await broken?.poll(3)) ?? "Invalid CRC", /Invalid CRC/);
  const busy = await aBus(t, "--faults", "exception:6");
  assert.match((await busy?.poll(3)) ?? "busy", /busy/);
});
