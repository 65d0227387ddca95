import assert from "node:assert/strict";
import { test } from "node:test";
import { sniff } from "../../../../adapters/serial/tools/sniff.ts";
import { SECOND } from "../../../../src/clock.ts";
import { settle, settleUntil } from "../../../support/fake-clock.ts";
import { aPtyPair } from "../../../support/pty-pair.ts";
import { asciiRequestLength, ScriptedLine } from "../../../support/scripted-line.ts";
import { MT_SICS, NMEA } from "../../../support/serial-recordings.ts";
import { aSerialToolContext } from "../../../support/serial-tools.ts";
import { aSerialWorld, SERIAL_KINDS } from "../../../support/serial-world.ts";
import { theArguments } from "../../../support/tool-context.ts";

for (const kind of SERIAL_KINDS) {
  test(`${kind}: what passes is shown as it comes, and its framing in the end`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const ending = new AbortController();
    const context = aSerialToolContext({ ...world, signal: ending.signal });
    const run = sniff.run(theArguments([]), context);
    // Recording begins with the first question.
    await settle();
    await world.clock.advance(10);
    for (const [i, line] of [...NMEA, ...NMEA].entries()) {
      await world.clock.advance(SECOND);
      world.far.send(line);
      await settleUntil("it is shown", () => context.told.filter((row) => row.endsWith("␍␊")).length > i);
    }
    ending.abort();
    await world.clock.advance(SECOND);
    const { lines, ok } = await run;
    assert.equal(ok, true);
    assert.match(context.told[0] ?? "", /^ +\d\.\d{3} s {2}< 24 57 49 4d 57 56 2c .* {2}\$WIMWV,/);
    assert.ok(lines.includes('  frame: { start: "$$", end: "\\r\\n", checksum: nmea }'), lines.join("\n"));
    assert.ok(
      lines.some((line) => /^96 bytes in \d+s, in 4 pieces/.test(line)),
      lines.join("\n"),
    );
  });
}

test("nothing for a while is said so, and is no success", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const run = sniff.run(theArguments([], { for: "3s" }), aSerialToolContext(world));
  await world.clock.advance(4 * SECOND);
  const { lines, ok } = await run;
  assert.equal(ok, false);
  assert.match(lines.join("\n"), /nothing came within 3s: does the device speak by itself/);
});

test("on a link of the gateway its own requests are shown, too, and its devices are named", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const device = await world.attach(
    { frame: { end: "\r\n" }, requests: { weigh: { send: "SI\r\n", expect: "S .*" } } },
    { a: { request: "weigh" } },
  );
  world.far.otherwise = (_request, send) => send(MT_SICS[0] ?? Buffer.alloc(0));
  await world.clock.advance(5 * SECOND);
  const ending = new AbortController();
  const context = aSerialToolContext({ ...world, signal: ending.signal, sharedWith: ["scale-1"] });
  const run = sniff.run(theArguments([]), context);
  await settle();
  await world.clock.advance(10);
  await device.device.read(["a"]);
  await settleUntil("both are shown", () => context.told.some((row) => row.includes("  < ") && row.endsWith("␍␊")));
  ending.abort();
  await world.clock.advance(SECOND);
  await run;
  assert.match(context.told[0] ?? "", /the gateway's own requests \(>\) are to scale-1/);
  assert.ok(
    context.told.some((row) => /s {2}> 53 49 0d 0a +SI␍␊$/.test(row)),
    context.told.join("\n"),
  );
});

test("with --find-line the port is opened with each setting until one is sure", async (t) => {
  const pty = await aPtyPair(t);
  if (pty === undefined) return;
  const far = await new ScriptedLine(asciiRequestLength).onPort(t, pty.theirs);
  far.otherwise = (_request, send) => send(Buffer.concat(NMEA));
  const options = {
    port: pty.ours,
    "find-line": true as const,
    lines: "2400-8N1,9600-8N1",
    for: "300ms",
    send: "Q\\n",
  };
  const context = aSerialToolContext();
  const { lines, ok, data } = await sniff.run(theArguments([], options), context);
  assert.equal(ok, true, context.told.join("\n"));
  // A pseudo-terminal has no speed: the first is as right as any.
  assert.equal(far.requests.length, 1);
  assert.ok(lines.includes("line: 2400-8N1"), lines.join("\n"));
  assert.match(context.told[0] ?? "", /^2 settings, 300ms each: at most 1s$/);
  assert.ok(Array.isArray(data) && data.length === 1);
});

test("what was typed wrong is told, and a port that is not there, too", async () => {
  const context = aSerialToolContext();
  for (const [options, message] of [
    [{}, /where\? expected --link ID, --port/],
    [{ port: "/dev/ttyX" }, /--line: a serial port needs its settings/],
    [{ port: "/dev/ttyX", line: "9600" }, /--line: "9600" is no line setting/],
    [{ port: "/dev/ttyX", line: "9600-8N1", flow: "rts" }, /--flow: /],
    [{ host: "h", port: "x" }, /--port: expected a number from 1 to 65535/],
    [{ port: "/dev/ttyX", line: "9600-8N1", for: "5" }, /--for: "5" is no duration/],
    [{ port: "/dev/ttyX", line: "9600-8N1", send: "\\q" }, /\\q is not known/],
    [{ port: "/dev/ttyX", lines: "9600-8N1" }, /--lines: these are tried by --find-line/],
    [{ port: "/dev/ttyX", "find-line": true as const, lines: "9600" }, /--lines: "9600" is no line setting/],
    [{ port: "/dev/ttyX", "find-line": true as const, line: "9600-8N1" }, /--line is what --find-line looks for/],
    [{ host: "h", port: "1", "find-line": true as const }, /--find-line opens a port by itself/],
    [{ port: "/dev/no-such-port", line: "9600-8N1" }, /there is no port \/dev\/no-such-port/],
    [{ port: "/dev/no-such-port", "find-line": true as const, lines: "9600-8N1" }, /there is no port/],
  ] as const) {
    await assert.rejects(sniff.run(theArguments([], options), context), message);
  }
  await assert.rejects(sniff.run(theArguments(["x"]), context), /"x" is too much/);
});
