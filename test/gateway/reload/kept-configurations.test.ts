import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { KeptConfigurations } from "../../../src/gateway/reload/kept-configurations.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const CONFIG = "/etc/gateway/config.yaml";

function configuration(text: string, taken = true) {
  const files = [{ path: CONFIG, text, mode: 0o640 }];
  return { time: 1_790_000_000_000, by: "start", config: CONFIG, taken, summary: "1 device", files };
}

test("the last ten configurations are kept, each once, for the gateway's user alone", async (t) => {
  const kept = new KeptConfigurations(temporaryDirectory(t));
  assert.deepEqual(await kept.list(), []);
  assert.equal(await kept.keep(configuration("1")), 1);
  assert.equal(await kept.keep({ ...configuration("1"), by: "SIGHUP" }), 1, "the same once more");
  for (let i = 2; i <= 12; i++) assert.equal(await kept.keep(configuration(String(i))), i);
  const all = await kept.list();
  assert.deepEqual(
    all.map(({ number }) => number),
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  assert.deepEqual(all.at(-1), { format: 1, ...configuration("12"), number: 12 });
  const modes = ["", "0012.json"].map((name) => statSync(join(kept.directory, name)).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600]);
  assert.equal(readdirSync(kept.directory).length, 10, "no draft is left");
});

test("what is damaged, half written or of another version is left out, and its number is not used again", async (t) => {
  const kept = new KeptConfigurations(temporaryDirectory(t));
  await kept.keep(configuration("1"));
  const write = (name: string, text: string) => writeFileSync(join(kept.directory, name), text);
  write("0002.json", '{"format":1,"time":');
  write("0003.json", '{"format":2}');
  write("0004.json", JSON.stringify({ format: 1, ...configuration("x"), files: [{ path: "config.yaml", text: "" }] }));
  write(".77.draft", "{");
  assert.deepEqual(
    (await kept.list()).map(({ number }) => number),
    [1],
  );
  assert.equal(await kept.keep(configuration("1")), 5);
});

test("two that keep at once have a number each", async (t) => {
  const state = temporaryDirectory(t);
  const [a, b] = [new KeptConfigurations(state), new KeptConfigurations(state)];
  await a.keep(configuration("first"));
  await b.keep(configuration("second"));
  assert.deepEqual(
    (await a.list()).map(({ number, files }) => [number, files[0]?.text]),
    [
      [1, "first"],
      [2, "second"],
    ],
  );
});

test("no link in the state directory leads whoever keeps something elsewhere", async (t) => {
  const state = temporaryDirectory(t);
  const elsewhere = join(temporaryDirectory(t), "elsewhere");
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(state, "configurations"));
  await assert.rejects(new KeptConfigurations(state).keep(configuration("1")), /is no directory/);
  assert.deepEqual(readdirSync(elsewhere), []);
});
