/** The daemon as systemd has it: a process whose words are heard, and which is killed when it does not feed its watchdog. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { SECOND } from "../../src/clock.ts";
import { locateData } from "../../src/locate.ts";
import { logLines } from "../support/command.ts";
import { aService } from "../support/under-systemd.ts";

/** A busy machine feeds it all the same. */
const LIMIT = 8 * SECOND;
const POLL_SCHEDULE = pathToFileURL(locateData("src/devices/poll-schedule.ts")).href;

test("it is ready once it can be asked, shows how it stands, tells a reload and its end, and stops", async (t) => {
  const service = await aService(t);
  if (service === undefined) return;
  const { socket, gateway, folder } = service;
  assert.ok(existsSync(join(folder, "state/admin.sock")));
  assert.equal(
    socket.texts.find((text) => !/^EXTEND_TIMEOUT_USEC=/.test(text)),
    "READY=1",
  );
  await socket.got(/^STATUS=registered at 1 of 1 server, 1 of 1 device online, 0 waiting$/);

  const before = socket.texts.length;
  gateway.child.kill("SIGHUP");
  await socket.got(/^READY=1$/, before);
  assert.match(await socket.got(/^RELOADING=1/, before), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);

  writeFileSync(join(folder, "config.yaml"), "servers: nobody");
  const wrong = socket.texts.length;
  gateway.child.kill("SIGHUP");
  await socket.got(/^READY=1$/, wrong);

  gateway.child.kill("SIGTERM");
  await socket.got(/^STOPPING=1\nSTATUS=stopping/);
  const { code } = await gateway.outcome;
  assert.deepEqual([code, socket.texts.filter((text) => /WATCHDOG/.test(text))], [0, []]);
});

test("the watchdog is fed while everything moves", async (t) => {
  const service = await aService(t, { watchdog: LIMIT });
  if (service === undefined) return;
  const { socket, gateway } = service;
  for (let times = 0; times < 2; times++) {
    const before = socket.texts.length;
    await socket.got(/^WATCHDOG=1$/, before);
  }
  gateway.child.kill("SIGTERM");
  assert.equal((await gateway.outcome).code, 0);
});

for (const [part, name] of [
  ["store", "the store"],
  ["schedule", "the schedule of the devices"],
] as const) {
  test(`${name} stands still: the log names it, and the watchdog bites`, async (t) => {
    const service = await aService(t, { watchdog: LIMIT, environment: { STANDSTILL: part, POLL_SCHEDULE } });
    if (service === undefined) return;
    const { gateway } = service;
    gateway.child.kill("SIGUSR1");
    const { signal, stdout } = await gateway.outcome;
    assert.equal(signal, "SIGABRT");
    const told = logLines(stdout).filter(({ level }) => level === "error");
    assert.deepEqual(
      told.map(({ msg }) => msg),
      [`${name} stood still for 2 s: systemd kills the gateway in 2 s and starts it again, unless that changes`],
    );
  });
}

test("the event loop stands still: the watchdog bites", async (t) => {
  const service = await aService(t, { watchdog: LIMIT, environment: { STANDSTILL: "loop" } });
  if (service === undefined) return;
  service.gateway.child.kill("SIGUSR1");
  assert.equal((await service.gateway.outcome).signal, "SIGABRT");
});
