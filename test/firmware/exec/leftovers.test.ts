import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../src/clock.ts";
import { endLeftovers } from "../../../src/firmware/exec/leftovers.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { runs, start } from "../../support/process.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const LIMIT = { timeout: 30_000 };

/** A shell that was started for an image in this folder, in a group of its own; resolves with its process and what it printed. */
async function aProgram(t: TestContext, directory: string, script: string) {
  const file = join(directory, "valve.image");
  const env = { PATH: "/usr/bin:/bin", LWM2M_FIRMWARE_FILE: file, LWM2M_FIRMWARE_DEVICE: "valve" };
  const program = start(t, "/bin/sh", ["-c", script], { detached: true, env });
  const { pid = 0 } = program.child;
  t.after(() => {
    if (runs(pid)) process.kill(-pid, "SIGKILL");
  });
  const [, child = ""] = await program.printed(/ready ?(\d*)/);
  return { pid, child: Number(child) };
}

async function ended(directory: string): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  await endLeftovers({ clock: systemClock, log: recordingLogger(lines), directory });
  return lines;
}

test("where nobody has left anything, nothing is said", LIMIT, async (t) => {
  assert.deepEqual(await ended(temporaryDirectory(t)), []);
});

test(
  "a program of this state is ended, with what it started and what knows nothing of it; one of another is not",
  LIMIT,
  async (t) => {
    const directory = temporaryDirectory(t);
    const ours = await aProgram(t, directory, "env -i /bin/sleep 300 & echo ready $!; wait");
    const beside = await aProgram(t, `${directory}-2`, "echo ready; sleep 300");
    const lines = await ended(directory);
    assert.deepEqual([ours.pid, beside.pid].map(runs), [false, true]);
    await settleUntil("nor what it has started", () => !runs(ours.child));
    const [first] = lines;
    assert.deepEqual([first?.level, first?.fields], ["warn", { device: "valve", pid: ours.pid }]);
  },
);

test("one that does not hear is killed", LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const deaf = await aProgram(t, directory, "trap '' TERM; echo ready; while :; do sleep 1; done");
  await ended(directory);
  assert.ok(!runs(deaf.pid));
});
