import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import test from "node:test";
import { type LoadedAddon, loadAddon } from "../../src/service/native.ts";
import { type Notify, notifier } from "../../src/service/notify.ts";
import { aDatagramSocket } from "../support/datagram-socket.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

const MISSING: LoadedAddon = { missing: "there is none" };

function telling(socket: string, addon: LoadedAddon, lines: LogLine[] = [], PATH = ownPath()): Notify {
  const notify = notifier({ environment: { NOTIFY_SOCKET: socket, PATH }, addon, log: recordingLogger(lines) });
  assert.ok(notify);
  return notify;
}

test("where nobody wants to know, nobody is told", () => {
  assert.equal(notifier({ environment: {}, addon: loadAddon(), log: recordingLogger([]) }), undefined);
});

for (const kind of ["a path", "an abstract name"]) {
  test(`lines go as one datagram to ${kind}`, async (t) => {
    const name = kind === "a path" ? undefined : `@lwm2m-gateway-test-${process.pid}`;
    const socket = await aDatagramSocket(t, name);
    if (socket === undefined) return;
    const lines: LogLine[] = [];
    const notify = telling(socket.path, loadAddon(), lines);
    notify(["READY=1", "STATUS=all is well"]);
    notify(["WATCHDOG=1"]);
    await socket.got(/WATCHDOG/);
    assert.deepEqual(socket.texts, ["READY=1\nSTATUS=all is well", "WATCHDOG=1"]);
    assert.deepEqual(lines, []);
  });
}

test("without the addon systemd-notify says it, in order, and the log says once why", async (t) => {
  if (!hasTool(t, "systemd-notify", "apt-get install -y systemd")) return;
  const socket = await aDatagramSocket(t);
  if (socket === undefined) return;
  const lines: LogLine[] = [];
  const notify = telling(socket.path, MISSING, lines);
  notify(["READY=1", "STATUS=of several words"]);
  notify(["STOPPING=1"]);
  await socket.got(/STOPPING/);
  const told = socket.texts.filter((text) => /READY|STOPPING/.test(text));
  assert.deepEqual(told, ["READY=1\nSTATUS=of several words", "STOPPING=1"]);
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [["warn", { reason: "there is none" }]],
  );
});

test("a service manager that is not there is complained of once", () => {
  const lines: LogLine[] = [];
  const notify = telling(join("/no/such/folder", "socket"), loadAddon(), lines);
  notify(["READY=1"]);
  notify(["WATCHDOG=1"]);
  assert.deepEqual(
    lines.map(({ fields }) => fields),
    [{ reason: "/no/such/folder/socket: ENOENT" }],
  );
});

test("a systemd-notify that fails is complained of once, and the next word is said all the same", async (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\necho "$1" >> "${folder}/said"\nexit 3\n`, { mode: 0o755 });
  const lines: LogLine[] = [];
  const notify = telling("/nowhere", MISSING, lines, [folder, ownPath()].join(delimiter));
  notify(["READY=1"]);
  notify(["WATCHDOG=1"]);
  await settleUntil("it failed", () => lines.length === 2);
  assert.deepEqual(lines[1]?.fields, { reason: "systemd-notify ended with 3" });
});

test("what is no path, or no bytes, is an error and not a crash", () => {
  const addon = loadAddon();
  assert.ok("native" in addon, "missing" in addon ? addon.missing : "");
  const { sendDatagram, trimMemory } = addon.native;
  assert.throws(() => sendDatagram("", new Uint8Array(1)), /path of a socket/);
  assert.throws(() => sendDatagram("/".repeat(108), new Uint8Array(1)), /path of a socket/);
  assert.throws(() => Reflect.apply(sendDatagram, undefined, ["/x", "text"]), /Uint8Array/);
  assert.throws(() => Reflect.apply(sendDatagram, undefined, []), /path of a socket/);
  assert.notEqual(sendDatagram("/no/such/socket", new Uint8Array(0)), 0);
  trimMemory();
});

function ownPath(): string {
  const { PATH = "" } = process.env;
  return PATH;
}
