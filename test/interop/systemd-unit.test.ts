/** The unit, and the drop-in that is shipped beside it, as systemd reads them. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { aConfig, aFolder, aServer, PROGRAM } from "../support/command.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { run, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

everyTestIsAgainst("systemd", debianVersion("systemd"));

const UNIT = "lwm2m-gateway.service";
const DROP_IN = "bluetooth-hci-user.conf";

/** Of 10; the last tenths are what the gateway is for: the network, serial ports, the admin socket. */
const MOST_EXPOSED = 2;

test("systemd finds the unit narrow", async (t) => {
  if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
  const file = join(temporaryDirectory(t), UNIT);
  cpSync(locateData(`systemd/${UNIT}`), file);
  const { stdout } = await run(t, "systemd-analyze", ["security", "--offline=yes", "--no-pager", file]);
  const [, exposed = "10"] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  assert.ok(Number(exposed) <= MOST_EXPOSED, stdout);
});

test("systemd finds nothing to say about the helper, which is narrower still", async (t) => {
  if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
  const folder = temporaryDirectory(t);
  const [socket, service] = ["lwm2m-gateway-helper.socket", "lwm2m-gateway-helper@.service"];
  cpSync(locateData(`systemd/${socket}`), join(folder, socket));
  cpSync(locateData(`systemd/${service}`), join(folder, service));
  const instance = join(folder, service.replace("@", "@1"));
  cpSync(join(folder, service), instance);
  const verified = await run(t, "systemd-analyze", ["verify", "--man=no", join(folder, socket), instance]);
  assert.deepEqual([verified.code, verified.stdout, verified.stderr], [0, "", ""]);
  const { stdout } = await run(t, "systemd-analyze", ["security", "--offline=yes", "--no-pager", instance]);
  const [, exposed = "10"] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  assert.ok(Number(exposed) <= 1, stdout);
});

test("what the gateway asks of the kernel is what the unit allows", async (t) => {
  if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
  if (!hasTool(t, "strace", "apt-get install -y strace")) return;
  const { server } = await aServer(t);
  const devices = ["{ id: room, mapping: simulated-climate, link: trial }"];
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }) });
  const traced = join(folder, "calls");
  const args = [process.execPath, PROGRAM, "run", "--config", join(folder, "config.yaml")];
  const gateway = start(t, "strace", ["-f", "-qq", "-o", traced, ...args]);
  await gateway.printed(/"msg":"the device is online"/);
  const [, pid = ""] = /^(\d+)/.exec(readFileSync(traced, "utf8")) ?? [];
  process.kill(Number(pid), "SIGHUP");
  await gateway.printed(/"msg":"configuration reloaded"/);
  process.kill(Number(pid), "SIGTERM");
  await gateway.outcome;
  const used = new Set([...readFileSync(traced, "utf8").matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = ""]) => name));
  assert.ok(used.has("openat"), "strace told nothing");
  const allowed = allowedCalls((await run(t, "systemd-analyze", ["syscall-filter"])).stdout);
  // Who is root keeps the owner of a file: the user of the unit is not.
  if (process.getuid?.() === 0) for (const name of ["fchown", "lchown"]) allowed.add(name);
  assert.deepEqual(
    [...used].filter((name) => !allowed.has(name)),
    [],
  );
});

/** What SystemCallFilter= of the unit comes to, by the sets that systemd-analyze lists. */
function allowedCalls(listing: string): Set<string> {
  const sets = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of listing.split("\n")) {
    if (line.startsWith("@")) {
      current = [];
      sets.set(line.trim(), current);
    } else if (/^ +[@\w]/.test(line)) current.push(line.trim());
  }
  const callsOf = (name: string): readonly string[] =>
    name.startsWith("@") ? (sets.get(name) ?? []).flatMap(callsOf) : [name];
  const denied = new Set([...callsOf("@privileged"), ...callsOf("@resources")]);
  const wanted = callsOf("@system-service").filter((name) => !denied.has(name));
  return new Set([...wanted, ...callsOf("@default"), "setpriority"]);
}

for (const dropIns of [[], [DROP_IN]]) {
  test(`systemd finds nothing to say about the unit${dropIns.length > 0 ? ` with ${dropIns}` : ""}`, async (t) => {
    if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
    const folder = temporaryDirectory(t);
    cpSync(locateData(`systemd/${UNIT}`), join(folder, UNIT));
    mkdirSync(join(folder, `${UNIT}.d`));
    for (const name of dropIns) cpSync(locateData(`systemd/${name}`), join(folder, `${UNIT}.d`, name));
    const { code, stdout, stderr } = await run(t, "systemd-analyze", ["verify", "--man=no", join(folder, UNIT)]);
    // What it does not understand it leaves out, and ends with 0.
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  });
}
