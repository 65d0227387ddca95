import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { allCommands } from "../../src/cli/commands.ts";
import { locateData } from "../../src/locate.ts";

test("docs/cli.md has a section for each subcommand, which names every option and no other", async () => {
  const text = readFileSync(locateData("docs/cli.md"), "utf8");
  for (const { command } of await allCommands()) {
    const [, section = ""] = text.split(`\n## ${command.name}\n`);
    const own = section.split("\n## ")[0] ?? "";
    assert.ok(own !== "", command.name);
    const named = new Set([...own.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = ""]) => name));
    assert.deepEqual([...named].sort(), Object.keys(command.options).sort(), command.name);
  }
});
