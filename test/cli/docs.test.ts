import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { captureGroup } from "../../src/cli/capture.ts";
import { check } from "../../src/cli/check.ts";
import { device } from "../../src/cli/device.ts";
import { exec } from "../../src/cli/exec.ts";
import { importXml } from "../../src/cli/import-xml.ts";
import { keys } from "../../src/cli/keys.ts";
import { link } from "../../src/cli/link.ts";
import { mapping } from "../../src/cli/mapping.ts";
import { observe } from "../../src/cli/observe.ts";
import { read } from "../../src/cli/read.ts";
import { reload } from "../../src/cli/reload.ts";
import { rollback } from "../../src/cli/rollback.ts";
import { run } from "../../src/cli/run.ts";
import { schema } from "../../src/cli/schema.ts";
import { send } from "../../src/cli/send.ts";
import { sim } from "../../src/cli/sim.ts";
import { status } from "../../src/cli/status.ts";
import { store } from "../../src/cli/store.ts";
import { toolGroup } from "../../src/cli/tools.ts";
import { write } from "../../src/cli/write.ts";
import { locateData } from "../../src/locate.ts";

test("docs/cli.md has a section for each subcommand, which names every option and no other", async () => {
  const text = readFileSync(locateData("docs/cli.md"), "utf8");
  const tools = await Promise.all([
    toolGroup("probe"),
    toolGroup("scan"),
    captureGroup(),
    toolGroup("sniff"),
    toolGroup("decode"),
  ]);
  const groups = [store, keys, device, link, mapping, ...tools].flatMap(({ commands }) => Object.values(commands));
  const operator = [read, write, exec, observe];
  for (const command of [run, check, reload, rollback, status, send, ...operator, ...groups, sim, schema, importXml]) {
    const [, section = ""] = text.split(`\n## ${command.name}\n`);
    const own = section.split("\n## ")[0] ?? "";
    assert.ok(own !== "", command.name);
    const named = new Set([...own.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = ""]) => name));
    assert.deepEqual([...named].sort(), Object.keys(command.options).sort(), command.name);
  }
});
