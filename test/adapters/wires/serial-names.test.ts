import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { adviseLinks } from "../../../adapters/modbus/link-advice.ts";
import { rtuOptionsSchema, tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import {
  isNumbered,
  latencyTimer,
  stableNameOf,
  stableNames,
  whyNotOpen,
} from "../../../adapters/wires/serial-names.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const FAILURE = new Error("Error: No such file or directory, cannot open");

/** A machine with an FTDI adapter at ttyUSB0. */
function aMachine(t: TestContext) {
  const root = temporaryDirectory(t);
  const system = { dev: join(root, "dev"), sys: join(root, "sys"), proc: join(root, "proc") };
  const port = join(system.dev, "ttyUSB0");
  const stable = join(system.dev, "serial/by-id/usb-FTDI_USB-RS485_A10K-if00-port0");
  const timer = join(system.sys, "bus/usb-serial/devices/ttyUSB0/latency_timer");
  for (const file of [port, stable, timer, join(system.proc, "17/comm")]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(port, "");
  symlinkSync("../../ttyUSB0", stable);
  writeFileSync(timer, "16\n");
  return { root, system, port, stable };
}

test("the name of an adapter that stays is found by the one that moves", async (t) => {
  const { system, port, stable } = aMachine(t);
  assert.deepEqual(await stableNames(system), [stable]);
  assert.equal(await stableNameOf(port, system), stable);
  assert.equal(await stableNameOf(join(system.dev, "ttyUSB1"), system), undefined);
  assert.deepEqual(["/dev/ttyUSB0", "/dev/ttyACM12", "/dev/ttyS0", stable].map(isNumbered), [true, true, false, false]);
});

test("the latency timer of an FTDI adapter is found by either name; other ports have none", async (t) => {
  const { system, port, stable } = aMachine(t);
  assert.equal(await latencyTimer(port, system), 16);
  assert.equal(await latencyTimer(stable, system), 16);
  assert.equal(await latencyTimer("/dev/ttyS0", system), undefined);
});

test("a port that is not there is answered with those that are", async (t) => {
  const { root, system, stable } = aMachine(t);
  const missing = join(root, "dev/ttyUSB7");
  assert.equal(await whyNotOpen(missing, FAILURE, system), `there is no port ${missing}; there are: ${stable}`);
  assert.equal(
    await whyNotOpen(missing, FAILURE, { ...system, dev: join(root, "none") }),
    `there is no port ${missing}; no USB adapter with a serial port is plugged in (ls /dev/serial/by-id)`,
  );
});

test("what is no port, or is held by somebody, is told as that", async (t) => {
  const { system, port } = aMachine(t);
  assert.equal(await whyNotOpen(port, FAILURE, system), `${port} is no serial port`);
  mkdirSync(join(system.proc, "17/fd"));
  writeFileSync(join(system.proc, "17/comm"), "mbpoll\n");
  assert.equal(await whyNotOpen("/dev/null", FAILURE, system), "/dev/null is no serial port");
  // Every machine has this terminal.
  assert.match(
    await whyNotOpen("/dev/ptmx", FAILURE, system),
    /^the port \/dev\/ptmx cannot be opened: .*sudo fuser -v/,
  );
  symlinkSync(realpathSync("/dev/ptmx"), join(system.proc, "17/fd/3"));
  assert.equal(await whyNotOpen("/dev/ptmx", FAILURE, system), "the port /dev/ptmx is in use by mbpoll (process 17)");
  writeFileSync(join(system.proc, "17/cmdline"), "/usr/bin/node\0--flag\0/opt/a b/lwm2m-gateway.mjs\0run\0");
  assert.match(await whyNotOpen("/dev/ptmx", FAILURE, system), /in use by lwm2m-gateway \(process 17\)$/);
});

test("check names a port that moves, a slow adapter, and links that share a wire", async (t) => {
  const { system, port, stable } = aMachine(t);
  const rtu = (path: string) => rtuOptionsSchema.parse({ port: path, line: "9600-8N1" });
  const tcp = (keys: object = {}) => tcpOptionsSchema.parse({ host: "10.0.4.20", ...keys });
  const advice = await adviseLinks(
    [
      { id: "a", options: rtu(port) },
      { id: "b", options: rtu("/dev/ttyS1") },
      { id: "c", options: rtu("/dev/ttyS1") },
      { id: "box", options: tcp() },
      { id: "box-2", options: tcp() },
      { id: "box-3", options: tcp({ behind: "box" }) },
      { id: "box-4", options: tcp({ port: 503 }) },
    ],
    system,
  );
  assert.deepEqual(
    advice.map(({ link, message }) => `${link}: ${message}`),
    [
      'c: the port /dev/ttyS1 is that of the link "b" already: a port can be opened once; put the devices of both on one link',
      'box-2: 10.0.4.20:502 is that of the link "box" already: two talkers on one device or line; put the devices of both on one link, or let them take turns by behind: box',
      `a: ${port} may be another adapter after the next start or plugging in; use ${stable}`,
      `a: the adapter of ${port} holds every answer back for up to 16 ms (latency_timer); 1 ms is best, see "USB adapters" in docs/modbus.md`,
    ],
  );
});
