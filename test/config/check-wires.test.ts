import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { formatCheck } from "../../src/config/check.ts";
import { aConfig } from "../support/command.ts";
import { loadFolder } from "./config-folder.ts";

/** Twelve SDM630 behind a converter, at these settings of its serial line. */
async function check(t: TestContext, wires: readonly string[], devices: readonly string[]) {
  const links = wires.map((line, i) => `bus${i + 1}: { type: modbus-tcp, host: 10.0.4.${i + 1}, ${line} }`);
  const { config } = await loadFolder(t, { "config.yaml": aConfig({ links, devices }) });
  assert.ok(config !== undefined);
  const lines = formatCheck(config).split("\n");
  return lines.filter((line) => /^ {3}(?:poll|link|wire) /.test(line));
}

const meters = (link: string, units: string): string =>
  `{ id: ${link}-$unit_id, mapping: eastron-sdm630, link: ${link}, each: { unit_id: ${units} } }`;

test("twelve meters on 9600 baud: what each poll costs on the wire, how full that is, and what would help", async (t) => {
  assert.deepEqual(await check(t, ["line: 9600-8N1"], [meters("bus1", "1..12")]), [
    "   link bus1: 12 devices, 65 values a second",
    "   wire bus1 (9600-8N1): 88 % busy; above 80 % polls are skipped and writes wait: read every 3s instead of 2s (63 %), or 19200 baud (58 %)",
    "   poll every 2s: 10 values in 2 reads: input[0x0..0x11], input[0x34..0x35]                      125 ms on the wire",
    "   poll every 15s: 6 values in 3 reads: input[0x1E..0x23], input[0x3E..0x47], input[0xE0..0xE1]  162 ms on the wire",
    "   poll every 5m: 1 value in 1 read: input[0x48..0x49]                                           46 ms on the wire",
    "   poll connect, or 15s for a server: 1 value in 1 read: holding[0xFC00..0xFC01]                 46 ms on the wire",
  ]);
});

test("links behind one converter fill one wire; a pause after each request counts", async (t) => {
  const lines = ["line: 9600-8N1, behind: box", "line: 9600-8N1, behind: box, gap: 20ms"];
  const found = await check(t, lines, [meters("bus1", "1..3"), meters("bus2", "4..6")]);
  assert.deepEqual(found.slice(0, 3), [
    "   link bus1: 3 devices, 16 values a second",
    "   link bus2: 3 devices, 16 values a second",
    "   wire box (9600-8N1) behind bus1, bus2: 50 % busy",
  ]);
});

test("of a link whose wire nobody knows the values alone are told", async (t) => {
  const found = await check(t, ["connections: 1"], [meters("bus1", "1..2")]);
  assert.deepEqual(found.slice(0, 2), [
    "   link bus1: 2 devices, 11 values a second",
    "   poll every 2s: 10 values in 2 reads: input[0x0..0x11], input[0x34..0x35]",
  ]);
});
