import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { parseArguments, UsageError } from "../../src/cli/command.ts";
import { storeExport } from "../../src/cli/store-export.ts";
import { storeForget } from "../../src/cli/store-forget.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { type ObservationId, observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import { type History, openStore } from "../../src/store/store.ts";
import { aConfig, aFolder, command, startCommand } from "../support/command.ts";

const START = Date.UTC(2026, 10, 22, 8);
const HOUR = 3_600_000;

function sample(path: string, time: number, value: Value): Sample {
  return { path: parsePath(path), time, value };
}

function observed(server: number, path: string): ObservationId {
  return observationId(server, [parsePath(path)]);
}

/** A configuration whose history holds what the work puts there; no gateway runs. */
async function aHistory(t: TestContext, fill: (history: History) => void): Promise<string> {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const store = await openStore({ directory: join(folder, "state"), log: silentLogger });
  try {
    const history = await store.openHistory({ clock: systemClock });
    fill(history);
    await history.flush();
  } finally {
    await store.close();
  }
  return join(folder, "config.yaml");
}

function report(...samples: readonly Sample[]) {
  return { samples, confirmable: true };
}

/** Two servers, two devices, one of them under two observations; of each kind of value one. */
function fillAll(history: History): void {
  const voltage = observed(101, "/meter-1/3316/0/5700");
  history.append(voltage, report(sample("/meter-1/3316/0/5700", START, 230.5)), 10);
  history.append(voltage, report(sample("/meter-1/3316/0/5700", START + HOUR, Math.fround(230.1))), 10);
  const pack = [
    sample("/meter-2/3/0/2", START + 1, 'a "quoted", text'),
    sample("/meter-2/3/0/13", START + 2, 2n ** 63n - 1n),
    sample("/meter-2/10242/0/0", START + 2, "4711"),
    sample("/meter-2/2048/0/1", START + 3, Uint8Array.of(1, 171)),
    sample("/meter-2/3306/0/5850", START + 3, true),
    sample("/meter-2/22/0/0", START + 3, { object: 3, instance: 0 }),
    // Before anybody knew what time it was.
    sample("/meter-2/3303/0/5700", 5000, Number.NaN),
  ];
  history.append(reportId(102, "all", "meter-2"), report(...pack), 10);
}

test("what waits is exported as CSV, the oldest first, every value with all its digits", async (t) => {
  const config = await aHistory(t, fillAll);
  const { code, stdout, stderr } = await command(t, "store", "export", "-c", config);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.split("\r\n");
  assert.equal(lines[0], "time,server,path,name,unit,value");
  assert.deepEqual(lines.slice(1).sort(), [
    "",
    ",102,/meter-2/3303/0/5700,Sensor Value,,NaN",
    "2026-11-22T08:00:00.000Z,101,/meter-1/3316/0/5700,Sensor Value,,230.5",
    '2026-11-22T08:00:00.001Z,102,/meter-2/3/0/2,Serial Number,,"a ""quoted"", text"',
    "2026-11-22T08:00:00.002Z,102,/meter-2/10242/0/0,Manufacturer,,4711",
    "2026-11-22T08:00:00.002Z,102,/meter-2/3/0/13,Current Time,,9223372036854775807",
    "2026-11-22T08:00:00.003Z,102,/meter-2/2048/0/1,DefaultRule,,01ab",
    "2026-11-22T08:00:00.003Z,102,/meter-2/22/0/0,ObserveLinks,,3:0",
    "2026-11-22T08:00:00.003Z,102,/meter-2/3306/0/5850,On/Off,,true",
    "2026-11-22T09:00:00.000Z,101,/meter-1/3316/0/5700,Sensor Value,,230.10000610351562",
  ]);
});

test("JSON lines have the same, with 64-bit integers and bytes as everywhere in this program", async (t) => {
  const config = await aHistory(t, fillAll);
  const { code, stdout } = await command(t, "store", "export", "-c", config, "--format", "json", "--server", "102");
  assert.equal(code, 0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const at = (milliseconds: number): string => `2026-11-22T08:00:00.00${milliseconds}Z`;
  assert.deepEqual(
    lines.map(({ time, server, path, name, value }) => [time, server, path, name, value]),
    [
      [at(1), 102, "/meter-2/3/0/2", "Serial Number", 'a "quoted", text'],
      [at(2), 102, "/meter-2/3/0/13", "Current Time", "9223372036854775807"],
      [at(2), 102, "/meter-2/10242/0/0", "Manufacturer", "4711"],
      [at(3), 102, "/meter-2/2048/0/1", "DefaultRule", "01ab"],
      [at(3), 102, "/meter-2/3306/0/5850", "On/Off", true],
      [at(3), 102, "/meter-2/22/0/0", "ObserveLinks", { object: 3, instance: 0 }],
      [null, 102, "/meter-2/3303/0/5700", "Sensor Value", "NaN"],
    ],
  );
});

test("what is exported can be chosen by server, device, path and time, and written to a file of its own", async (t) => {
  const config = await aHistory(t, fillAll);
  const output = join(config, "../out.csv");
  const exported = async (...options: readonly string[]): Promise<readonly string[]> => {
    const { stdout, stderr } = await command(t, "store", "export", "-c", config, ...options);
    assert.equal(stderr, "");
    return stdout
      .trimEnd()
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(",")[2] ?? "");
  };
  const [device, path, time, none, file, json] = await Promise.all([
    exported("--device", "meter-1"),
    exported("--path", "/*/3/0", "--path", "/meter-2/3306"),
    exported("--since", "2026-11-22T08:00:00.002", "--until", "2026-11-22T10:00:00+01:00"),
    exported("--since", "2026-11-23", "--server", "101"),
    command(t, "store", "export", "-c", config, "--server", "101", "-o", output),
    command(t, "store", "export", "-c", config, "--server", "101", "-o", `${output}.json`, "--json"),
  ]);
  assert.deepEqual(device, ["/meter-1/3316/0/5700", "/meter-1/3316/0/5700"]);
  assert.deepEqual(path, ["/meter-2/3/0/2", "/meter-2/3/0/13", "/meter-2/3306/0/5850"]);
  assert.deepEqual(time, [
    "/meter-2/3/0/13",
    "/meter-2/10242/0/0",
    "/meter-2/2048/0/1",
    "/meter-2/3306/0/5850",
    "/meter-2/22/0/0",
  ]);
  assert.deepEqual(none, []);
  assert.deepEqual([file.code, file.stdout], [0, `2 values are in ${output}\n`]);
  assert.deepEqual(JSON.parse(json.stdout), { file: `${output}.json`, values: 2 });
  assert.equal(JSON.parse(readFileSync(`${output}.json`, "utf8").split("\n")[0] ?? "").server, 101);
  assert.equal(readFileSync(output, "utf8").split("\r\n").length, 4);
  assert.equal(statSync(output).mode & 0o777, 0o600);
});

test("where nothing was ever kept, the export is a header, and nothing is made", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const config = join(folder, "config.yaml");
  const [exported, stats, forgotten] = await Promise.all([
    command(t, "store", "export", "-c", config),
    command(t, "store", "stats", "-c", config),
    command(t, "store", "forget", "--all", "--yes", "-c", config),
  ]);
  assert.deepEqual([exported.code, exported.stdout], [0, "time,server,path,name,unit,value\r\n"]);
  assert.match(
    stats.stdout,
    /^the gateway is not running: .*state\/history\.db, 0 B\nfilled 0 %: 0 B of 256 MB; .*\n\nSERVER .*\n101 +0 +0 +0 B +- +-\n$/,
  );
  assert.deepEqual([forgotten.code, forgotten.stdout], [0, "nothing waits there\n"]);
  assert.ok(!existsSync(join(folder, "state")));
});

test("a reader who has had enough ends the export quietly, and a million values take little memory", async (t) => {
  const id = observed(101, "/meter-1/3316/0/5700");
  const config = await aHistory(t, (history) => {
    for (let i = 0; i < 20_000; i++) {
      const samples = Array.from({ length: 10 }, (_, at) => sample("/meter-1/3316/0/5700", START + 10 * i + at, i));
      history.append(id, report(...samples), 1_000_000);
    }
  });
  const run = startCommand(t, "store", "export", "-c", config);
  await run.printed(/^time,server/);
  run.child.stdout?.destroy();
  const { code, stderr } = await run.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("what was typed wrong is told before a file is opened", async (t) => {
  for (const [asked, argv, message] of [
    [storeExport, ["--since", "yesterday"], /--since yesterday: expected a time such as/],
    [storeExport, ["--until", "2026-13-01"], /--until 2026-13-01: expected a time/],
    [storeExport, ["--server", "x"], /--server x: expected a Short Server ID/],
    [storeExport, ["--device", "3303"], /--device 3303: expected the first part of its paths/],
    [storeExport, ["--path", "meter-1"], /--path: "meter-1" does not begin with/],
    [storeExport, ["--format", "xml"], /--format xml: expected one of csv, json/],
    [storeForget, ["--yes"], /expected --server ID, --device PREFIX, both, or --all alone/],
    [storeForget, ["--all", "--server", "1", "--yes"], /expected --server ID/],
  ] as const) {
    const run = asked.run(parseArguments(asked, argv));
    await assert.rejects(run, (error) => error instanceof UsageError && message.test(error.message));
  }
  const { code, stderr } = await command(t, "store", "forget", "--all");
  assert.equal(code, 2);
  assert.match(stderr, /there is no terminal to ask at: needs --yes/);
});

test("without a gateway, what waits is told as it lies on the disk, and forgotten there", async (t) => {
  const config = await aHistory(t, fillAll);
  const [text, json] = await Promise.all([
    command(t, "store", "stats", "-c", config),
    command(t, "store", "stats", "--json", "-c", config),
  ]);
  assert.match(text.stdout, /^101 +1 +2 +\d+ B +2026-11-22T08:00:00\.000Z +2026-11-22T09:00:00\.000Z$/m);
  assert.match(text.stdout, /^ {4}\/meter-1\/3316\/0\/5700 +2 +\d+ B /m);
  assert.match(text.stdout, /^102 +1 +1 +\d+ B +without date +2026-11-22T08:00:00\.003Z$/m);
  assert.match(text.stdout, /^ {4}report \[all\] \/meter-2 +1 /m);
  const { source, limit, servers } = JSON.parse(json.stdout);
  assert.deepEqual([source, limit], ["file", 256 * 2 ** 20]);
  assert.deepEqual(
    servers.map(({ server, entries }: { server: number; entries: number }) => [server, entries]),
    [
      [101, 2],
      [102, 1],
    ],
  );

  const device = await command(t, "store", "forget", "--device", "meter-2", "--yes", "-c", config);
  assert.deepEqual([device.code, device.stdout, device.stderr], [0, "1 report forgotten\n", ""]);
  const again = await command(t, "store", "forget", "--device", "meter-2", "--yes", "-c", config);
  assert.equal(again.stdout, "nothing waits there\n");
  const server = await command(t, "store", "forget", "--server", "101", "--yes", "-c", config, "--json");
  assert.deepEqual(JSON.parse(server.stdout), { reports: 2 });
  const left = await command(t, "store", "export", "-c", config);
  assert.equal(left.stdout, "time,server,path,name,unit,value\r\n");
});

test("a running gateway is asked: what waits is told, exported beside it, and forgotten by it for good", async (t) => {
  const config = await aHistory(t, fillAll);
  const gateway = startCommand(t, "run", "--config", config);
  await gateway.printed(/"msg":"started"/);
  const stats = await command(t, "store", "stats", "-c", config);
  assert.match(stats.stdout, /^as the running gateway knows it: .*history\.db, /);
  assert.match(stats.stdout, /^filled less than 1 %: \d+ B of 256 MB; nothing has come since /m);
  assert.match(stats.stdout, /^101 +1 +2 /m);
  const exported = await command(t, "store", "export", "-c", config);
  assert.deepEqual([exported.code, exported.stderr], [0, ""]);
  assert.equal(exported.stdout.trimEnd().split("\r\n").length, 10);

  const forgotten = await command(t, "store", "forget", "--server", "101", "--yes", "-c", config);
  assert.deepEqual([forgotten.code, forgotten.stdout], [0, "2 reports forgotten\n"]);
  await gateway.printed(/"server":101,"reports":2,.*"msg":"somebody had it forgotten/);
  const left = await command(t, "store", "export", "-c", config, "--server", "101");
  assert.equal(left.stdout, "time,server,path,name,unit,value\r\n");
  // Not even a moment is left to write anything.
  gateway.child.kill("SIGKILL");
  await gateway.outcome;
  const after = await command(t, "store", "stats", "--json", "-c", config);
  const [first, second] = JSON.parse(after.stdout).servers;
  assert.deepEqual([first.entries, second.entries], [0, 1]);
});
