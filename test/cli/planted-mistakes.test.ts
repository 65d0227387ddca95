/**
 * A configuration with every kind of mistake that somebody who writes a mapping makes, and all that `check` says of it. What a
 * sentence should say is judged by reading `planted-mistakes/expected.txt` beside the files.
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { CORE_RESOURCE_KEYS } from "../../src/mapping/keys.ts";
import { mappingKeys } from "../../src/mapping/load.ts";
import { command } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

const PLANTED = locateData("test/cli/planted-mistakes");
const EXPECTED = join(PLANTED, "expected.txt");

/** What `check` prints, with paths as they stand in the folder. */
async function checkPlanted(t: TestContext, ...options: readonly string[]): Promise<{ code: number; stdout: string }> {
  const folder = temporaryDirectory(t);
  cpSync(PLANTED, folder, { recursive: true });
  writeFileSync(join(folder, "secrets.yaml"), "there: a word\n", { mode: 0o600 });
  const { code, stdout } = await command(t, "check", "-c", join(folder, "config.yaml"), ...options);
  const shown = stdout.replaceAll(`${folder}/`, "").replaceAll(locateData("mappings"), "PACKAGED");
  return { code: code ?? -1, stdout: shown };
}

test("check says of every planted mistake where it stands, what it is, and what was expected", async (t) => {
  const { code, stdout } = await checkPlanted(t);
  assert.equal(code, 0, "the devices of a wrong mapping are off, the others run");
  assert.deepEqual(stdout.split("\n"), readFileSync(EXPECTED, "utf8").split("\n"));
});

test("with --strict the same is exit code 2; with --json each problem has its place and its text", async (t) => {
  const { code, stdout } = await checkPlanted(t, "--strict", "--json");
  assert.equal(code, 2);
  const { problems } = JSON.parse(stdout);
  const told = problems.map(({ text }: { readonly text: string }) => text);
  assert.deepEqual(told, readFileSync(EXPECTED, "utf8").split("\n").slice(0, told.length));
  for (const { severity, code, place, message, text } of problems) {
    assert.equal(text, `${place.file}:${place.line}:${place.column}: ${severity}: ${message} [${code}]`);
  }
});

test("a mistake is planted with every key of the language", () => {
  const told = readFileSync(EXPECTED, "utf8")
    .split("\n")
    .filter((line) => line.includes(": error: "));
  const lines = told.map((problem) => {
    const [file = "", line = ""] = problem.split(":");
    const text = readFileSync(join(PLANTED, file.startsWith("PACKAGED") ? "config.yaml" : file), "utf8");
    return text.split("\n")[Number(line) - 1] ?? "";
  });
  const isPlanted = (key: string): boolean => lines.some((line) => new RegExp(`(^|[ {,])${key}(:|\\[|,|$)`).test(line));
  const keys = [
    ...CORE_RESOURCE_KEYS,
    ...Object.keys(mappingKeys.shape),
    "input",
    "holding",
    "coil",
    "discrete",
    "file",
    "ident",
  ];
  // Any text is right there.
  const without = [
    "description",
    "mapping",
    "every",
    "connectivity",
    "identity",
    "availability",
    "params",
    "objects",
    "quirks",
  ];
  assert.deepEqual(
    keys.filter((key) => !isPlanted(key) && !without.includes(key)),
    [],
  );
});
