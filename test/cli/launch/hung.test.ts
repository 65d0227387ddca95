/** A version whose event loop hangs, under a service manager that kills who does not feed its watchdog: the one before is back. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { SECOND } from "../../../src/clock.ts";
import { systemCode } from "../../../src/errors.ts";
import { OWN_SCHEMAS } from "../../../src/gateway/firmware/own-versions.ts";
import { locateData } from "../../../src/locate.ts";
import { anArtefact, aVendor } from "../../support/artefact.ts";
import { aConfig, aFolder, PROGRAM } from "../../support/command.ts";
import { aDatagramSocket } from "../../support/datagram-socket.ts";
import { run, start } from "../../support/process.ts";
import { killUnfed } from "../../support/under-systemd.ts";

/** It hangs on purpose: whether a busy machine would have fed it is of no interest. */
const LIMIT = 2 * SECOND;

test("a version that hangs in its trial is bitten by the watchdog three times, and taken back", {
  timeout: 300_000,
}, async (t) => {
  const socket = await aDatagramSocket(t);
  if (socket === undefined) return;
  const world = await aWorld(t);
  await world.useVersion();
  const watched = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: String(LIMIT * 1000), STANDSTILL: "loop" };
  for (let starts = 0; starts < 3; starts++) {
    const before = socket.texts.length;
    const gateway = world.start(watched);
    killUnfed(t, { socket, gateway, watchdog: LIMIT });
    await socket.got(/READY=1/, before);
    const child = childOf(gateway.child.pid);
    t.after(() => endOf(child));
    process.kill(child, "SIGUSR1");
    const [, signal] = await once(gateway.child, "exit");
    assert.equal(signal, "SIGABRT");
    // KillMode=mixed: what is left of the service.
    endOf(child);
    await gateway.outcome;
  }
  const installed = world.start({});
  await installed.printed(/"code":"LG561".*"reason":"it ended by itself 3 times before it registered"/);
  await installed.printed(/"msg":"started"/);
  assert.ok(!readFileSync(`/proc/${installed.child.pid}/cmdline`, "utf8").includes("versions"));
});

/** Whose server does not answer, so that nothing is believed. */
async function aWorld(t: TestContext) {
  const silent = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => silent.close());
  await once(silent, "listening");
  const vendor = aVendor();
  const self = "state: state, firmware: { self: { keys: [ vendor.pub ] } }";
  const text = aConfig({ server: silent.address().port }).replace("32473-test", `32473-test, ${self}`);
  const folder = aFolder(t, { "config.yaml": text, "vendor.pub": vendor.publicPem });
  const [state, config] = [join(folder, "state"), join(folder, "config.yaml")];
  mkdirSync(state);
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, STATE_DIRECTORY: state };
  const standstill = ["--import", locateData("test/support/standstill.mjs")];
  return {
    /** It is this program, by another name. */
    useVersion: async (): Promise<void> => {
      const files = {
        "package.json": JSON.stringify({ version: "9.1.0", type: "module" }),
        "dist/src/main.js": `await import(${JSON.stringify(pathToFileURL(PROGRAM).href)});`,
      };
      const file = await anArtefact({ folder, vendor, version: "9.1.0", files, state: OWN_SCHEMAS });
      const used = await run(t, process.execPath, [PROGRAM, "version", "use", file, "--config", config], { env });
      assert.equal(used.code, 0, used.stderr);
    },
    start: (more: NodeJS.ProcessEnv) =>
      start(t, process.execPath, [...standstill, PROGRAM, "run", "--config", config], { env: { ...env, ...more } }),
  };
}

/** Of a version on trial there are two processes: who watches it, and itself. */
function childOf(pid = 0): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

/** So far as it is not over. */
function endOf(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    assert.equal(systemCode(error), "ESRCH");
  }
}
