import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allCommands } from "../../src/cli/commands.ts";
import { manPage } from "../../src/cli/man-page.ts";
import { packageVersion } from "../../src/locate.ts";
import { start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("the manual page names every subcommand with its options, in plain ASCII", async () => {
  const commands = await allCommands();
  const page = manPage(commands, packageVersion());
  for (const { command } of commands) {
    const [, section = ""] = page.split(`\n.SS ${command.name.replaceAll("-", "\\-")}\n`);
    const [own = ""] = section.split(/\n\.S[SH] /);
    const named = [...own.matchAll(/\\fB\\-\\-([a-z\\-]+)\\fR/g)].map(([, name = ""]) => name.replaceAll("\\", ""));
    assert.deepEqual(named, Object.keys(command.options), command.name);
  }
  assert.match(page, /^[\n -~]+$/);
});

test("man reads it without a warning", { skip: !existsSync("/usr/bin/man") }, async (t) => {
  const page = join(temporaryDirectory(t), "lwm2m-gateway.1");
  writeFileSync(page, manPage(await allCommands(), packageVersion()));
  const { PATH } = process.env;
  const env = { PATH, MANWIDTH: "100", LC_ALL: "C.UTF-8", MANROFFSEQ: "" };
  const { code, stdout, stderr } = await start(t, "man", ["--warnings", "-E", "UTF-8", "-l", page], { env }).outcome;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /store export/);
  assert.match(stdout, /--log-level LEVEL/);
});
