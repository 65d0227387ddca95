import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";
import { run } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";

const ROOM = "{ id: room-1, mapping: simulated-climate, link: trial }";

/** A gateway with one simulated device on the link `trial`, and what the subcommands need to find it. */
async function aRunningGateway(t: TestContext, links: readonly string[] = [], devices: readonly string[] = [ROOM]) {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, links, devices }) });
  const gateway = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await gateway.printed(/"msg":"started"/);
  return { gateway, at: ["--config", join(folder, "config.yaml")], file: join(folder, "config.yaml") };
}

test("a link is paused, shown so everywhere, and resumed", async (t) => {
  const { gateway, at } = await aRunningGateway(t);
  await gateway.printed(/"device":"room-1".*"msg":"the device is online"/);
  const paused = await command(t, "link", "pause", "trial", "10m", ...at);
  assert.deepEqual([paused.code, paused.stderr], [0, ""]);
  assert.match(
    paused.stdout,
    /^link trial is paused until 20\d\d-\d\d-\d\dT[\d:]{8}Z: nothing is sent on it, and its port is free \(room-1\)\nTo end the pause before: lwm2m-gateway link resume trial\n$/,
  );
  await gateway.printed(/"method":"POST","path":"\/v1\/links\/trial\/pause"|\/v1\/links\/trial\/pause/);
  const [list, show, status] = await Promise.all([
    command(t, "link", "list", ...at),
    command(t, "link", "show", "trial", "--json", ...at),
    command(t, "status", ...at),
  ]);
  assert.match(list.stdout, /^trial +simulated +paused, goes on in (?:10:00|9:\d\d) +1 +- +-$/m);
  assert.match(list.stdout, /^bus +modbus-tcp +not in use +0 +- +-$/m);
  const { devices, paused: pause } = JSON.parse(show.stdout);
  assert.deepEqual(devices, ["room-1"]);
  assert.match(pause.reason, /^link trial is paused until /);
  assert.match(status.stdout, /^room-1 +\/room-1 +paused /m);
  assert.match(
    status.stdout,
    /^link trial is paused until .*: it goes on in (?:10:00|9:\d\d), or by link resume trial$/m,
  );
  const resumed = await command(t, "link", "resume", "trial", ...at);
  assert.deepEqual([resumed.code, resumed.stdout], [0, "link trial goes on\n"]);
  await gateway.printed(/the pause of the link is over.*\n(?:.*\n)*.*"device":"room-1".*"msg":"the device is online"/);
  const again = await command(t, "link", "resume", "trial", ...at);
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /link "trial" is not paused/);
});

test("options of a link are tried by hand: status says so, the lines that keep them are told, --reset takes them back", async (t) => {
  const { at, file } = await aRunningGateway(t);
  const set = await command(t, "link", "set", "trial", "latency=20ms", ...at);
  assert.deepEqual(
    [set.code, set.stdout, set.stderr],
    [
      0,
      `link trial has latency=20ms until the gateway is reloaded or restarted; its devices are attached anew
To keep it, write at trial in ${file}, line 5:
    latency: 20ms
`,
      "",
    ],
  );
  const status = await command(t, "status", ...at);
  assert.match(status.stdout, /^link trial: latency=20ms by hand; link set trial --reset takes it back$/m);
  const reset = await command(t, "link", "set", "trial", "--reset", ...at);
  assert.equal(reset.stdout, "link trial is as the file has it\n");
  const twice = await command(t, "link", "set", "trial", "--reset", ...at);
  assert.equal(twice.code, 1);
});

test("what a link does not have, or cannot take, is refused with what was expected", async (t) => {
  const { at } = await aRunningGateway(t);
  const wrong = await Promise.all([
    command(t, "link", "pause", "trail", "10m", ...at),
    command(t, "link", "pause", "trial", "soon", ...at),
    command(t, "link", "pause", "trial", ...at),
    command(t, "link", "set", "trial", "latncy=5ms", ...at),
    command(t, "link", "set", "trial", "latency=much", ...at),
    command(t, "link", "set", "trial", "latency", ...at),
    command(t, "link", "set", "trial", "type=modbus-tcp", ...at),
  ]);
  assert.deepEqual(
    wrong.map(({ code }) => code),
    [2, 2, 2, 2, 2, 2, 2],
  );
  const said = wrong.map(({ stderr }) => stderr.split("\n")[0] ?? "");
  assert.match(said[0] ?? "", /there is no link "trail"; did you mean "trial"\?/);
  assert.match(said[1] ?? "", /"soon" is no duration/);
  assert.match(said[2] ?? "", /for how long\? lwm2m-gateway link pause trial 10m/);
  assert.match(said[3] ?? "", /unknown key "latncy"; did you mean "latency"\?/);
  assert.match(said[4] ?? "", /"much" is no duration/);
  assert.match(said[5] ?? "", /"latency" sets nothing: expected KEY=VALUE/);
  assert.match(said[6] ?? "", /the type of a link cannot be set by hand/);
});

/** Another program that wants the port for itself, as ours does. */
const LOCK =
  "import fcntl,os,sys; fd=os.open(sys.argv[1],os.O_RDWR|os.O_NOCTTY|os.O_NONBLOCK); fcntl.flock(fd,fcntl.LOCK_EX|fcntl.LOCK_NB)";

test("while a link is paused another program can have its serial port; afterwards it is the gateway's again", async (t) => {
  const pair = await aPtyPair(t);
  if (pair === undefined) return;
  const links = [`rs485: { type: modbus-rtu, port: ${pair.ours}, line: 9600-8N1 }`];
  const meter = "{ id: meter-1, mapping: eastron-sdm120, link: rs485, unit_id: 1 }";
  const { gateway, at } = await aRunningGateway(t, links, [meter]);
  const locked = async (): Promise<boolean> => (await run(t, "python3", ["-c", LOCK, pair.ours])).code !== 0;
  const isOpen = async (): Promise<boolean> => {
    const { stdout } = await command(t, "link", "show", "rs485", "--json", ...at);
    return JSON.parse(stdout).lines?.[0]?.open === true;
  };
  while (!(await isOpen()));
  assert.equal(await locked(), true);
  assert.equal((await command(t, "link", "pause", "rs485", "10m", ...at)).code, 0);
  assert.equal(await locked(), false);
  assert.equal((await command(t, "link", "resume", "rs485", ...at)).code, 0);
  while (!(await isOpen()));
  assert.equal(await locked(), true);
  gateway.child.kill("SIGTERM");
  assert.equal((await gateway.outcome).code, 0);
});
