/**
 * What `npm start` and `npm test` call: installs what is missing, then runs under the project's own Node.
 *
 *   node scripts/run.mjs start | server | test | nightly | interop | bench | check | build | node FILE   [arguments …]
 *
 * Plain JavaScript that Node 18 runs, without any package: it is there before they are.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareAddons } from "./build-addons.mjs";
import { install, isInstalled } from "./install.mjs";
import { chooseNode, MEMORY_FLAG, runToEnd } from "./own-node.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const tasks = { start, server, test, nightly, interop, bench, check, build, node };

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
  return 1;
});

async function main([name, ...args]) {
  const task = Object.hasOwn(tasks, name ?? "") ? tasks[name] : undefined;
  if (task === undefined)
    throw new Error(`usage: node scripts/run.mjs ${Object.keys(tasks).join(" | ")} [arguments …]`);
  await installed(root);
  return task(args);
}

async function installed(folder) {
  if (isInstalled(folder)) return;
  const code = await install(folder);
  if (code !== 0) throw new Error(`"npm ci" ended with code ${code}; its own words stand above`);
}

/** The demonstration; with options, the gateway itself: `npm start -- --config FILE`. */
function start(args) {
  prepareAddons(root);
  const program = args.length === 0 ? ["demo/main.ts"] : ["src/main.ts", ...(args[0].startsWith("-") ? ["run"] : [])];
  const [file, ...first] = program;
  // npm goes to the project's folder; a relative FILE is meant from where the person stands.
  const cwd = process.env.npm_lifecycle_event === "start" ? process.env.INIT_CWD : undefined;
  return ownNode([MEMORY_FLAG, join(root, file), ...first, ...args], { cwd: cwd ?? process.cwd() });
}

/** The LwM2M Server of the demonstration, by itself. */
function server(args) {
  return ownNode([join(root, "demo/server-alone.ts"), ...args]);
}

function test(args) {
  return runTests(args, (file) => !file.startsWith(join("test", "interop")));
}

/**
 * What dies at moments of chance, and what must stay small for long, at full length: each number can be given another value
 * in the environment.
 */
function nightly(args) {
  const often = {
    ...{ GATEWAY_KILLS: "200", HISTORY_KILLS: "200", POWER_CUTS: "6000", MODBUS_POLLS: "1000000" },
    ...{ DTLS_HANDSHAKES: "200", DTLS_DATAGRAMS: "100000" },
  };
  for (const [name, value] of Object.entries(often)) process.env[name] ??= value;
  const polls = "test/adapters/modbus/a-million-polls.test.ts";
  const dtls = ["test/dtls/strangers.test.ts", "test/interop/dtls-providers.test.ts"];
  const files = ["test/killed", "test/power-cut", "test/store/history/history-killed.test.ts", polls, ...dtls];
  // One after the other: who is killed at a moment of chance shall have had time for something.
  const options = ["--test-concurrency=1", "--test-reporter=spec", ...args];
  return runTests([...options, ...files.map((file) => join(root, file))], () => true);
}

/** At the end, a table of whom the tests were run against. */
function interop(args) {
  const reporters = args.filter((arg) => arg.startsWith("--test-reporter="));
  const others = args.filter((arg) => !reporters.includes(arg));
  if (reporters.length === 0) reporters.push("--test-reporter=spec");
  reporters.push(`--test-reporter=${join(root, "test/support/interop-table.ts")}`);
  // Other programs may keep silent for ever; the first test of Leshan may have to fetch it.
  const limit = "--test-timeout=400000";
  const printed = reporters.flatMap((reporter) => [reporter, "--test-reporter-destination=stdout"]);
  return runTests([limit, ...printed, ...others], (file) => file.startsWith(join("test", "interop")));
}

/** The programs that the gateway is measured against are packages of bench/ alone. */
async function bench(args) {
  await installed(join(root, "bench"));
  // Some measure the program as it is installed.
  const code = await build([]);
  if (code !== 0) return code;
  return ownNode([join(root, "bench/main.ts"), ...args]);
}

/** Types and style, both to the end, so that one run tells everything. */
async function check(args) {
  const types = await ownNode([join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const style = await ownNode([biome, "check", "--error-on-warnings", ...args]);
  return types || style;
}

function build(args) {
  return node([join(root, "scripts/build.mjs"), ...args]);
}

function node(args) {
  if (args.length === 0) throw new Error("usage: node scripts/run.mjs node FILE [arguments …]");
  return ownNode(args, { cwd: process.cwd() });
}

/** Options go to `node --test`; files and folders, where there are any, take the place of the whole suite. */
function runTests(args, belongs) {
  prepareAddons(root);
  const options = args.filter((arg) => arg.startsWith("-"));
  const named = args.filter((arg) => !arg.startsWith("-"));
  const files =
    named.length === 0
      ? testFiles(join(root, "test")).filter((file) => belongs(relative(root, file)))
      : named.flatMap((name) => testFiles(resolve(name)));
  if (files.length === 0) throw new Error(`there is no test file (*.test.ts) in ${named.join(", ") || "test"}`);
  // Each file of tests is a process of its own, and starts others: what one has compiled is there for the next.
  const env = { NODE_COMPILE_CACHE: join(root, "node_modules/.cache/node-compile-cache"), ...process.env };
  return ownNode(["--test", ...options, ...files.map((file) => relative(root, file))], { env });
}

function testFiles(path) {
  if (!existsSync(path)) throw new Error(`there is no file or folder ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(".test.ts"))
    .flatMap((entry) => testFiles(join(path, entry.name)));
}

function ownNode(args, options = {}) {
  return runToEnd(chooseNode(join(root, "package.json")), args, { cwd: root, ...options });
}
