import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { aConfig, aFolder, aServer, command, PROGRAM, startCommand } from "../support/command.ts";
import { aPtySession } from "../support/pty-session.ts";

const ROOM = "mapping: room\nprotocol: simulated\nobjects:\n  3303: { sensor_value: { constant: 21.5 } }\n";
const ATTIC = "{ id: attic, mapping: room, link: trial }";
const CELLAR = "{ id: cellar, mapping: room, link: trial }";

async function aWorld(t: TestContext) {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "mappings/room.yaml": ROOM, "secrets.yaml": "unused: once\n" });
  const config = join(folder, "config.yaml");
  const configure = (...devices: readonly string[]) => writeFileSync(config, aConfig({ server: server.port, devices }));
  configure(ATTIC);
  const run = async () => {
    const gateway = startCommand(t, "run", "--config", config);
    await gateway.printed(/"msg":"started"/);
    return gateway;
  };
  const rollback = (...words: readonly string[]) => command(t, "rollback", ...words, "--config", config);
  return { folder, config, configure, run, rollback, reload: () => command(t, "reload", "--config", config) };
}

test("rollback puts the files back that ran before, with what came and went, and the gateway takes them", async (t) => {
  const { folder, config, configure, run, rollback, reload } = await aWorld(t);
  chmodSync(config, 0o640);
  const first = readFileSync(config, "utf8");
  await run();
  configure(ATTIC, CELLAR);
  mkdirSync(join(folder, "devices.d"));
  const hall = join(folder, "devices.d/hall.yaml");
  writeFileSync(hall, "devices:\n  - { id: hall, mapping: room, link: trial }\n");
  writeFileSync(join(folder, "mappings/room.yaml"), ROOM.replace("21.5", "22"));
  assert.equal((await reload()).code, 0);
  const list = await rollback("--list");
  assert.match(
    list.stdout,
    /^NUMBER +TIME +KEPT BY +RUNS +FILES +WHAT\n1 .* start +yes +2 +1 device\n2 .* reload +yes +3 +3 devices, 2 added, 1 changed\n$/,
  );
  const diff = await rollback("--diff");
  assert.equal(diff.code, 0, diff.stderr);
  assert.match(diff.stdout, /^- {2}- \{ id: cellar, mapping: room, link: trial \}$/m);
  assert.match(diff.stdout, /room\.yaml\n@@ -1,4 \+1,4 @@\n(?: .*\n){3}-.*22 .*\n\+.*21\.5/);
  assert.match(diff.stdout, /^--- .*hall\.yaml\n\+\+\+ \/dev\/null$/m);
  assert.ok(existsSync(hall));
  const back = await rollback("--yes");
  assert.equal(back.code, 0, back.stderr);
  assert.match(back.stdout, /- device hall\n/);
  assert.match(back.stdout, /the files are those of 1; as they were before they are kept as 2\n/);
  assert.equal(readFileSync(config, "utf8"), first);
  assert.equal(statSync(config).mode & 0o777, 0o640);
  assert.equal(existsSync(hall), false);
  assert.equal(readFileSync(join(folder, "secrets.yaml"), "utf8"), "unused: once\n");
  const forth = await rollback("--yes", "--json");
  const { number, removed, reload: report } = JSON.parse(forth.stdout);
  assert.deepEqual([number, removed, report.devices.added], [2, [], ["cellar", "hall"]]);
  assert.ok(existsSync(hall));
});

test("a configuration that can be read no more is kept too, and the one that ran is put back without a gateway", async (t) => {
  const { folder, config, run, rollback } = await aWorld(t);
  const first = readFileSync(config, "utf8");
  const gateway = await run();
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  writeFileSync(config, "servers: [\n");
  rmSync(join(folder, "mappings/room.yaml"));
  const back = await rollback("1", "--yes");
  assert.equal(back.code, 0, back.stderr);
  assert.match(back.stdout, /no gateway runs: start it/);
  assert.equal(readFileSync(config, "utf8"), first);
  assert.equal(readFileSync(join(folder, "mappings/room.yaml"), "utf8"), ROOM);
  const { stdout } = await rollback("--list", "--json");
  const kept = JSON.parse(stdout).map(({ by, taken }: { by: string; taken: boolean }) => [by, taken]);
  assert.deepEqual(kept, [
    ["start", true],
    ["before rollback to 1", false],
  ]);
  const same = await rollback("1", "--yes");
  assert.equal(same.stdout, "the files are those of 1\n");
});

test("at a terminal it shows what would change and asks; only a yes is one", async (t) => {
  const { folder, config, configure, run } = await aWorld(t);
  const first = readFileSync(config, "utf8");
  const gateway = await run();
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  configure(ATTIC, CELLAR);
  for (const [answer, isYes] of [
    ["", false],
    ["no", false],
    ["yes", true],
  ] as const) {
    const typed = [process.execPath, PROGRAM, "rollback", "--config", config];
    const session = aPtySession(t, typed, folder);
    if (session === undefined) return;
    await session.answers([/~ .*config\.yaml[\s\S]*Go back to configuration 1\? \[y\/N\] /, answer]);
    assert.equal(await session.ended, 0);
    assert.match(session.shown, isYes ? /the files are those of 1/ : /nothing is changed/);
    assert.equal(readFileSync(config, "utf8") === first, isYes, answer);
  }
});

test("what cannot be gone back to is told, and nothing is changed", async (t) => {
  const { folder, config, configure, run, rollback } = await aWorld(t);
  writeFileSync(join(folder, "secrets.yaml"), "word: once\n", { mode: 0o600 });
  chmodSync(join(folder, "secrets.yaml"), 0o600);
  const secret = "links:\n  bus2: { type: modbus-tcp, host: !secret word, port: 1 }\n";
  mkdirSync(join(folder, "devices.d"));
  writeFileSync(join(folder, "devices.d/more.yaml"), secret);
  const gateway = await run();
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  rmSync(join(folder, "secrets.yaml"));
  rmSync(join(folder, "devices.d/more.yaml"));
  configure(ATTIC, CELLAR);
  const now = readFileSync(config, "utf8");
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["7", "--yes"], /no configuration 7 is kept: there are 1 \[LG602\]/],
    [["1", "2", "--yes"], /takes one number; "2" is one too many/],
    [["1"], /needs --yes/],
    [["1", "--yes"], /configuration 1 would not be taken now, so nothing is put back:\n.*there is no secret "word"/],
  ];
  for (const [words, expected] of cases) {
    const { code, stderr } = await rollback(...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
  assert.equal(readFileSync(config, "utf8"), now);
  assert.equal(existsSync(join(folder, "devices.d/more.yaml")), false);
});

test("what somebody wrote into the state directory puts no file elsewhere", async (t) => {
  const { folder, config, run, rollback } = await aWorld(t);
  const gateway = await run();
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  const kept = join(folder, "state/configurations/0001.json");
  const content = JSON.parse(readFileSync(kept, "utf8"));
  const elsewhere = aFolder(t, {});
  const paths = [join(elsewhere, "cron"), `${folder}/../${elsewhere.split("/").at(-1)}/up`];
  const planted = paths.map((path) => ({ path, text: "planted", mode: 0o4777 }));
  content.files = [...content.files.map((file: object) => ({ ...file, mode: 0o4777 })), ...planted];
  writeFileSync(kept, JSON.stringify(content));
  writeFileSync(config, `${readFileSync(config, "utf8")}# changed\n`);
  const back = await rollback("1", "--yes");
  assert.equal(back.code, 0, back.stderr);
  assert.match(back.stdout, /^! .*\/cron lies outside, and stays as it is$/m);
  for (const path of paths) assert.equal(existsSync(path), false, path);
  assert.equal(statSync(config).mode & 0o7777, 0o666);
});
