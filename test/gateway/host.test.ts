import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import { bootOf, clockSign } from "../../src/gateway/host.ts";
import { temporaryDirectory } from "../support/temp.ts";

const NOW = Date.UTC(2026, 5, 1);

/** A file system with these files. */
function machine(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const clockAt = (time: number): Readonly<Record<string, string>> => ({
  "sys/class/rtc/rtc0/hctosys": "1\n",
  "sys/class/rtc/rtc0/since_epoch": `${time / SECOND}\n`,
});

test("a container shows nothing of the clock", (t) => {
  assert.deepEqual(clockSign(machine(t, {}), NOW), { type: "none" });
});

test("systemd-timesyncd searches until it has synchronized", (t) => {
  const by = "systemd-timesyncd";
  assert.deepEqual(clockSign(machine(t, { "run/systemd/timesync/x": "" }), NOW), { type: "searching", by });
  const synchronized = machine(t, { "run/systemd/timesync/synchronized": "", ...clockAt(NOW) });
  assert.deepEqual(clockSign(synchronized, NOW), { type: "synchronized", by });
});

test("a clock with a battery counts where the kernel took its time from it, also in local time", (t) => {
  for (const time of [NOW, NOW - SECOND, NOW + 14 * HOUR]) {
    const root = machine(t, { "run/systemd/timesync/x": "", ...clockAt(time) });
    assert.deepEqual(clockSign(root, NOW), { type: "battery", by: "rtc0" });
  }
  const unused = machine(t, { ...clockAt(NOW), "sys/class/rtc/rtc0/hctosys": "0\n" });
  assert.deepEqual(clockSign(unused, NOW), { type: "none" });
});

test("a clock without a battery says 1970, and is none", (t) => {
  assert.deepEqual(clockSign(machine(t, clockAt(60 * SECOND)), NOW), { type: "none" });
  const damaged = machine(t, { ...clockAt(NOW), "sys/class/rtc/rtc0/since_epoch": "?" });
  assert.deepEqual(clockSign(damaged, NOW), { type: "none" });
});

test("a run of the machine has a name where Linux gives it one, and its length goes on over processes", (t) => {
  const id = "214417f4-ed86-4f4f-83c8-12488866a0a9";
  const boot = bootOf(machine(t, { "proc/sys/kernel/random/boot_id": `${id}\n` }));
  assert.equal(boot.id, id);
  assert.ok(boot.uptime > 0);
  assert.ok(bootOf().uptime >= boot.uptime);
  assert.equal(bootOf(machine(t, {})).id, undefined);
});
