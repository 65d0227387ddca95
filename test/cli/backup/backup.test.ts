import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { unzipSync, zipSync } from "fflate";
import { DemoServer } from "../../../demo/server.ts";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import type { TimedPathValue } from "../../../src/lwm2m/formats/codec.ts";
import { reportId } from "../../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { aFolder, command, PROGRAM, startCommand } from "../../support/command.ts";
import { run } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const KEY = "8f1e2d3c4b5a69788796a5b4c3d2e1f0";
const START = Date.UTC(2026, 10, 22, 8);

function configFiles(port: number): Readonly<Record<string, string>> {
  const config = `gateway: { endpoint: $site.endpoint }
servers:
  - id: 101
    uri: "coap://127.0.0.1:${port}"
    report: [{ paths: ["/*/3303/*/5700"], every: 1h, name: climate }]
links: { trial: { type: simulated } }
devices: []
`;
  const devices = `devices:
  - { id: climate-$room, mapping: simulated-climate, link: trial, each: rooms.csv }
`;
  return {
    "config.yaml": config,
    "site.yaml": "endpoint: urn:dev:ops:32473-cellar\n",
    "devices.d/rooms.yaml": devices,
    "devices.d/rooms.csv": "room\nattic\ncellar\n",
  };
}

async function withStore(folder: string, work: (store: Store) => Promise<unknown>): Promise<void> {
  const store = await openStore({ directory: join(folder, "state"), log: silentLogger });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** A report that a server does not have yet. */
async function owe(folder: string, value: number): Promise<void> {
  await withStore(folder, async (store) => {
    const history = await store.openHistory({ clock: systemClock });
    const sample = { path: parsePath("/climate-attic/3303/0/5700"), time: START, value };
    history.append(reportId(101, "climate", "climate-attic"), { samples: [sample], confirmable: true }, 10);
    await history.flush();
  });
}

/** A demo server; `heard` resolves with the first values that fit. */
async function aListener(port = 0) {
  const waiting: { readonly fits: (value: TimedPathValue) => boolean; readonly tell: () => void }[] = [];
  const registered: (() => void)[] = [];
  const server = await DemoServer.start(
    {
      onEvent: (sentence) => {
        if (sentence.includes(" registered:")) for (const tell of registered.splice(0)) tell();
      },
      onValues: (_client, values) => {
        for (const { fits, tell } of waiting) if (values.some(fits)) tell();
      },
    },
    { port },
  );
  const registration = new Promise<void>((resolve) => registered.push(resolve));
  const heard = (fits: (value: TimedPathValue) => boolean) => new Promise<void>((tell) => waiting.push({ fits, tell }));
  return { server, registration, heard };
}

async function gatewayObject(server: DemoServer): Promise<readonly (readonly [string, unknown])[]> {
  const [client] = server.clients;
  assert.ok(client !== undefined);
  const values = await server.read(client, parsePath("/25"));
  return values.map(({ path, value }) => [path, value] as const);
}

test("a gateway restored onto an empty machine shows the same /25, and delivers what waited", async (t) => {
  const first = await aListener();
  const { port } = first.server;
  const folder = aFolder(t, configFiles(port));
  // Not in the order in which a new state would give them.
  await withStore(folder, (store) => store.assignDevices([{ id: "climate-cellar" }, { id: "climate-attic" }]));
  const original = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await first.registration;
  const before = await gatewayObject(first.server);
  assert.ok(before.some(([path, value]) => path === "/25/0/1" && value === "climate-cellar"));
  original.child.kill("SIGTERM");
  await original.outcome;
  await first.server.close();

  await owe(folder, 12.25);
  const alone = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await alone.printed(/"msg":"started"/);
  const archive = join(temporaryDirectory(t), "cabinet.zip");
  const packed = await command(t, "backup", archive, "-c", join(folder, "config.yaml"), "--json");
  assert.equal(packed.code, 0, packed.stderr + packed.stdout);
  const { running, secrets, contents } = JSON.parse(packed.stdout);
  assert.deepEqual([running, secrets], [true, "none"]);
  assert.deepEqual(
    contents.map(({ name }: { readonly name: string }) => name),
    [
      ...["configuration/config.yaml", "configuration/devices.d/rooms.yaml", "configuration/site.yaml"],
      ...["configuration/devices.d/rooms.csv", "state/gateway.db", "state/history.db"],
    ],
  );
  assert.deepEqual(
    readdirSync(join(folder, "state")).filter((name) => name.startsWith("backup-")),
    [],
  );
  alone.child.kill("SIGKILL");
  await alone.outcome;

  const elsewhere = join(temporaryDirectory(t), "gateway");
  const restored = await command(t, "restore", archive, "--config", elsewhere);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /the gateway will register anew/);
  const second = await aListener(port);
  t.after(() => second.server.close());
  const delivered = second.heard(({ value, time }) => value === 12.25 && time === START);
  startCommand(t, "run", "-c", join(elsewhere, "config.yaml"));
  await second.registration;
  await delivered;
  assert.deepEqual(await gatewayObject(second.server), before);
});

/** A configuration with a key, and its backup. */
async function aBackup(t: TestContext, ...options: readonly string[]) {
  const config = `gateway: { endpoint: urn:dev:ops:32473-x }
servers: [{ id: 101, uri: "coaps://127.0.0.1:1", psk: { identity: cabinet, key: !secret psk } }]
links: { trial: { type: simulated } }
devices: [{ id: climate-1, mapping: simulated-climate, link: trial }]
`;
  const folder = aFolder(t, { "config.yaml": config, pass: "correct horse battery\n", "site.yaml": "name: x\n" });
  writeFileSync(join(folder, "secrets.yaml"), `psk: "${KEY}"\n`, { mode: 0o600 });
  await withStore(folder, (store) => store.assignDevices([{ id: "climate-1" }]));
  const archive = join(temporaryDirectory(t), "b.zip");
  const pass = join(folder, "pass");
  const args = options.length === 0 ? ["--passphrase-file", pass] : options;
  const { code, stdout, stderr } = await command(t, "backup", archive, "-c", join(folder, "config.yaml"), ...args);
  assert.equal(code, 0, stderr);
  return { archive, pass, stdout, target: join(temporaryDirectory(t), "new") };
}

test("keys lie under the passphrase alone, and come back as files of their owner", async (t) => {
  const { archive, pass, stdout, target } = await aBackup(t);
  assert.match(stdout, /under the passphrase: configuration\/secrets.yaml/);
  assert.equal(statSync(archive).mode & 0o777, 0o600);
  const parts = unzipSync(readFileSync(archive));
  for (const form of [KEY, Buffer.from(KEY, "hex"), Buffer.from(KEY, "hex").toString("base64")]) {
    assert.ok(Object.values(parts).every((part) => Buffer.from(part).indexOf(form) < 0));
  }
  const { code, stderr } = await command(t, "restore", archive, "--config", target, "--passphrase-file", pass);
  assert.equal(code, 0, stderr);
  const secrets = join(target, "secrets.yaml");
  assert.equal(readFileSync(secrets, "utf8"), `psk: "${KEY}"\n`);
  assert.equal(statSync(secrets).mode & 0o777, 0o600);
  assert.equal(statSync(join(target, "state")).mode & 0o777, 0o700);
  const wrong = join(target, "wrong");
  writeFileSync(wrong, "correct horse\n");
  const refused = await command(t, "restore", archive, "--config", `${target}-2`, "--passphrase-file", wrong);
  assert.deepEqual([refused.code, existsSync(`${target}-2`)], [1, false]);
  assert.match(refused.stderr, /passphrase is not the one.*\[LG613\]/);
});

test("without secrets nothing is asked, and the restore says what is missing", async (t) => {
  const { archive, target, stdout } = await aBackup(t, "--without-secrets");
  assert.match(stdout, /left out, keep them elsewhere: configuration\/secrets.yaml/);
  const { code, stdout: told } = await command(t, "restore", archive, "--config", target);
  assert.equal(code, 0);
  assert.match(told, /there is no secret "psk".*\n.*the backup has no secrets/);
  assert.ok(told.includes(`${target}/config.yaml`) && !told.includes(".restore-"), told);
});

test("nothing is overwritten; with --replace what was there is set aside; a dry run writes nothing", async (t) => {
  const { archive, pass, target } = await aBackup(t);
  const asked = ["--config", target, "--passphrase-file", pass];
  const dry = await command(t, "restore", archive, ...asked, "--dry-run", "--json");
  assert.deepEqual([dry.code, JSON.parse(dry.stdout).dryRun, existsSync(target)], [0, true, false]);
  mkdirSync(target);
  writeFileSync(join(target, "config.yaml"), "mine");
  const refused = await command(t, "restore", archive, ...asked);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is not empty \(config.yaml\).*--replace.*\[LG615\]/);
  assert.deepEqual(readdirSync(target), ["config.yaml"]);
  const replaced = await command(t, "restore", archive, ...asked, "--replace", "--json");
  const { aside } = JSON.parse(replaced.stdout);
  assert.equal(readFileSync(join(aside[0], "config.yaml"), "utf8"), "mine");
  assert.match(readFileSync(join(target, "config.yaml"), "utf8"), /32473-x/);
});

test("a backup that is damaged, cut off, of later make or none at all is refused before anything is written", async (t) => {
  const { archive, pass, target } = await aBackup(t);
  const parts = unzipSync(readFileSync(archive));
  const manifest = JSON.parse(Buffer.from(parts["manifest.json"] ?? []).toString());
  const other = (changes: object) => Buffer.from(JSON.stringify({ ...manifest, ...changes }));
  const files = {
    cut: readFileSync(archive).subarray(0, 2000),
    none: Buffer.from("hello"),
    changed: zipSync({ ...parts, "configuration/site.yaml": Buffer.from("name: y\n") }),
    surplus: zipSync({ ...parts, "configuration/more.yaml": Buffer.from("") }),
    place: zipSync({ ...parts, "manifest.json": other({ contents: [] }) }),
    later: zipSync({ ...parts, "manifest.json": other({ format: 2 }) }),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const file = `${archive}.${name}`;
    writeFileSync(file, bytes);
    const { code, stderr } = await command(t, "restore", file, "--config", target, "--passphrase-file", pass);
    assert.equal(code, 1, name);
    assert.match(stderr, name === "later" ? /format 2.*\[LG614\]/ : /cannot be restored: .*\[LG612\]/, name);
    assert.ok(!existsSync(target), name);
  }
});

test("a state that runs is not replaced, and adopt needs it for itself", async (t) => {
  const { archive, pass, target } = await aBackup(t);
  await command(t, "restore", archive, "--config", target, "--passphrase-file", pass);
  const gateway = startCommand(t, "run", "-c", join(target, "config.yaml"));
  await gateway.printed(/"msg":"started"/);
  const replace = await command(t, "restore", archive, "--config", target, "--passphrase-file", pass, "--replace");
  assert.deepEqual([replace.code, /\[LG617\]/.test(replace.stderr)], [1, true], replace.stderr);
  const adopt = await command(t, "restore", "--adopt", "--config", target);
  assert.deepEqual([adopt.code, /\[LG617\]\nTry: systemctl stop/.test(adopt.stderr)], [1, true], adopt.stderr);
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  const { code, stdout } = await command(t, "restore", "--adopt", "--config", target);
  assert.equal(code, 0);
  assert.match(stdout, /is this machine's now/);
});

/** At a terminal, where each line is typed after the next question. */
function typed(t: TestContext, lines: readonly string[], ...args: readonly string[]) {
  const script = `
import pty, os, sys
lines = sys.argv[1].split("|")
pid, fd = pty.fork()
if pid == 0:
  os.execv(sys.argv[2], sys.argv[2:])
said = b""
try:
  for line in lines:
    while not said.endswith(b": "): said += os.read(fd, 1000)
    os.write(fd, line.encode() + b"\\r")
    said += b"."
  while True: said += os.read(fd, 1000)
except OSError: pass
_, status = os.waitpid(pid, 0)
print(said.decode())
sys.exit(os.waitstatus_to_exitcode(status))`;
  return run(t, "python3", ["-c", script, lines.join("|"), process.execPath, PROGRAM, ...args]);
}

test("at a terminal the passphrase is asked for, twice where it is new, and not shown", async (t) => {
  const { archive, target } = await aBackup(t);
  const words = "correct horse battery";
  const restored = await typed(t, [words], "restore", archive, "--config", target);
  assert.equal(restored.code, 0, restored.stdout + restored.stderr);
  assert.ok(!restored.stdout.includes("horse"), restored.stdout);
  const config = join(target, "config.yaml");
  const made = await typed(t, [words, words], "backup", `${archive}.2`, "-c", config);
  assert.equal(made.code, 0, made.stdout + made.stderr);
  assert.ok(!made.stdout.includes("horse"), made.stdout);
  const differing = await typed(t, [words, "something else"], "backup", `${archive}.3`, "-c", config);
  assert.deepEqual([differing.code, existsSync(`${archive}.3`)], [2, false]);
  assert.match(differing.stdout, /the two are not the same/);
});
