import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { hasTool } from "../support/foreign-tool.ts";
import { aDeviceOf, aSimulation, bytes, portOf } from "../support/modbus-device.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { run } from "../support/process.ts";

everyTestIsAgainst("mbpoll", debianVersion("mbpoll"));

const KEYS = {
  voltage: { input: 0, length: 4 },
  energy: { holding: 4, length: 4, write: true },
  level: { holding: 10, write: true },
  pump: { coil: 0, write: true },
  fan: { coil: 1, write: true },
  door: { discrete: 7 },
};

/** The simulated slave, and mbpoll for it: `poll` reads once, or writes where values are given. */
async function aMeter(t: TestContext) {
  if (!hasTool(t, "mbpoll", "apt-get install -y mbpoll")) return undefined;
  const meter = aDeviceOf(KEYS, { section: { unit_id: 17 }, refuse: ["fan"] });
  meter.values.set("voltage", bytes("43 66 80 00")).set("energy", bytes("3f 80 00 00")).set("level", bytes("01 f4"));
  meter.values.set("pump", true).set("fan", false).set("door", true);
  const simulation = await aSimulation([meter]);
  t.after(() => simulation.close());
  const poll = async (type: string, first: number, count: number, ...more: readonly string[]): Promise<string> => {
    const where = ["-m", "tcp", "-p", String(portOf(simulation)), "-a", "17", "-0", "-r", String(first)];
    const what = more.includes("127.0.0.1") ? more : ["-c", String(count), "-1", ...more, "127.0.0.1"];
    const { stdout, stderr } = await run(t, "mbpoll", [...where, "-t", type, ...what]);
    return `${stdout}${stderr}`;
  };
  return { meter, poll };
}

test("mbpoll reads all four tables, floats with the high word first", async (t) => {
  const slave = await aMeter(t);
  if (slave === undefined) return;
  const { poll } = slave;
  assert.match(await poll("3:float", 0, 1, "-B"), /\[0\]:\s+230\.5/);
  assert.match(await poll("3:hex", 0, 2), /\[0\]:\s+0x4366\s+\[1\]:\s+0x8000/);
  assert.match(await poll("4:float", 4, 1, "-B"), /\[4\]:\s+1\s/);
  assert.match(await poll("4", 10, 1), /\[10\]:\s+500/);
  assert.match(await poll("0", 0, 2), /\[0\]:\s+1\s+\[1\]:\s+0/);
  assert.match(await poll("1", 7, 1), /\[7\]:\s+1/);
});

test("mbpoll writes a coil, a register and a float", async (t) => {
  const slave = await aMeter(t);
  if (slave === undefined) return;
  const { meter, poll } = slave;
  assert.match(await poll("0", 0, 1, "127.0.0.1", "0"), /Written 1 references/);
  assert.match(await poll("4", 10, 1, "127.0.0.1", "42"), /Written 1 references/);
  assert.match(await poll("4:float", 4, 1, "-B", "127.0.0.1", "230.5"), /Written 1 references/);
  assert.equal(meter.values.get("pump"), false);
  assert.deepEqual(meter.values.get("level"), bytes("00 2a"));
  assert.deepEqual(meter.values.get("energy"), bytes("43 66 80 00"));
});

test("mbpoll understands the exceptions: no such address, a value that is refused", async (t) => {
  const slave = await aMeter(t);
  if (slave === undefined) return;
  const { poll } = slave;
  assert.match(await poll("4", 200, 1), /Illegal data address/);
  assert.match(await poll("0", 1, 1, "127.0.0.1", "1"), /Illegal data value/);
});
