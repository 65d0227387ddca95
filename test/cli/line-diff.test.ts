import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { unifiedDiff } from "../../src/cli/line-diff.ts";
import { temporaryDirectory } from "../support/temp.ts";

const lines = (...all: readonly (string | number)[]): string => all.map((line) => `${line}\n`).join("");
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("what differs stands with three lines around it, far apart in two hunks", () => {
  const before = lines(...range(1, 30));
  const after = lines(...range(1, 4), "five", ...range(6, 24), ...range(26, 30), "end");
  assert.deepEqual(unifiedDiff("x.yaml", before, after), [
    ...["--- x.yaml", "+++ x.yaml", "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
    ...["@@ -22,9 +22,9 @@", " 22", " 23", " 24", "-25", " 26", " 27", " 28", " 29", " 30", "+end"],
  ]);
});

test("a file that comes or goes is one against nothing; equal ones are no difference", () => {
  assert.deepEqual(unifiedDiff("x", undefined, "a\nb\n"), ["--- /dev/null", "+++ x", "@@ -0,0 +1,2 @@", "+a", "+b"]);
  assert.deepEqual(unifiedDiff("x", "a\n", undefined), ["--- x", "+++ /dev/null", "@@ -1 +0,0 @@", "-a"]);
  assert.deepEqual(unifiedDiff("x", "a\n", "a\n"), []);
});

test("patch(1) makes the one of the other", { skip: spawnSync("patch", ["--version"]).status !== 0 }, (t) => {
  const folder = temporaryDirectory(t);
  for (let seed = 1; seed <= 20; seed++) {
    const pick = (i: number): number => (seed * 7919 + i * 104_729 + i * i * seed) % 7;
    const before = lines(...range(0, 40).map(pick));
    const after = lines(...range(0, 40).flatMap((i) => (pick(i + 3) === 0 ? [] : pick(i) === 1 ? [i, 1] : [pick(i)])));
    const file = join(folder, "x");
    writeFileSync(file, before);
    const { status } = spawnSync("patch", ["-s", file], { input: lines(...unifiedDiff("x", before, after)) });
    assert.equal(status, 0, `seed ${seed}`);
    assert.equal(spawnSync("cat", [file]).stdout.toString(), after, `seed ${seed}`);
  }
});

test("two large files without anything in common are told without a search", () => {
  const [before, after] = [lines(...range(1, 3000)), lines(...range(4001, 7000))];
  const diff = unifiedDiff("x", before, after);
  assert.equal(diff.length, 6003);
  assert.deepEqual(diff.slice(2, 4), ["@@ -1,3000 +1,3000 @@", "-1"]);
});
