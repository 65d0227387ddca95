/** Completion as real shells do it. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { aConfig, aFolder, command, PROGRAM } from "../support/command.ts";
import { start } from "../support/process.ts";

/** A folder with a configuration, and with the program by its name. */
async function aShelf(t: TestContext): Promise<string> {
  const folder = aFolder(t, {
    "config.yaml": aConfig({ devices: ["{ id: meter-1, mapping: simulated-climate, link: trial }"] }),
  });
  const program = join(folder, "lwm2m-gateway");
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} "$@"\n`, { mode: 0o755 });
  const { stdout } = await command(t, "completion", "bash");
  writeFileSync(join(folder, "completion.bash"), stdout);
  return folder;
}

/** What bash proposes for the last of the words. */
async function proposed(t: TestContext, folder: string, ...words: readonly string[]): Promise<readonly string[]> {
  const script = `
    source completion.bash
    COMP_WORDS=("$@") COMP_CWORD=$(( $# - 1 ))
    _lwm2m_gateway
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { PATH } = process.env;
  const shell = start(t, "bash", ["--norc", "-c", script, "bash", join(folder, "lwm2m-gateway"), ...words], {
    cwd: folder,
    env: { PATH },
  });
  const { stdout, stderr } = await shell.outcome;
  assert.equal(stderr, "");
  return stdout.split("\n").filter((word) => word !== "");
}

test("bash completes subcommands, second words, options and fixed values", async (t) => {
  const folder = await aShelf(t);
  const of = (...words: readonly string[]) => proposed(t, folder, ...words);
  assert.deepEqual(await of("sta"), ["status"]);
  assert.deepEqual(await of("store", "ex"), ["export"]);
  assert.deepEqual(await of("store", "export", "--form"), ["--format"]);
  assert.deepEqual(await of("store", "export", "--format", ""), ["csv", "json"]);
  assert.deepEqual(await of("run", "--log-level", "w"), ["warn"]);
  assert.deepEqual(await of("schema", ""), ["config", "mapping"]);
  assert.deepEqual(await of("check", "-c", "con"), ["config.yaml"]);
  assert.ok((await of("--")).includes("--version"));
});

test("bash completes devices, links, servers and mappings by asking, in silence where nothing can be told", async (t) => {
  const folder = await aShelf(t);
  const of = (...words: readonly string[]) => proposed(t, folder, ...words);
  assert.deepEqual(await of("device", "forget", ""), ["meter-1"]);
  assert.deepEqual(await of("probe", "modbus", "--link", ""), ["bus", "trial"]);
  assert.deepEqual(await of("send", "--server", ""), ["101"]);
  assert.deepEqual(await of("sim", "eastron-sdm63"), ["eastron-sdm630"]);
  assert.deepEqual(await of("device", "forget", "-c", "nothing.yaml", ""), []);
});

test("a shell that is unknown is told which there are; words of a configuration that is none are none", async (t) => {
  const [unknown, none, wrong] = await Promise.all([
    command(t, "completion", "zhs"),
    command(t, "completion", "--words", "devices", "-c", "/no/such.yaml"),
    command(t, "completion", "--words", "device"),
  ]);
  assert.deepEqual([unknown.code, wrong.code], [2, 2]);
  assert.match(unknown.stderr, /unknown shell "zhs"; did you mean "zsh"\?/);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", ""]);
});

test("zsh takes its script, and completes by it", { skip: !existsSync("/usr/bin/zsh") }, async (t) => {
  const folder = await aShelf(t);
  const { stdout } = await command(t, "completion", "zsh");
  writeFileSync(join(folder, "_lwm2m-gateway"), stdout);
  const script = `
    fpath=(. $fpath); autoload -U compinit; compinit -u -D
    compadd() { shift; print -l -- "$@" }
    _describe() { local name=\${@[-1]}; print -l -- \${(P)name} }
    words=(./lwm2m-gateway "$@") CURRENT=$(( $# + 1 ))
    source ./_lwm2m-gateway
    _lwm2m_gateway`;
  const of = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { PATH, HOME } = process.env;
    const shell = start(t, "zsh", ["-f", "-c", script, "zsh", ...words], {
      cwd: folder,
      env: { PATH, HOME },
    });
    const { stdout: told, stderr } = await shell.outcome;
    assert.equal(stderr, "");
    return told.split("\n").filter((word) => word !== "");
  };
  assert.ok((await of("store", "")).some((word) => word.startsWith("export:")));
  assert.deepEqual(await of("store", "export", "--format", ""), ["csv", "json"]);
  assert.deepEqual(await of("device", "forget", ""), ["meter-1"]);
});

test("fish gets a line for each subcommand and option", async (t) => {
  const { code, stdout } = await command(t, "completion", "fish");
  assert.equal(code, 0);
  assert.match(stdout, /^complete -c lwm2m-gateway -n '__lwm2m_gateway_at "store" alone' -a 'export' -d '/m);
  assert.match(
    stdout,
    /^complete -c lwm2m-gateway -n '__lwm2m_gateway_at "store export"' -l format -r -a 'csv json' -d '/m,
  );
});
