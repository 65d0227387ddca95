import assert from "node:assert/strict";
import { existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasTool } from "../../../support/foreign-tool.ts";
import { aDeviceOf, aSimulation } from "../../../support/modbus-device.ts";
import { temporaryDirectory } from "../../../support/temp.ts";

const play = (pty: string) => aSimulation([aDeviceOf({ level: { holding: 0 } })], { type: "modbus-rtu", pty });

test("a pseudo-terminal takes no name that a file or other devices have, and leaves both as they are", async (t) => {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return;
  const folder = temporaryDirectory(t);
  const [file, bus] = [join(folder, "file"), join(folder, "bus")];
  writeFileSync(file, "kept");
  await assert.rejects(play(file), /file is there already \(a file of another kind\): expected a name that is free/);
  assert.equal(readFileSync(file, "utf8"), "kept");
  const first = await play(bus);
  t.after(() => first.close());
  const terminal = readlinkSync(bus);
  await assert.rejects(play(bus), /bus is there already \(other simulated devices may have it\)/);
  assert.equal(readlinkSync(bus), terminal);
});

test("a name that a killed program left is taken, and gone in the end", async (t) => {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return;
  const bus = join(temporaryDirectory(t), "bus");
  symlinkSync("/dev/pts/nobody", bus);
  const simulation = await play(bus);
  assert.ok(existsSync(bus));
  await simulation.close();
  assert.ok(!existsSync(bus));
});
