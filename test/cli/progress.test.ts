import assert from "node:assert/strict";
import test from "node:test";
import { Progress, type ProgressOut } from "../../src/cli/progress.ts";
import { SECOND } from "../../src/clock.ts";
import { onTerminal } from "../support/a-terminal.ts";
import { PROGRAM } from "../support/command.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { aToolSlave } from "../support/tool-slave.ts";

/** What a terminal is told, in characters that can be seen. */
const seen = (text: string): string => text.replaceAll("\u001b[K", "⌫").replaceAll("\r", "←");

/** `written` grows by what is written. */
function aWorld(out: Omit<ProgressOut, "write">) {
  const clock = new FakeClock();
  const written: string[] = [];
  const progress = new Progress({ ...out, write: (text) => written.push(seen(text)) }, clock);
  return { clock, written, progress };
}

test("on a terminal one line rewrites itself while work goes on, and is gone at the end", () => {
  const { clock, written, progress } = aWorld({ isTTY: true, columns: 80 });
  let asked = 0;
  progress.show(() => `asked ${asked} of 64 addresses`);
  for (asked = 1; asked <= 20; asked++) clock.advanceSync(SECOND / 10);
  assert.ok(written.length >= 5 && written.length <= 10, `${written.length} lines in 2 s`);
  for (const text of written) assert.match(text, /^←asked \d+ of 64 addresses⌫$/);
  written.length = 0;
  progress.end();
  assert.deepEqual([written, clock.next], [["←⌫"], undefined]);
});

test("short work shows nothing, nor does what has not changed show again", () => {
  const short = aWorld({ isTTY: true });
  short.progress.show(() => "half of it");
  short.clock.advanceSync(SECOND / 10);
  short.progress.end();
  assert.deepEqual(short.written, []);
  const { clock, written, progress } = aWorld({ isTTY: true });
  progress.show(() => "half of it");
  clock.advanceSync(5 * SECOND);
  assert.deepEqual(written, ["←half of it⌫"]);
});

test("after the end nothing is shown, whatever parts of the work go on, and nothing keeps the process", () => {
  const { clock, written, progress } = aWorld({ isTTY: true });
  progress.end();
  progress.show(() => "some of it came late");
  clock.advanceSync(5 * SECOND);
  assert.deepEqual([written, clock.next], [[], undefined]);
});

test("the line is never wider than the terminal, whatever the words are", () => {
  for (const [columns, expected] of [
    [10, "asked 12…"],
    [1, "…"],
    [0, `asked 12 of 64 ${"x".repeat(63)}…`],
  ] as const) {
    const { clock, written, progress } = aWorld({ isTTY: true, columns });
    progress.show(() => `asked 12\nof\u001b64 ${"x".repeat(100)}`);
    clock.advanceSync(SECOND);
    assert.deepEqual(written, [`←${expected}⌫`], `${columns} columns`);
  }
});

test("before something else is written the line is taken away, and it comes back", () => {
  const { clock, written, progress } = aWorld({ isTTY: true });
  progress.clear();
  progress.show(() => "listening");
  clock.advanceSync(SECOND);
  progress.clear();
  progress.clear();
  clock.advanceSync(SECOND);
  assert.deepEqual(written, ["←listening⌫", "←⌫", "←listening⌫"]);
});

test("work that lets no timer run is shown, too, and not at every step", () => {
  const busy = aWorld({ isTTY: true });
  // Its tasks never get their turn.
  const clock = { ...busy.clock, monotonic: () => busy.clock.monotonic(), wall: () => 0, at: () => () => {} };
  const written: string[] = [];
  const progress = new Progress({ isTTY: true, write: (text) => written.push(text) }, clock);
  for (let values = 0; values < 1000; values++) {
    progress.show(() => `${values} values`);
    busy.clock.advanceSync(1);
  }
  assert.deepEqual(
    written.map((text) => text.slice(1, 4)),
    ["250", "500", "750"],
  );
});

test("elsewhere it is a plain line every ten seconds at most, and nothing is taken back", () => {
  const { clock, written, progress } = aWorld({});
  let asked = 0;
  progress.show(() => `asked ${asked} of 64 addresses`);
  for (asked = 1; asked < 35; asked++) {
    clock.advanceSync(SECOND);
    progress.clear();
  }
  progress.end();
  assert.deepEqual(written, ["asked 10 of 64 addresses\n", "asked 20 of 64 addresses\n", "asked 30 of 64 addresses\n"]);
});

test("a scan at a terminal says how far it is, within its width, and takes that back", async (t) => {
  if (!hasTool(t, "python3", "apt-get install -y python3")) return;
  const nobody = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [i + 1, () => undefined]));
  const slave = await aToolSlave(t, nobody);
  const wire = ["--host", "127.0.0.1", "--port", String(slave.port), "--timeout", "300ms"];
  const argv = [process.execPath, PROGRAM, "scan", "modbus", ...wire, "--units", "1-200"];
  const scan = onTerminal(t, { columns: 20, rows: 10 }, argv);
  await scan.printed(/asked 1 of 200 add…/);
  await scan.printed(/asked [3-9] of 200 add…/);
  scan.child.kill("SIGINT");
  const { code, stdout } = await scan.outcome;
  assert.equal(code, 1);
  assert.match(
    seen(stdout),
    /←asked 1 of 200 add…⌫.*…⌫(?:\^C)?←⌫←\nstopped before the end; 0 of 200 addresses answered←\n/,
  );
});

test("with --json a scan says nothing of how far it is", async (t) => {
  if (!hasTool(t, "python3", "apt-get install -y python3")) return;
  const slave = await aToolSlave(t, { 1: () => undefined });
  const wire = ["--host", "127.0.0.1", "--port", String(slave.port), "--timeout", "900ms"];
  const argv = [process.execPath, PROGRAM, "scan", "modbus", ...wire, "--units", "1", "--json"];
  const { stdout } = await onTerminal(t, { columns: 80, rows: 10 }, argv).outcome;
  assert.ok(!stdout.includes("\u001b"), stdout);
});
