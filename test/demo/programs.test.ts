import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Programs } from "../../demo/programs.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("a program that ends by itself is a failure that names its log; the others are still stopped", async (t) => {
  const folder = temporaryDirectory(t);
  const programs = new Programs(folder);
  t.after(() => programs.kill());
  const slave = programs.start("slave", ["sim", "valve-actuator", "--port", "0", "--json"]);
  assert.match(await slave.firstLine(), /^\{"host":"127\.0\.0\.1","port":\d+\}$/);
  const brief = programs.start("brief", ["--version"]);
  assert.match(await brief.firstLine(), /^lwm2m-gateway \d/);
  const log = join(folder, "brief.log");
  assert.equal(await programs.failure, `brief ended by itself (exit code 0); see ${log}`);
  assert.match(readFileSync(log, "utf8"), /^lwm2m-gateway \d/);
  await programs.stop();
  assert.throws(() => programs.start("late", ["--version"]), /everything ends/);
});

test("a program that ends before it is ready says where to look", async (t) => {
  const folder = temporaryDirectory(t);
  const programs = new Programs(folder);
  t.after(() => programs.kill());
  const wrong = programs.start("wrong", ["sim", "no-such-mapping"]);
  const log = join(folder, "wrong.log");
  await assert.rejects(wrong.firstLine(), new Error(`wrong ended before it was ready; see ${log}`));
  assert.match(readFileSync(log, "utf8"), /there is no mapping "no-such-mapping"/);
  await programs.stop();
});
