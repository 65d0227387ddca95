import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SerialLine } from "../../../adapters/serial/line.ts";
import { portOptionsSchema, type SerialOptions, tcpOptionsSchema } from "../../../adapters/serial/options.ts";
import type { ClaimListener } from "../../../adapters/wires/claimed-wire.ts";
import { DeviceError, SECOND } from "../../../src/adapter.ts";
import { FakeClock, fakeRandom, settleUntil } from "../../support/fake-clock.ts";
import { aPtyPair } from "../../support/pty-pair.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { ScriptedLine } from "../../support/scripted-line.ts";

const REASON = "an image is on its way to the pump";
const QUESTION = { unit: 0, name: "weigh", bytes: Buffer.from("SI\r\n"), timeout: SECOND };

async function aLine(t: TestContext, options: SerialOptions) {
  const clock = new FakeClock();
  const line = new SerialLine(options, { clock, random: fakeRandom(), log: recordingLogger([]) });
  t.after(() => line.close());
  line.start();
  await settleUntil("the line", () => line.report().open);
  const heard: string[] = [];
  line.hear({ opened: () => heard.push("(opened)"), push: (bytes) => heard.push(Buffer.from(bytes).toString()) });
  return { clock, line, heard };
}

function aListener(): ClaimListener & { readonly came: string[] } {
  const came: string[] = [];
  return {
    came,
    opened: () => void came.push("(opened)"),
    push: (bytes) => void came.push(Buffer.from(bytes).toString()),
  };
}

async function onTcp(t: TestContext, keys: Readonly<Record<string, unknown>> = {}) {
  const far = new ScriptedLine((bytes) => bytes.length);
  const port = await far.onTcp(t);
  return { far, ...(await aLine(t, tcpOptionsSchema.parse({ host: "127.0.0.1", port, gap: "0s", ...keys }))) };
}

function refusal(kind: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof DeviceError && error.kind === kind && message.test(error.message);
}

test("who claims a line has it for itself: others are refused and hear nothing until it is given back", async (t) => {
  const { far, line, heard } = await onTcp(t);
  far.otherwise = (request, send) => send(Buffer.from(`to ${request}`));
  const listener = aListener();
  const wire = await line.claim({ reason: REASON }, listener);
  await assert.rejects(
    line.ask("write", QUESTION),
    refusal("unreachable", /the line is taken: an image is on its way/),
  );
  await assert.rejects(line.claim({ reason: "another" }, aListener()), refusal("rejected", /the pump/));
  await wire.send(Buffer.from("C"));
  await settleUntil("an answer", () => listener.came.length > 0);
  assert.deepEqual([listener.came, heard], [["to C"], []]);
  wire.release();
  wire.release();
  assert.deepEqual(heard, ["(opened)"]);
  await assert.rejects(wire.send(Buffer.from("C")), refusal("unreachable", /given back/));
  await line.ask("read", QUESTION);
  await settleUntil("an answer", () => heard.length > 1);
  assert.deepEqual([listener.came, heard], [["to C"], ["(opened)", "to SI\r\n"]]);
});

test("what came between the last request and the claim is told once: it may be what the request was for", async (t) => {
  const { far, line, heard } = await onTcp(t);
  far.otherwise = (request, send) => send(Buffer.from(`to ${request}`));
  const early = await line.claim({ reason: REASON }, aListener());
  assert.equal(early.before().length, 0);
  early.release();
  await line.ask("write", { ...QUESTION, bytes: Buffer.from("VER\r\n") });
  await settleUntil("an answer", () => heard.includes("to VER\r\n"));
  await line.ask("write", { ...QUESTION, bytes: Buffer.from("BOOT\r\n") });
  await settleUntil("an answer", () => heard.includes("to BOOT\r\n"));
  const wire = await line.claim({ reason: REASON }, aListener());
  assert.deepEqual([wire.before(), wire.before()].map(String), ["to BOOT\r\n", ""]);
});

test("what runs on a line ends before it is claimed, and what waited is refused", async (t) => {
  const { far, line, clock } = await onTcp(t);
  const silent = { answer: new Promise<never>(() => {}), heard: () => undefined, forget() {} };
  const running = assert.rejects(line.ask("read", { ...QUESTION, expect: () => silent }), /no answer within/);
  const waiting = assert.rejects(line.ask("read", QUESTION), refusal("unreachable", /the line is taken/));
  await far.received(1);
  let isClaimed = false;
  const claim = line.claim({ reason: REASON }, aListener()).then((wire) => {
    isClaimed = true;
    return wire;
  });
  await clock.advance(SECOND / 2);
  assert.equal(isClaimed, false);
  await clock.advance(3 * SECOND);
  await Promise.all([running, waiting, claim]);
  assert.equal(far.requests.length, 1);
});

test("a line that is lost and opened again stays claimed", async (t) => {
  const { far, line, clock } = await onTcp(t, { reconnect: "1s..1s" });
  const listener = aListener();
  const wire = await line.claim({ reason: REASON }, listener);
  far.hangUp();
  await settleUntil("the loss", () => !line.report().open);
  await assert.rejects(wire.send(Buffer.from("C")), refusal("unreachable", /closed/));
  await clock.advance(2 * SECOND);
  await settleUntil("the line", () => listener.came.length > 0);
  assert.deepEqual(listener.came, ["(opened)"]);
  await wire.send(Buffer.from("C"));
  await far.received(1);
  await assert.rejects(line.ask("write", QUESTION), refusal("unreachable", /the line is taken/));
});

test("what the adapter repeats of an image is not heard", async (t) => {
  const { far, line } = await onTcp(t, { echo: true });
  far.otherwise = (request, send) => send(Buffer.concat([request, Buffer.from("!")]));
  const listener = aListener();
  const wire = await line.claim({ reason: REASON }, listener);
  await wire.send(Buffer.from("AB"));
  await settleUntil("an answer", () => listener.came.length > 0);
  assert.deepEqual(listener.came, ["!"]);
});

test("a port has another speed for as long as it is claimed; a serial server knows its own", async (t) => {
  const pty = await aPtyPair(t);
  if (pty === undefined) return;
  const { line } = await aLine(t, portOptionsSchema.parse({ port: pty.ours, line: "9600-8N1" }));
  const wire = await line.claim({ reason: REASON, baudRate: 115_200 }, aListener());
  assert.equal(Math.round(wire.time(115.2)), 10);
  wire.release();
  const other = await onTcp(t);
  await assert.rejects(
    other.line.claim({ reason: REASON, baudRate: 115_200 }, aListener()),
    refusal("rejected", /baud_rate is for serial ports/),
  );
  await other.line.ask("write", QUESTION);
});
