import assert from "node:assert/strict";
import { test } from "node:test";
import { probe } from "../../../../adapters/serial/tools/probe.ts";
import { SECOND } from "../../../../src/clock.ts";
import type { LineBehaviour } from "../../../support/scripted-line.ts";
import { aSerialToolContext } from "../../../support/serial-tools.ts";
import { aSerialWorld, type SerialWorld } from "../../../support/serial-world.ts";
import { theArguments } from "../../../support/tool-context.ts";

type Options = Readonly<Record<string, string | true>>;

/** The device answers, all has come, and time passes. */
async function probed(world: SerialWorld, words: readonly string[], options: Options, behaviour: LineBehaviour) {
  world.far.otherwise = behaviour;
  const heard = world.link.ask?.({ since: 0, wait: 60_000 });
  const run = probe.run(theArguments(words, options), aSerialToolContext(world));
  await heard;
  const [request, answer] = [
    await world.link.ask?.({ since: 0, wait: 60_000 }),
    world.link.ask?.({ since: 1, wait: 60_000 }),
  ];
  assert.ok(request !== undefined);
  await answer;
  await world.clock.advance(3 * SECOND);
  return run;
}

const saying =
  (line: string): LineBehaviour =>
  (_request, send) =>
    send(Buffer.from(line, "latin1"));

test("text is sent as it is, and what comes is shown with its time and what it could be", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const { lines, ok } = await probed(world, ["SI\\r\\n"], {}, saying("S S     100.00 g\r\n"));
  assert.equal(ok, true);
  assert.match(lines[0] ?? "", /^sent {6}53 49 0d 0a +SI␍␊$/);
  assert.match(lines[1] ?? "", /^ 0\.000 s {2}53 20 53 .* {2}S S {5}100\.00 g$/);
  assert.ok(lines.includes('could be  frame: { end: "\\r\\n" }'), lines.join("\n"));
});

test("a request of a mapping is sent, and what comes is read as the mapping says", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const options = { mapping: "mt-sics-scale", request: "weigh" };
  const good = await probed(world, [], options, saying("S S     100.00 g\r\n"));
  assert.equal(String(world.far.requests[0]), "SI\r\n");
  assert.equal(good.ok, true);
  assert.match(good.lines.join("\n"), /answer to the request "weigh"\n {4}stable {2}"S"\n/);
  assert.match(good.lines.join("\n"), /3322\/0\/5700 {2}Sensor Value +0\.1\n/);
});

test("a refusal is told with its reason, and is no success", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const { ok, lines } = await probed(world, [], { mapping: "mt-sics-scale", request: "weigh" }, saying("S +\r\n"));
  assert.equal(ok, false);
  assert.match(lines.join("\n"), /the device refuses the request "weigh": too much is on the scale/);
});

test("with --wrap marks and checksum are put around what is sent", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const { data } = await probed(
    world,
    ["WIMWV,39,R,1.3,M,A"],
    { mapping: "nmea-weather", wrap: true },
    saying("?\r\n"),
  );
  assert.match(JSON.stringify(data), /"sent":"24 57 49 4d .* 2a 30 36 0d 0a"/);
});

test("silence is told with what to look for", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const run = probe.run(theArguments(["hex 81 02"]), aSerialToolContext(world));
  await world.far.received(1);
  await world.clock.advance(3 * SECOND);
  const { ok, lines } = await run;
  assert.equal(ok, false);
  assert.match(lines.join("\n"), /nothing came within 2 s\nwhat to do: is the cable right/);
  assert.equal(world.far.requests[0]?.toString("hex"), "8102");
});

test("what was typed wrong is told before anything is sent", async () => {
  const context = aSerialToolContext();
  for (const [words, options, message] of [
    [[], {}, /what is sent\? expected text such as/],
    [["x"], { mapping: "mt-sics-scale", request: "weigh" }, /what is sent\?/],
    [["x"], { wrap: true }, /--wrap: the frame of which mapping\?/],
    [["x"], { request: "weigh" }, /--request weigh: of which mapping\?/],
    [[], { mapping: "mt-sics-scale", request: "wiegh" }, /no such request \(did you mean "weigh"\?\)/],
    [[], { mapping: "mt-sics-scale", request: "weigh", value: "1" }, /--value: "weigh" takes none/],
    [["hex 0"], {}, /"0" are no bytes in hexadecimal/],
    [["hex zz"], {}, /"zz" are no bytes/],
    [["x"], { wait: "2m" }, /--wait: expected at most 60s/],
    [["x"], {}, /where\? expected --link ID/],
  ] as const) {
    await assert.rejects(probe.run(theArguments(words, options), context), message);
  }
});
