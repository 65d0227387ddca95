import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { locateData } from "../src/locate.ts";
import { run } from "./support/process.ts";
import { temporaryDirectory } from "./support/temp.ts";

test("a service keeps compiled code in its own cache directory, and nobody where everybody may write", async (t) => {
  const cache = join(temporaryDirectory(t), "cache");
  const everybodys = temporaryDirectory(t);
  const env = { ...process.env, CACHE_DIRECTORY: cache, TMPDIR: everybodys };
  const told = await run(t, process.execPath, [locateData("src/main.ts"), "run", "--help"], { env });
  assert.equal(told.code, 0, told.stderr);
  assert.ok(existsSync(cache) && readdirSync(cache, { recursive: true }).length > 0);
  assert.deepEqual(readdirSync(everybodys), []);
});
