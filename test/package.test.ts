import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { parse } from "coap-packet";
import { locateData } from "../src/locate.ts";
import { LISTED_MODULES } from "./support/listed-modules.ts";
import { OLD_NODE } from "./support/old-node.ts";
import { type Outcome, run, start } from "./support/process.ts";
import { builtProject } from "./support/stage.ts";
import { temporaryDirectory } from "./support/temp.ts";

test("the package, built, packed and installed from the registry, runs and registers", async (t) => {
  const stage = await builtProject(t);
  const consumer = join(temporaryDirectory(t), "a consumer");
  const files = await pack(t, stage);
  assertContents(files);
  assertAddons(stage, files);
  await installed(t, consumer, join(stage, "lwm2m-gateway.tgz"));
  const bin = join(consumer, "node_modules/.bin/lwm2m-gateway");
  const { version } = JSON.parse(readFileSync(locateData("package.json"), "utf8"));

  const told = await run(t, process.execPath, [bin, "--version"], { cwd: consumer });
  assert.deepEqual([told.code, told.stdout], [0, `lwm2m-gateway ${version}\n`], told.stderr);

  const old = await run(t, process.execPath, ["--import", OLD_NODE, bin, "--version"], { cwd: consumer });
  assert.deepEqual([old.code, old.stdout], [0, told.stdout], old.stderr);

  const example = join(consumer, "node_modules/lwm2m-gateway/config.example.yaml");
  const checked = await run(t, process.execPath, [bin, "check", "--config", example], { cwd: consumer });
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);

  assertOneLanguage(join(consumer, "node_modules/lwm2m-gateway/dist/parts"));
  await assertAddonLoads(t, consumer);
  await assertRegisters(t, bin, consumer);
});

test("every dependency has a row in docs/dependencies.md, and there is no row without one", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(locateData("package.json"), "utf8"),
  );
  const wanted = Object.keys({ ...dependencies, ...devDependencies });
  const text = readFileSync(locateData("docs/dependencies.md"), "utf8");
  const rows = [...text.matchAll(/^\| (`.*?`(?:, `.*?`)*) \|/gm)].flatMap(([, names = ""]) =>
    names.split(", ").map((name) => name.replaceAll("`", "")),
  );
  assert.deepEqual(rows.sort(), wanted.sort());
  for (const name of Object.keys(optionalDependencies)) assert.ok(text.includes(`\`${name}\``), name);
});

test("every package that comes with the program is named in THIRD-PARTY-NOTICES.md", () => {
  const { packages } = JSON.parse(readFileSync(locateData("package-lock.json"), "utf8"));
  const shipped = Object.keys(packages).filter((path) => path !== "" && packages[path].dev !== true);
  const names = new Set(shipped.map((path) => path.replace(/.*node_modules\//, "")));
  const text = readFileSync(locateData("THIRD-PARTY-NOTICES.md"), "utf8");
  const rows = [...text.matchAll(/^\| (\S+) \| \S+ \|$/gm)].map(([, name = ""]) => name);
  assert.deepEqual(new Set(rows.filter((name) => name !== "package")), names);
});

async function pack(t: TestContext, stage: string): Promise<string[]> {
  const packed = succeeded(await npm(t, stage, ["pack", "--json", "--loglevel=error"]));
  const [result] = JSON.parse(packed.stdout);
  cpSync(join(stage, result.filename), join(stage, "lwm2m-gateway.tgz"));
  return result.files.map((file: { readonly path: string }) => file.path);
}

function assertContents(files: readonly string[]): void {
  const threads = ["store/store-worker", "dtls/node-dtls-client/thread"].map((name) => `dist/src/${name}.js`);
  const processes = ["dist/src/store/check-process.js", "dist/adapters/ble/radio/child/stack-process.js"];
  for (const file of [
    ...["dist/src/main.js", "dist/notices.txt", ...threads, ...processes],
    "scripts/lwm2m-gateway.mjs",
    "scripts/own-node.mjs",
    "config.example.yaml",
    "docs/man/lwm2m-gateway.1",
    "docs/errors.md",
    "systemd/lwm2m-gateway.service",
    "systemd/70-lwm2m-gateway.rules",
    "LICENSE",
  ]) {
    assert.ok(files.includes(file), `${file} is missing from the package`);
  }
  const odd = files.filter((file) => /\.ts$|^(test|demo|src|adapters|bench|dist\/emitted)\//.test(file));
  assert.deepEqual(odd, []);
}

/** Each addon for each processor that there is a compiler for; in CI that is all of them. */
function assertAddons(stage: string, files: readonly string[]): void {
  const wanted = ["dtls", "linux"].flatMap((name) =>
    ["arm64", "x64"].map((processor) => `native/${name}/build/linux-${processor}.node`),
  );
  const made = wanted.filter((name) => existsSync(join(stage, name)));
  const { CI = "" } = process.env;
  if (CI !== "") assert.equal(made.length, wanted.length, "install g++ and g++-aarch64-linux-gnu");
  assert.deepEqual(files.filter((file) => /^native\/.*\/build\//.test(file)).sort(), made);
  // With what makes it elsewhere.
  const sources = ["native/dtls/addon.cc", "native/dtls/napi.h", "native/linux/addon.cc"];
  for (const file of [...sources, "scripts/build-dtls.mjs", "scripts/build-addons.mjs"]) {
    assert.ok(files.includes(file), `${file} is missing from the package`);
  }
}

async function assertAddonLoads(t: TestContext, consumer: string): Promise<void> {
  const packed = join(consumer, "node_modules/lwm2m-gateway");
  const script = `import { loadDtls } from "./dist/src/dtls/load.js"; console.log(JSON.stringify(loadDtls()));`;
  const { stdout, stderr } = await run(t, process.execPath, ["--input-type=module", "-e", script], { cwd: packed });
  const loaded = JSON.parse(stdout || "{}");
  const present = existsSync(join(packed, `native/dtls/build/linux-${process.arch}.node`));
  if (present) assert.match(loaded.native?.version ?? "", /^OpenSSL 3/, stdout + stderr);
  else assert.match(loaded.missing ?? "", /run "node scripts\/build-dtls\.mjs" in /, stdout + stderr);
  const other = `import { loadAddon } from "./dist/src/service/native.js"; console.log(Object.keys(loadAddon())[0]);`;
  const told = await run(t, process.execPath, ["--input-type=module", "-e", other], { cwd: packed });
  const there = existsSync(join(packed, `native/linux/build/linux-${process.arch}.node`));
  assert.equal(told.stdout, there ? "native\n" : "missing\n", told.stderr);
}

/** The packages come from npm's cache where `npm ci` has left them there. */
async function installed(t: TestContext, consumer: string, tarball: string): Promise<void> {
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), "{}");
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  succeeded(await npm(t, consumer, ["install", "--omit=dev", "--prefer-offline", ...quiet, tarball]));
}

/** The packaged program finds its worker, its catalogue and its adapters: it sends a Register. */
async function assertRegisters(t: TestContext, bin: string, consumer: string): Promise<void> {
  const server = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const config = join(consumer, "config.yaml");
  writeFileSync(
    config,
    `gateway: { endpoint: packed-gateway, state: ./state }
servers: [ { id: 1, uri: "coap://127.0.0.1:${server.address().port}" } ]
`,
  );
  const list = join(consumer, "loaded");
  const told = ["--import", LISTED_MODULES, bin, "run", "--config", config];
  const env = { ...process.env, LISTED_IN: list };
  const gateway = start(t, process.execPath, told, { cwd: consumer, env });
  const ended = gateway.outcome.then(({ stdout, stderr }) => [`it ended:\n${stdout}\n${stderr}`]);
  const [datagram] = await Promise.race([once(server, "message"), ended]);
  assert.ok(Buffer.isBuffer(datagram), String(datagram));
  const { code, options } = parse(datagram);
  const texts = options.map(({ name, value }) => `${name}=${value.toString()}`);
  assert.equal(code, "0.02");
  assert.ok(texts.includes("Uri-Path=rd") && texts.includes("Uri-Query=ep=packed-gateway"), texts.join(" "));
  assert.ok(existsSync(join(consumer, "state/gateway.db")));
  assertFew(readFileSync(list, "utf8").trim().split("\n"));
  gateway.child.kill("SIGKILL");
  await ended;
}

/** zod has its sentences in fifty: a bundle that has one of the others has them all, since somebody names its `core` as a whole. */
function assertOneLanguage(parts: string): void {
  const texts = readdirSync(parts).map((name) => readFileSync(join(parts, name), "utf8"));
  assert.ok(texts.some((text) => text.includes("Invalid input")));
  assert.ok(!texts.some((text) => text.includes("Ungültig")));
}

/** A start is as long as what it loads: each module by itself was a third of it. */
function assertFew(loaded: readonly string[]): void {
  const own = loaded.filter((url) => url.includes("/lwm2m-gateway/dist/"));
  assert.ok(own.some((url) => url.endsWith("/src/store/store-worker.js")));
  assert.ok(own.length < 100, `${own.length} files of our own:\n${own.join("\n")}`);
  const others = loaded.filter((url) => !own.includes(url));
  assert.ok(others.length < 60, `${others.length} files of others:\n${others.join("\n")}`);
  const lazy = loaded.filter((url) => /node_modules\/(?:zod|yaml|mqtt|serialport|fflate|prom-client)\//.test(url));
  assert.deepEqual(lazy, []);
}

function npm(t: TestContext, cwd: string, args: readonly string[]): Promise<Outcome> {
  // The settings of the npm that runs the tests are not those of a consumer.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  return run(t, "npm", args, { cwd, env });
}

function succeeded(outcome: Outcome): Outcome {
  assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
  return outcome;
}
