import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { Route } from "../../src/admin/route.ts";
import { openAdminSocket } from "../../src/admin/socket.ts";
import { silentLogger } from "../../src/log.ts";
import { onTerminal } from "../support/a-terminal.ts";
import { aConfig, aFolder, command, PROGRAM, startCommand } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

const WIDE = { columns: 120, rows: 40 };
const DEVICES = ["{ id: room-1, mapping: simulated-climate, link: trial }"];

test("a person reads, writes and executes at the running gateway, in text and as JSON", async (t) => {
  const config = join(aFolder(t, { "config.yaml": aConfig({ devices: DEVICES }) }), "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"started"/), gateway.printed(/"device":"room-1".*online/)]);
  const ask = (...args: readonly string[]) => command(t, ...args, "-c", config);

  const read = await ask("read", "room-1/3311", "/3/0/1");
  assert.deepEqual([read.code, read.stderr], [0, ""]);
  assert.match(read.stdout, /^\/room-1\/3311\/0\/5850 {2}On\/Off {8}false$/m);
  assert.match(read.stdout, /^\/room-1\/3311\/0\/5851 {2}Dimmer {8}40 \/100$/m);
  assert.match(read.stdout, /^\/3\/0\/1 {15}Model Number {2}lwm2m-gateway$/m);

  const written = await ask("write", "/room-1/3311/0/5851", "75");
  assert.deepEqual([written.code, written.stdout], [0, "/room-1/3311/0/5851 = 75\n"]);
  const both = await ask("write", "room-1/3311/0/5851=20", "room-1/3311/0/5850=true", "--json");
  assert.deepEqual(JSON.parse(both.stdout), { written: ["/room-1/3311/0/5851", "/room-1/3311/0/5850"] });
  const json = await ask("read", "/room-1/3311", "/room-1/9", "--json");
  const { values, errors } = JSON.parse(json.stdout);
  assert.deepEqual(
    [json.code, values.map(({ value }: { readonly value: unknown }) => value), errors],
    [1, [true, 20], [{ path: "/room-1/9", error: "there is no /room-1/9", code: "LG710", response: "4.04" }]],
  );

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["read", "rom-1/3303"], /no device has the prefix \/rom-1; did you mean \/room-1\? \[LG710\]\n/],
    [["write", "/room-1/3311/0/5851", "200"], /\(Dimmer\): 200 is outside 0\.\.100 \[LG712\]\n/],
    [["write", "/room-1/3303/0/5700=1"], /cannot be written \[LG711\]\n/],
    [["exec", "/room-1/3311/0/5850"], /cannot be executed \[LG711\]\n/],
    [["exec", "/room-1/3311/0/5850", "now"], /"now" is no argument/],
    [["observe", "/room-1/9"], /there is no \/room-1\/9 \[LG710\]\n/],
    [["read"], /expected at least one PATH/],
    [["write", "/3/0/1"], /has no value/],
    [["write", "/3/0/1=a", "/3/0/1=b"], /\/3\/0\/1 is there twice/],
    [["observe", "/3", "--for", "ever"], /--for "ever" is no duration/],
  ];
  for (const [args, message] of refused) {
    const { code, stdout, stderr } = await ask(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
  await gateway.printed(
    /"request":"POST \/v1\/write","outcome":"done","paths":\["\/room-1\/3311\/0\/5851"\],"msg":"audit"/,
  );
  await gateway.printed(
    /"request":"POST \/v1\/write","outcome":"refused".*"reason":"\/room-1\/3303\/0\/5700 cannot be written"/,
  );
});

test("observe tells what comes until Ctrl-C, at a terminal too, which is an end like any other", async (t) => {
  const config = join(aFolder(t, { "config.yaml": aConfig({ devices: DEVICES }) }), "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"started"/), gateway.printed(/"device":"room-1".*online/)]);

  const json = startCommand(t, "observe", "/room-1/3311/0/5851", "--json", "-c", config);
  const terminal = onTerminal(t, WIDE, [process.execPath, PROGRAM, "observe", "/room-1/3311", "-c", config]);
  await Promise.all([json.printed(/"value":40/), terminal.printed(/Dimmer/)]);
  await command(t, "write", "/room-1/3311/0/5851", "75", "-c", config);
  await Promise.all([
    json.printed(/"value":75/),
    terminal.printed(/:\d\d {2}\/room-1\/3311\/0\/5851 {2}Dimmer {2}75 \/100\r\n/),
  ]);
  json.child.kill("SIGINT");
  const { code, stdout, stderr } = await json.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ event, path, value }) => [event, path, value]),
    [
      ["value", "/room-1/3311/0/5851", 40],
      ["value", "/room-1/3311/0/5851", 75],
    ],
  );
  // Ctrl-C, as the terminal gives it.
  terminal.child.kill("SIGINT");
  assert.equal((await terminal.outcome).code, 0);
});

test("at a terminal it is told what is waited for, while a device is slow; elsewhere nothing is", async (t) => {
  let answer = (): void => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const value = { path: "/meter-1/3/0/1", name: "Model", type: "string", value: "SDM", time: 0 };
  const route: Route = {
    method: "GET",
    path: "/v1/read",
    answer: async () => {
      await asked;
      return { values: [value], errors: [] };
    },
  };
  const path = join(temporaryDirectory(t), "admin.sock");
  const socket = await openAdminSocket(path, [route], silentLogger);
  t.after(() => socket.close());
  const typed = ["read", "meter-1", "--socket", path];
  const terminal = onTerminal(t, WIDE, [process.execPath, PROGRAM, ...typed]);
  const piped = startCommand(t, ...typed);
  await terminal.printed(/\rreading \/meter-1: 1 s/);
  answer();
  const [shown, plain] = await Promise.all([terminal.outcome, piped.outcome]);
  const [, last] = shown.stdout.split("\r\u001b[K");
  assert.match(last ?? "", /^\/meter-1\/3\/0\/1 {2}Model {2}SDM {2}\d+ d ago\r\n$/);
  assert.equal(plain.stderr, "");
});
