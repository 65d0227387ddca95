import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { type Command, FailureError, parseArguments, UsageError } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/commands.ts";
import { command } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

const CODE = /^LG\d{3}$/;

/** Those that print no data which a script could want in another form. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  run: "its output is the log, whose form --log-format says",
  schema: "prints JSON in any case",
};

/** What is typed behind each that asks the gateway which runs. */
const ASKS: Readonly<Record<string, readonly string[]>> = {
  status: [],
  reload: [],
  send: ["/3/0/9"],
  devices: [],
  "device show": ["meter-1"],
  "device forget": ["meter-1", "--yes"],
  values: ["meter-1"],
  why: ["meter-1"],
  "link list": [],
  "link show": ["bus"],
  "link pause": ["bus", "1m"],
  "link resume": ["bus"],
  "link set": ["bus", "gap=50ms"],
  read: ["/3/0/9"],
  write: ["/3/0/15", "Europe/Berlin"],
  exec: ["/3/0/4"],
  observe: ["/3/0/9"],
  "firmware list": [],
  "firmware show": ["meter-1"],
  "firmware push": ["meter-1", "package.json"],
  "firmware update": ["meter-1"],
  "firmware cancel": ["meter-1"],
  "firmware defer": ["meter-1", "2h"],
  "firmware history": ["meter-1"],
  "store stats": [],
  "store forget": ["--all", "--yes"],
};

/** They ask it where it runs, and do it without where it does not. */
const WITHOUT_GATEWAY = ["setup", "rollback", "device replace", "backup", "support-bundle"];
const WITHOUT_GATEWAY_TOOLS = /^(?:probe|scan|sniff|capture) /;

const commands = (await allCommands()).map((named) => named.command);

function rejection(asked: Command, argv: readonly string[]): Promise<unknown> {
  return Promise.resolve()
    .then(() => asked.run(parseArguments(asked, argv)))
    .then(
      (code) => assert.fail(`${asked.name} ${argv.join(" ")} ended with ${code}`),
      (error: unknown) => error,
    );
}

test("every command refuses an option that it does not have, with a code", async () => {
  for (const each of commands) {
    const error = await rejection(each, ["--no-such-option"]);
    assert.ok(error instanceof UsageError, each.name);
    assert.match(error.code, CODE, each.name);
    assert.ok(error.message.startsWith(`${each.name}: unknown option "--no-such-option"`), error.message);
  }
});

test("every command that prints data takes --json", () => {
  const without = commands.filter(({ options: { json } }) => json?.type !== "boolean").map(({ name }) => name);
  assert.deepEqual(without.sort(), Object.keys(WITHOUT_JSON).sort());
});

test("each that knows the admin socket is known to ask the gateway, or to do without", () => {
  const known = [...Object.keys(ASKS), ...WITHOUT_GATEWAY];
  const found = commands.filter(({ name, options }) => "socket" in options && !WITHOUT_GATEWAY_TOOLS.test(name));
  assert.deepEqual(found.map(({ name }) => name).sort(), known.sort());
});

test("where no gateway runs, each that asks one fails with a code, and names what to try", async (t) => {
  const socket = join(temporaryDirectory(t), "nothing.sock");
  for (const each of commands) {
    const typed = ASKS[each.name];
    if (typed === undefined) continue;
    const error = await rejection(each, [...typed, "--socket", socket]);
    assert.ok(error instanceof FailureError, `${each.name}: ${String(error)}`);
    assert.deepEqual([each.name, error.code], [each.name, "LG701"]);
    assert.match(error.next ?? "", /systemctl status lwm2m-gateway/, each.name);
  }
});

test("the process turns them into exit codes, a message with its code and a line to try, or the same as JSON", async (t) => {
  const socket = join(temporaryDirectory(t), "nothing.sock");
  const [wrong, away, json] = await Promise.all([
    command(t, "link", "pause", "--no-such-option"),
    command(t, "why", "meter-1", "--socket", socket),
    command(t, "link", "pause", "bus", "1m", "--socket", socket, "--json"),
  ]);
  assert.deepEqual([wrong.code, away.code, json.code, json.stderr], [2, 1, 1, ""]);
  assert.match(wrong.stderr, / \[LG101\]\nTry: lwm2m-gateway link --help\n$/);
  assert.match(away.stderr, / \[LG701\]\nTry: systemctl status lwm2m-gateway, or lwm2m-gateway run\n$/);
  assert.deepEqual(Object.keys(JSON.parse(json.stdout).error), ["code", "message", "next"]);
});
