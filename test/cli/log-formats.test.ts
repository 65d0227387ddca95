import assert from "node:assert/strict";
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { lineLogger } from "../../src/cli/line-logger.ts";
import { entryOf } from "../../src/cli/log-formats.ts";
import { logSentence, stackOf } from "../../src/cli/log-sentence.ts";
import type { LogFields } from "../../src/log.ts";
import { aConfig, aFolder, aServer, command, logLines, PROGRAM, startCommand } from "../support/command.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { start } from "../support/process.ts";

test("a sentence tells whom it is about, and what else there is", () => {
  const cases: readonly (readonly [LogFields, string, string])[] = [
    [{}, "started", "started"],
    [{ device: "meter-1", link: "bus" }, "the device is online", "meter-1: the device is online"],
    [{ server: 101, location: "/rd/1" }, "registered", "server 101: registered (location: /rd/1)"],
    [{ link: "bus", code: "LG501" }, "the port is gone", "link bus: the port is gone [LG501]"],
    [{ err: new Error("no disk"), until: undefined }, "not saved", "not saved (reason: no disk)"],
    [{ paths: ["/3", "/4"] }, "sent", 'sent (paths: ["/3","/4"])'],
    [{ reason: "a\nb" }, "x\u001b[31m", "x\\u001b[31m (reason: a\\u000ab)"],
  ];
  for (const [fields, message, sentence] of cases) assert.equal(logSentence(fields, message), sentence);
});

test("the stack of an error has those of its causes", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  assert.match(stackOf(error) ?? "", /Error: outer\n.*\ncaused by: Error: inner\n/s);
  assert.equal(stackOf("text"), undefined);
});

test("keys are hidden, and levels below the wanted one are not written", () => {
  const written: unknown[] = [];
  const log = lineLogger("warn", (...line) => written.push(line)).child({ server: 1 });
  log.info({}, "left out");
  log.warn({ code: "LG102", psk: "00ff", nested: { password: "x", user: "y" } }, "told");
  assert.equal(log.debugging, false);
  const fields = { server: 1, code: "LG102", psk: "[hidden]", nested: { password: "[hidden]", user: "y" } };
  assert.deepEqual(written, [["warn", fields, "told"]]);
});

test("an entry of the journal has each field by its name", () => {
  const entry = entryOf(
    "error",
    { device: "m", server: 101, code: "LG802", skippedPolls: 3, err: new Error("x") },
    "bad",
  );
  const { LWM2M_ERROR: stack, ...others } = entry;
  assert.match(stack ?? "", /^Error: x\n/);
  assert.deepEqual(others, {
    ...{ MESSAGE: "m, server 101: bad (skippedPolls: 3; reason: x) [LG802]", PRIORITY: "3" },
    ...{ SYSLOG_IDENTIFIER: "lwm2m-gateway", LWM2M_DEVICE: "m", LWM2M_SERVER: "101" },
    ...{ LWM2M_CODE: "LG802", LWM2M_SKIPPED_POLLS: "3" },
  });
});

test("the log is JSON on a pipe, text where somebody wants it, and a wrong wish is told", async (t) => {
  const { server } = await aServer(t);
  const config = join(aFolder(t, { "config.yaml": aConfig({ server: server.port }) }), "config.yaml");
  const args = ["run", "--config", config];
  const piped = startCommand(t, ...args);
  await piped.printed(/"msg":"started"/);
  piped.child.kill("SIGTERM");
  assert.equal(logLines((await piped.outcome).stdout).at(-1)?.msg, "stopped");

  const text = startCommand(t, ...args, "--log-format", "text");
  await text.printed(/^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}started \(version: /m);
  text.child.kill("SIGTERM");
  assert.match((await text.outcome).stdout, /Z info {2}stopped\n$/);

  const wrong = await command(t, ...args, "--log-format", "xml");
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  assert.match(wrong.stderr, /--log-format xml: expected one of auto, json, text, journal/);
});

test("where standard output is the journal and journald is not there, sentences have their priority in front", async (t) => {
  if (existsSync("/run/systemd/journal/socket")) return t.skip("journald runs here");
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port }) });
  const out = openSync(join(folder, "out"), "w");
  t.after(() => closeSync(out));
  const { dev, ino } = fstatSync(out, { bigint: true });
  const { PATH } = process.env;
  const gateway = start(t, process.execPath, [PROGRAM, "run", "--config", join(folder, "config.yaml")], {
    stdio: ["ignore", out, "pipe"],
    env: { PATH, JOURNAL_STREAM: `${dev}:${ino}` },
  });
  await settleUntil("it has started", () => /started/.test(readFileSync(join(folder, "out"), "utf8")));
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  assert.match(readFileSync(join(folder, "out"), "utf8"), /^<6>started \(version: .*^<6>stopped$/ms);
});
