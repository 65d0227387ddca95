/**
 * What of a port's settings a pseudo-terminal shows: that they reach it. It has no lines, and knows 8 data bits without parity alone:
 * that RTS and CTS hold anything back, and what a wrong parity does, it cannot show.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type PortSettings, SerialPort } from "../../../adapters/wires/serial-port.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";
import { settle, settleUntil } from "../../support/fake-clock.ts";
import { hasTool } from "../../support/foreign-tool.ts";
import { aPtyPair } from "../../support/pty-pair.ts";

const XON = 0x11;
const XOFF = 0x13;

/** A port and the far end of its wire; undefined, the test being skipped, where there is no socat. */
async function aPort(t: TestContext, flow: PortSettings["flow"], line = "9600-8N1") {
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const heard: number[] = [];
  const far: number[] = [];
  const lost: string[] = [];
  const open = (path: string, settings: PortSettings, into: number[]): Promise<SerialPort> =>
    SerialPort.open(
      path,
      settings,
      { onData: (chunk) => into.push(...chunk), onLost: ({ message }) => lost.push(message) },
      new AbortController().signal,
    );
  const port = await open(pty.ours, { ...parseSerialSettings(line), flow }, heard);
  const theirs = await open(pty.theirs, parseSerialSettings("9600-8N1"), far);
  t.after(() => {
    port.close();
    theirs.close();
  });
  return { pty, port, theirs, heard, far, lost };
}

/** What the system says of the terminal that this process has open under this path, in words of stty. */
function settingsAt(path: string): readonly string[] {
  const target = realpathSync(path);
  const isIt = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === target;
    } catch {
      return false;
    }
  };
  const fd = readdirSync("/proc/self/fd").find(isIt) ?? assert.fail(`${path} is not open`);
  // The port is locked: it is looked at as it is open.
  return spawnSync("stty", ["-a"], { stdio: [Number(fd), "pipe", "pipe"], encoding: "utf8" }).stdout.split(/[\s;]+/);
}

for (const [flow, words] of [
  ["none", ["-crtscts", "-ixon", "-ixoff"]],
  ["rts-cts", ["crtscts", "-ixon", "-ixoff"]],
  ["xon-xoff", ["-crtscts", "ixon", "ixoff"]],
] as const) {
  test(`flow: ${flow} reaches the port, and so does the speed`, async (t) => {
    const world = await aPort(t, flow, "2400-8N1");
    if (world === undefined || !hasTool(t, "stty", "apt-get install -y coreutils")) return;
    const settings = settingsAt(world.pty.ours);
    for (const word of [...words, "2400"]) assert.ok(settings.includes(word), `${word}: ${settings}`);
  });
}

test("with xon-xoff the device holds us back, and lets us go on", async (t) => {
  const world = await aPort(t, "xon-xoff");
  if (world === undefined) return;
  const { port, theirs, heard, far } = world;
  // What comes behind the sign shows that the sign has come.
  await theirs.write(Uint8Array.of(0x61, XOFF, 0x62));
  await settleUntil("the sign has come", () => heard.length === 2);
  const written = port.write(Buffer.from("held"));
  for (let i = 0; i < 20; i++) await settle();
  assert.deepEqual(far, []);
  await theirs.write(Uint8Array.of(XON));
  await written;
  await settleUntil("it goes on", () => far.length === 4);
  assert.deepEqual(heard, [0x61, 0x62]);
});

test("without it these signs are bytes like any other", async (t) => {
  const world = await aPort(t, "none");
  if (world === undefined) return;
  const { theirs, heard } = world;
  await theirs.write(Uint8Array.of(0x61, XOFF, XON, 0x62));
  await settleUntil("all has come", () => heard.length === 4);
  assert.deepEqual(heard, [0x61, XOFF, XON, 0x62]);
});

test("lines that a port does not have are told, and it is used all the same", async (t) => {
  const world = await aPort(t, "none");
  if (world === undefined) return;
  const { port, far, lost } = world;
  assert.match((await port.setLines({ dtr: true, rts: false })) ?? "", /ioctl/i);
  await port.write(Buffer.from("x"));
  await settleUntil("it came", () => far.length === 1);
  assert.deepEqual(lost, []);
});

test("a port that is open is locked to others, and free again once it is closed", async (t) => {
  const world = await aPort(t, "none");
  if (world === undefined) return;
  const { port, pty } = world;
  const again = (): Promise<SerialPort> =>
    SerialPort.open(
      pty.ours,
      parseSerialSettings("9600-8N1"),
      { onData: () => {}, onLost: () => {} },
      new AbortController().signal,
    );
  await assert.rejects(again(), /in use/);
  port.close();
  (await again()).close();
});
