import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { LimitedLog } from "../../src/cli/limited-log.ts";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import type { Logger } from "../../src/log.ts";
import { aConfig, aFolder, aServer, command, logLines, startCommand } from "../support/command.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const DAY = 24 * HOUR;
const LAST = "; the last of the lines like this that were held back";

function aLog() {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const limited = new LimitedLog({ ...recordingLogger(lines), debugging: false, child: childOf(lines) }, clock);
  return { clock, lines, limited, log: limited.logger };
}

/** The recorder keeps debug lines; here nobody reads them. */
function childOf(lines: LogLine[]): Logger["child"] {
  return (fields) => ({ ...recordingLogger(lines, fields), debugging: false });
}

function flap(log: Logger, online: boolean): void {
  if (online) log.info({}, "the device is online");
  else log.warn({ code: "LG554", reason: "no answer" }, "the device is offline");
}

const deviceOf = ({ fields: { device } }: LogLine): unknown => device;
const heldOf = ({ fields: { heldBack } }: LogLine): unknown => heldBack;
const sentenceOf = ({ message }: LogLine): string => message.replace(LAST, "");

test("a device that flaps each second for a day is told of in some hundred lines, and the last tells how it is", () => {
  const { clock, lines, log } = aLog();
  const meter = log.child({ device: "meter-1" });
  for (let second = 0; second < DAY / SECOND; second++) {
    flap(meter, second % 2 === 1);
    clock.advanceSync(SECOND);
  }
  flap(meter, false);
  clock.advanceSync(HOUR);
  const inFirstWindow = lines.filter((line) => heldOf(line) === undefined).slice(0, 20);
  assert.equal(new Set(inFirstWindow.map(sentenceOf)).size, 2);
  assert.ok(lines.length < 4 * (DAY / (10 * MINUTE)) + 30, `${lines.length} lines`);
  assert.equal(lines.map(sentenceOf).at(-1), "the device is offline");
  const held = lines.reduce((sum, line) => sum + Number(heldOf(line) ?? 0), 0);
  const passed = lines.filter((line) => heldOf(line) === undefined).length;
  assert.equal(held + passed, DAY / SECOND + 1);
});

test("the line that stands for others is the last of them, with how many and when", () => {
  const { clock, lines, log } = aLog();
  for (let i = 1; i <= 52; i++) {
    log.warn({ code: "LG556", link: "bus", reason: `failure ${i}` }, "the line is down");
    clock.advanceSync(SECOND);
  }
  assert.equal(lines.length, 10);
  clock.advanceSync(10 * MINUTE);
  assert.deepEqual(lines.slice(10), [
    {
      level: "warn",
      fields: {
        ...{ link: "bus", reason: "failure 52", heldBack: 42 },
        ...{ heldSince: "2026-01-01T00:00:10.000Z", lastAt: "2026-01-01T00:00:51.000Z" },
      },
      message: `the line is down${LAST}`,
    },
  ]);
});

test("a thousand devices that go away and come again at once are told of each, values too", () => {
  const { clock, lines, log } = aLog();
  const meters = Array.from({ length: 1000 }, (_, i) => log.child({ device: `meter-${i}`, link: "bus" }));
  for (const meter of meters) flap(meter, false);
  for (const meter of meters) flap(meter, true);
  for (const meter of meters) meter.info({ points: ["a"] }, "values are good again");
  assert.equal(lines.length, 3000);
  assert.equal(new Set(lines.map((line) => `${deviceOf(line)} ${line.message}`)).size, 3000);
  clock.advanceSync(HOUR);
  assert.equal(lines.length, 3000);
  assert.equal(clock.next, undefined);
});

test("what goes wrong in ever new ways fills neither memory nor disk", () => {
  const { clock, lines, log } = aLog();
  for (let i = 0; i < 100_000; i++) log.warn({ code: "LG751", device: `d${i}` }, `problem ${i}`);
  clock.advanceSync(HOUR);
  assert.equal(lines.length, 2000 + 1000 + 1);
  assert.deepEqual(lines.slice(-1).map(heldOf), [97_000]);
  for (let i = 0; i < 100_000; i++) log.info({}, `sentence ${i}`);
  assert.ok(lines.length < 3001 + 2000 + 200 + 1000 + 1);
});

test("nothing newer about a device comes before what was held back of it", () => {
  const { clock, lines, log } = aLog();
  const meter = log.child({ device: "meter-1" });
  const other = log.child({ device: "meter-2" });
  for (let i = 0; i < 15; i++) flap(meter, false);
  clock.advanceSync(SECOND);
  flap(other, true);
  flap(meter, true);
  const told = lines.slice(10).map((line) => [deviceOf(line), line.message, heldOf(line)]);
  assert.deepEqual(told, [
    ["meter-2", "the device is online", undefined],
    ["meter-1", `the device is offline${LAST}`, 5],
    ["meter-1", "the device is online", undefined],
  ]);
});

test("a counter, a path and a code have lines of their own", () => {
  const { lines, log } = aLog();
  for (let i = 0; i < 50; i++) log.info({ device: "m", point: `counter-${i}` }, "a counter began anew");
  for (let i = 0; i < 50; i++) log.warn({ code: "LG668", device: "m", path: `/33001/${i}` }, "cannot be read");
  assert.equal(lines.length, 100);
});

test("who was noisy has one line in the next window, and all of them after a window of peace", () => {
  const { clock, lines, log } = aLog();
  const tell = (times: number): number => {
    const before = lines.length;
    for (let i = 0; i < times; i++) log.info({ link: "bus" }, "the line answers");
    return lines.length - before;
  };
  assert.equal(tell(30), 10);
  clock.advanceSync(10 * MINUTE);
  assert.equal(tell(30), 1);
  clock.advanceSync(10 * MINUTE);
  assert.equal(tell(1), 1);
  clock.advanceSync(10 * MINUTE);
  assert.equal(tell(30), 10);
});

test("at the end all that is held back is told in its order, and what comes then is told at once", () => {
  const { clock, lines, limited, log } = aLog();
  for (let i = 0; i < 40; i++) flap(log.child({ device: `meter-${i % 2}` }), false);
  for (let i = 0; i < 12; i++) log.error({ code: "LG109" }, "a bug");
  limited.stop();
  const told = lines.slice(30).map((line) => [deviceOf(line), line.message, heldOf(line)]);
  assert.deepEqual(told, [
    ["meter-0", `the device is offline${LAST}`, 10],
    ["meter-1", `the device is offline${LAST}`, 10],
    [undefined, `a bug${LAST}`, 2],
  ]);
  for (let i = 0; i < 20; i++) log.info({}, "stopped");
  limited.stop();
  assert.equal(lines.length, 33 + 20);
  assert.equal(clock.next, undefined);
});

test("at level debug nothing is held back, at others no debug line, and none of who limits itself", () => {
  const lines: LogLine[] = [];
  const all = new LimitedLog(recordingLogger(lines), new FakeClock()).logger;
  for (let i = 0; i < 100; i++) all.info({}, "registered");
  assert.equal(lines.length, 100);

  const quiet = aLog();
  const server = quiet.log.child({ server: 101 });
  for (let i = 0; i < 100; i++) server.debug({}, "exchange");
  for (let i = 0; i < 100; i++) server.unlimited?.info({}, "audit");
  assert.equal(quiet.lines.length, 200);
  assert.deepEqual(quiet.lines.at(-1)?.fields, { server: 101 });
});

test("the daemon holds back what comes again and again, and tells it before it ends", async (t) => {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port }) });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await gateway.printed(/"msg":"started"/);
  writeFileSync(config, "servers: nobody");
  for (let i = 1; i <= 10; i++) {
    gateway.child.kill("SIGHUP");
    await gateway.printed(new RegExp(`(?:configuration not reloaded[^]*?){${i}}`));
  }
  for (let i = 0; i < 2; i++) {
    const { stdout, stderr } = await command(t, "reload", "--socket", join(folder, "state", "admin.sock"));
    assert.match(`${stdout}${stderr}`, /config\.yaml:1:10/);
  }
  gateway.child.kill("SIGTERM");
  const lines = logLines((await gateway.outcome).stdout).map(({ msg }) => msg);
  const refusals = lines.filter((msg) => msg.startsWith("configuration not reloaded"));
  assert.equal(refusals.length, 11);
  assert.ok(refusals.at(-1)?.endsWith(LAST), refusals.at(-1));
  assert.equal(lines.at(-1), "stopped");
});

test("the first line of each code says where to read on", () => {
  const { lines, log } = aLog();
  for (const device of ["a", "b"]) flap(log.child({ device }), false);
  log.error({ code: "LG109" }, "a bug");
  log.info({}, "registered");
  const advice = lines.map(({ fields: { next } }) => next);
  assert.deepEqual(advice, ["lwm2m-gateway explain LG554", undefined, "lwm2m-gateway explain LG109", undefined]);
});
