import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { cacheDirectory } from "../../src/cli/compiled-code.ts";
import { locateData } from "../../src/locate.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** Runs the command with nothing but these variables, which a run of all tests sets for its own ends. */
async function runWith(t: TestContext, variables: Readonly<Record<string, string>>): Promise<void> {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, CACHE_DIRECTORY: ___, ...others } = process.env;
  const env = { ...others, ...variables };
  const told = await run(t, process.execPath, [locateData("src/main.ts"), "run", "--help"], { env });
  assert.deepEqual([told.code, told.stderr], [0, ""]);
}

const files = (directory: string): number => readdirSync(directory, { recursive: true }).length;

test("a service keeps compiled code in its own cache directory, and nothing where everybody may write", async (t) => {
  const cache = temporaryDirectory(t);
  const everybodys = temporaryDirectory(t);
  await runWith(t, { CACHE_DIRECTORY: cache, TMPDIR: everybodys });
  assert.ok(files(join(cache, "compiled")) > 10);
  assert.equal(statSync(join(cache, "compiled")).mode & 0o777, 0o700);
  assert.equal(files(everybodys), 0);
});

test("a directory to which everybody may write, one that is missing and one that is no path are not used", async (t) => {
  const cache = temporaryDirectory(t);
  chmodSync(cache, 0o777);
  for (const directory of [cache, join(cache, "missing"), "cache", "/dev/null"]) {
    assert.equal(cacheDirectory({ CACHE_DIRECTORY: directory }, cache), undefined, directory);
  }
  await runWith(t, { CACHE_DIRECTORY: cache });
  assert.equal(files(cache), 0);
});

test("whoever runs Node says where compiled code is kept, and whether", async (t) => {
  const [cache, other] = [temporaryDirectory(t), temporaryDirectory(t)];
  await runWith(t, { CACHE_DIRECTORY: cache, NODE_COMPILE_CACHE: other });
  assert.ok(files(other) > 10);
  await runWith(t, { CACHE_DIRECTORY: cache, NODE_DISABLE_COMPILE_CACHE: "1" });
  assert.equal(files(join(cache, "compiled")), 0);
});

test("without a cache directory it is kept among the packages of the installation, where they are the user's own", (t) => {
  const installation = temporaryDirectory(t);
  assert.equal(cacheDirectory({}, installation), undefined, "there are no packages");
  const packages = join(installation, "node_modules");
  mkdirSync(packages);
  const directory = join(packages, ".cache", "lwm2m-gateway");
  assert.equal(cacheDirectory({}, installation), directory);
  assert.equal(cacheDirectory({ CACHE_DIRECTORY: "" }, installation), directory);
  chmodSync(directory, 0o777);
  assert.equal(cacheDirectory({}, installation), undefined, "somebody opened it to all");
  chmodSync(directory, 0o700);
  chmodSync(packages, 0o777);
  assert.equal(cacheDirectory({}, installation), undefined);
});

test("packages that are somebody else's, or on a disk that takes nothing, keep no compiled code", (t) => {
  const installation = temporaryDirectory(t);
  const packages = join(installation, "node_modules");
  mkdirSync(packages);
  // Nothing keeps root from writing; nobody but root can give away what is its own.
  if (process.getuid?.() === 0) chownSync(packages, 65534, 65534);
  else chmodSync(packages, 0o500);
  assert.equal(cacheDirectory({}, installation), undefined);
});
