import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { aConfig, aFolder, aServer, command, logLines, PROGRAM, startCommand } from "../support/command.ts";
import { type RunningProcess, start } from "../support/process.ts";

const ROOM = `
mapping: room
protocol: simulated
objects:
  3303: { sensor_value: { constant: 21.5 } }
`;
const BROKEN = ROOM.replace("sensor_value", "sensor_valeu").replace("mapping: room", "mapping: broken");

/** A gateway that is registered at a server. */
async function aGateway(t: TestContext, devices: readonly string[] = [], files: Record<string, string> = {}) {
  const { server, told } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }), ...files });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/"msg":"started"/)]);
  return { server, told, folder, config, gateway };
}

async function stopped(gateway: RunningProcess, signal: NodeJS.Signals = "SIGTERM") {
  gateway.child.kill(signal);
  return gateway.outcome;
}

test("a wrong configuration: every problem with its place, exit code 2, and nothing has been started", async (t) => {
  const folder = aFolder(t, {
    "config.yaml": `gateway: { endpiont: g, state: here }
servers:
  - { id: 0, uri: "coap://127.0.0.1:1" }
  - { id: 1, uri: "http://127.0.0.1" }
links:
  bus: { type: modbus-tpc }
`,
  });
  const config = join(folder, "config.yaml");
  const { code, stdout, stderr } = await command(t, "run", "--config", config);
  assert.deepEqual([code, stdout], [2, ""], stderr);
  assert.match(stderr, /\nTry: lwm2m-gateway explain LG201\n$/);
  const places = stderr
    .replace(/Try: .*\n$/, "")
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(`${config}:`, "").split(": ").slice(0, 2).join(" "));
  assert.deepEqual(places, ["1:12 error", "3:11 error", "4:19 error", "6:16 error"], stderr);
  assert.match(stderr, /unknown key "endpiont"; did you mean "endpoint"\?/);
  assert.match(stderr, /did you mean "modbus-tcp"\?/);
  assert.deepEqual(readdirSync(folder), ["config.yaml"]);
});

test("no configuration at all is a sentence and exit code 2", async (t) => {
  const missing = await command(t, "run", "--config", "/no/such.yaml");
  assert.deepEqual(
    [missing.code, missing.stderr],
    [2, "error: cannot read /no/such.yaml: there is no such file [LG213]\nTry: lwm2m-gateway explain LG213\n"],
  );
});

test("a wrong mapping turns its devices off by name; the rest registers, and SIGTERM ends it with 0", async (t) => {
  const devices = ["{ id: good, mapping: room, link: trial }", "{ id: bad, mapping: broken, link: trial }"];
  const { server, told, folder, gateway } = await aGateway(t, devices, {
    "mappings/room.yaml": ROOM,
    "mappings/broken.yaml": BROKEN,
  });
  assert.equal(statSync(join(folder, "state/admin.sock")).mode & 0o777, 0o600);
  const [client] = server.clients;
  assert.equal(client?.endpoint, "urn:dev:ops:32473-test");
  const { code, stdout, stderr } = await stopped(gateway);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = logLines(stdout);
  const errors = lines.filter(({ level }) => level === "error");
  assert.equal(errors.length, 2, stdout);
  assert.match(String(errors[0]?.msg), /broken\.yaml:5:11: error: .*did you mean "sensor_value"/);
  assert.deepEqual([errors[1]?.device, errors[1]?.msg], ["bad", "device is off until its problems are mended"]);
  assert.deepEqual(
    lines.slice(-2).map(({ msg }) => msg),
    ["deregistered", "stopped"],
  );
  assert.ok(told.includes("urn:dev:ops:32473-test shows 1 device: /good"), told.join("\n"));
  assert.ok(told.includes("urn:dev:ops:32473-test de-registered"), told.join("\n"));
  assert.deepEqual(databases(join(folder, "state")), ["configurations", "gateway.db", "history.db"]);
});

test("SIGHUP takes the files as they are now, and keeps what runs where they are wrong", async (t) => {
  const { server, config, gateway } = await aGateway(t, [], { "mappings/room.yaml": ROOM });
  const devices = ["{ id: late, mapping: room, link: trial }"];
  writeFileSync(config, aConfig({ server: server.port, devices }));
  gateway.child.kill("SIGHUP");
  await gateway.printed(/"devices":1.*configuration reloaded/);
  writeFileSync(config, "servers: nobody");
  gateway.child.kill("SIGHUP");
  await gateway.printed(/configuration not reloaded: everything runs on as before/);
  const { code, stdout } = await stopped(gateway, "SIGINT");
  assert.equal(code, 0);
  assert.match(stdout, /config\.yaml:1:10: error: /);
});

test("a second Ctrl-C ends at once what waits for a server that does not answer", async (t) => {
  const silent = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => silent.close());
  await once(silent, "listening");
  const folder = aFolder(t, { "config.yaml": aConfig({ server: silent.address().port }) });
  const gateway = startCommand(t, "run", "--config", join(folder, "config.yaml"), "--log-level", "debug");
  await once(silent, "message");
  await gateway.printed(/"msg":"started"/);
  gateway.child.kill("SIGINT");
  await gateway.printed(/"state":"deregistering"/);
  const impatient = setInterval(() => gateway.child.kill("SIGINT"), 50);
  t.after(() => clearInterval(impatient));
  const { code, stdout } = await gateway.outcome;
  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /"msg":"stopped"/);
});

test("a signal that comes from the process group and from a launcher too is one wish for an orderly end", async (t) => {
  const { gateway } = await aGateway(t);
  gateway.child.kill("SIGINT");
  gateway.child.kill("SIGTERM");
  const { code, stdout } = await gateway.outcome;
  assert.equal(code, 0);
  assert.match(stdout, /"msg":"deregistered".*\n.*"msg":"stopped"/);
});

test("after kill -9 the next start takes the place of the dead one", async (t) => {
  const { config, gateway, folder } = await aGateway(t);
  gateway.child.kill("SIGKILL");
  await gateway.outcome;
  assert.ok(existsSync(join(folder, "state/admin.sock")));
  const next = startCommand(t, "run", "--config", config);
  await next.printed(/"msg":"started"/);
  assert.equal((await stopped(next)).code, 0);
});

test("a second gateway on the same state is told so, and the first one runs on", async (t) => {
  const { config, gateway, folder } = await aGateway(t);
  const second = await command(t, "run", "--config", config);
  assert.deepEqual([second.code, second.stdout], [1, ""]);
  assert.equal(
    second.stderr,
    `lwm2m-gateway: ${folder}/state/gateway.db is in use by another process: stop that one, or give this gateway another state directory [LG660]\nTry: lwm2m-gateway explain LG660\n`,
  );
  assert.equal((await command(t, "status", "--config", config)).code, 0);
  assert.equal((await stopped(gateway)).code, 0);
});

test("a state directory that cannot be had is a sentence and exit code 1", async (t) => {
  // A file in its place: rights alone do not hold back root.
  const folder = aFolder(t, { "config.yaml": aConfig({}), state: "" });
  const { code, stdout, stderr } = await command(t, "run", "--config", join(folder, "config.yaml"));
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^lwm2m-gateway: .*\/state.*\nTry: .*\n$/);
});

test("without an admin socket there is no gateway: what was started is stopped, with a sentence and exit code 1", async (t) => {
  const { server, told } = await aServer(t);
  const long = "x".repeat(100);
  const text = aConfig({ server: server.port }).replace("32473-test", `32473-test, state: ${long}`);
  const folder = aFolder(t, { "config.yaml": text });
  const { code, stdout, stderr } = await command(t, "run", "--config", join(folder, "config.yaml"));
  assert.equal(code, 1, stdout);
  assert.match(
    stderr,
    /^lwm2m-gateway: the path of the admin socket, .* give gateway\.state a shorter path \[LG744\]\nTry: lwm2m-gateway explain LG744\n$/,
  );
  assert.equal(logLines(stdout).at(-1)?.msg, "stopped");
  assert.deepEqual(server.clients, [], told.join("\n"));
});

test("what nobody caught goes to the log with its stack, and the exit code lets systemd start it again", async (t) => {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port }) });
  const bug = `data:text/javascript,process.on("SIGUSR2", () => Promise.reject(new Error("a broken promise")))`;
  const args = ["--import", bug, PROGRAM, "run", "--config", join(folder, "config.yaml")];
  const gateway = start(t, process.execPath, args);
  await gateway.printed(/"msg":"started"/);
  const { code, stdout, stderr } = await stopped(gateway, "SIGUSR2");
  assert.deepEqual([code, stderr], [1, ""]);
  const last = logLines(stdout).at(-1);
  assert.deepEqual([last?.level, last?.err?.message], ["error", "a broken promise"]);
  assert.match(String(last?.err?.stack), /\n +at /);
});

test("--log-level bounds the log, and a wrong one is refused", async (t) => {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port }) });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "-c", config, "--log-level=debug");
  await gateway.printed(/"level":"debug"/);
  await gateway.printed(/"msg":"started"/);
  for (const line of logLines((await stopped(gateway)).stdout)) {
    assert.deepEqual(Object.keys(line).slice(0, 2), ["level", "time"]);
  }
  const wrong = await command(t, "run", "-c", config, "--log-level", "loud");
  assert.deepEqual(
    [wrong.code, wrong.stderr],
    [
      2,
      "lwm2m-gateway: --log-level loud: expected one of error, warn, info, debug [LG101]\nTry: lwm2m-gateway run --help\n",
    ],
  );
});

/** Without the logs of SQLite, which stay where the check of the files was still reading them. */
function databases(directory: string): string[] {
  return readdirSync(directory).filter((name) => !/-(?:wal|shm)$/.test(name));
}
