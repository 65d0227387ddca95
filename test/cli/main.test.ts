import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { locateData } from "../../src/locate.ts";
import { command, startCommand } from "../support/command.ts";

test("--version is the version of the package", async (t) => {
  const { version } = JSON.parse(readFileSync(locateData("package.json"), "utf8"));
  const [long, short] = await Promise.all([command(t, "--version"), command(t, "-v")]);
  assert.deepEqual([long.code, long.stdout, long.stderr], [0, `lwm2m-gateway ${version}\n`, ""]);
  assert.equal(short.stdout, long.stdout);
});

test("help names every subcommand, and each has help of its own", async (t) => {
  const [{ code, stdout }, help] = await Promise.all([command(t, "--help"), command(t, "sim", "--help")]);
  assert.equal(code, 0);
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) +[A-Z].*\.$/gm)].map(([, name = ""]) => name);
  assert.deepEqual(names, Object.keys(COMMANDS));
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^usage: lwm2m-gateway sim \[MAPPING\] \[options\]\n/);
});

test("who reads no further ends it, without a complaint", async (t) => {
  const program = startCommand(t, "schema", "mapping");
  program.child.stdout?.destroy();
  const { code, stderr } = await program.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("a group of subcommands has a help that lists them, and each has its own", async (t) => {
  const [group, one, nothing, wrong] = await Promise.all([
    command(t, "store", "--help"),
    command(t, "store", "export", "--help"),
    command(t, "store"),
    command(t, "store", "exprot"),
  ]);
  assert.equal(group.code, 0);
  assert.match(group.stdout, /^usage: lwm2m-gateway store stats\|export\|forget \[options\]\n/);
  assert.match(group.stdout, /^ {2}store export +Prints .*\.$/m);
  assert.equal(one.code, 0);
  assert.match(one.stdout, /^usage: lwm2m-gateway store export \[options\]\n/);
  assert.deepEqual([nothing.code, wrong.code], [2, 2]);
  const hint = "Try: lwm2m-gateway store --help\n";
  assert.equal(nothing.stderr, `lwm2m-gateway: store needs a second word: stats, export, forget [LG101]\n${hint}`);
  assert.equal(
    wrong.stderr,
    `lwm2m-gateway: unknown subcommand of store "exprot"; did you mean "export"? [LG101]\n${hint}`,
  );
});

test("what is unknown is exit code 2, with the near miss and the way to the help", async (t) => {
  const [word, inherited, option] = await Promise.all([
    command(t, "stauts"),
    command(t, "toString"),
    command(t, "check", "--stict"),
  ]);
  assert.deepEqual([word.code, inherited.code, option.code], [2, 2, 2]);
  assert.equal(
    word.stderr,
    `lwm2m-gateway: unknown subcommand "stauts"; did you mean "status"? [LG101]\nTry: lwm2m-gateway --help\n`,
  );
  assert.match(inherited.stderr, /unknown subcommand "toString" \(have: run, setup, check, /);
  assert.equal(
    option.stderr,
    `lwm2m-gateway: check: unknown option "--stict"; did you mean "--strict"? [LG101]\nTry: lwm2m-gateway check --help\n`,
  );
});
