import assert from "node:assert/strict";
import test from "node:test";
import { closeAll } from "../../src/cli/ending.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

test("what was opened last is closed first, and one that fails keeps no other open", async () => {
  const closed: string[] = [];
  const lines: LogLine[] = [];
  const opened = ["store", "devices", "socket"].map((name) => ({
    name,
    close: async () => {
      closed.push(name);
      if (name === "devices") throw new Error("stuck");
    },
  }));
  assert.equal(await closeAll(opened, recordingLogger(lines)), false);
  assert.deepEqual(closed, ["socket", "devices", "store"]);
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [["error", "devices did not close in order"]],
  );
  assert.equal(await closeAll(opened.slice(0, 1), recordingLogger(lines)), true);
});
