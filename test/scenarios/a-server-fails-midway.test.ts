import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { readBlock } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { encodeEmpty, encodeMessage, TYPE } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, uintOption } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, SLOW_CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";
import type { Packet } from "../support/scripted-server.ts";

/** So many devices that their list, and what object 25 says of them, take several blocks. */
const MANY: Setup = {
  ...SLOW_CLIMATE_SETUP,
  devices: ["{ id: meter-$unit_id, mapping: climate, link: bus, each: { unit_id: 1..240 } }"],
};
const KEPT = { ...CLIMATE_SETUP, gateway: "stored_objects: [16]" };

/** Values of a Portfolio that take five blocks. */
function longNames(instance: string): Readonly<Record<string, string>> {
  return Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`${instance}/0/${i}`, String(i).repeat(900)]));
}

const blockOf = ({ message }: Packet, option: number) => {
  const block = readBlock(message, option);
  return block === "invalid" ? undefined : block?.number;
};

/** Until the gateway has sent a block of this number. */
async function untilBlock({ server, clock }: AGateway, option: number, number: number): Promise<void> {
  for (let i = 0; i < 10_000; i++) {
    if (server.packets.some((packet) => packet.from === "gateway" && blockOf(packet, option) === number)) return;
    await clock.advance(1);
  }
  throw new Error(`there was no block ${number}`);
}

function assertNoErrors({ lines }: AGateway): void {
  assert.deepEqual(
    lines.filter(({ level }) => level === "error"),
    [],
  );
}

test("a server that restarts in the middle of a Register in blocks is registered at, with the whole list", async (t) => {
  const world = await aGateway(t, { ...MANY, run: 0 });
  const { server, clock } = world;
  await untilBlock(world, OPTION.block1, 0);
  assert.equal(server.registrations.heard.length, 0, "the list is not there yet");
  server.restart();
  await clock.advance(MINUTE);
  const [register, ...more] = server.registrations.heard;
  assert.match(register?.objects ?? "", /<\/25\/0>.*<\/25\/239>$/);
  assert.deepEqual(more, []);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assertNoErrors(world);
});

test("a server that restarts in the middle of a Read in blocks reads anew, and gets the whole", async (t) => {
  const world = await aGateway(t, { ...MANY, run: 10 * SECOND });
  const { server, clock } = world;
  const lost = server.ask(CODE.get, "/25", { accept: CONTENT_FORMAT.senmlCbor });
  lost.catch(() => {});
  await untilBlock(world, OPTION.block2, 1);
  server.restart();
  const answer = await server.read("/25", { accept: CONTENT_FORMAT.senmlCbor });
  assert.equal(Object.keys(answer.values).length, 3 * 240);
  await clock.advance(10 * MINUTE);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assertNoErrors(world);
});

test("a server that restarts in the middle of a notification in blocks rejects the next one, which ends the observation", async (t) => {
  const world = await aGateway(t, { ...MANY, run: 10 * SECOND });
  const { server, clock, gateway } = world;
  const answer = await server.observe("/25", { pmax: 10 });
  assert.equal(Object.keys(answer.values).length, 3 * 240);
  const before = server.packets.length;
  const notified = () =>
    server.packets.slice(before).some(({ from, message }) => from === "gateway" && message.type === TYPE.con);
  for (let i = 0; !notified(); i++) {
    assert.ok(i < 20 * SECOND, "pmax has passed");
    await clock.advance(1);
  }
  server.restart();
  await clock.advance(30 * SECOND);
  assert.deepEqual(gateway.status().servers[0]?.observations, []);
  assert.equal(gateway.status().servers[0]?.reports.waiting, 0);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assertNoErrors(world);
});

test("a server that restarts in the middle of a Write in blocks has changed nothing, and writes anew", async (t) => {
  const world = await aGateway(t, KEPT);
  const { server, clock } = world;
  const written = longNames("/16/0");
  assert.equal((await server.create("/16", { "/16/0/0/0": "before" })).code, "2.01");
  const lost = server.replace("/16/0", written);
  lost.catch(() => {});
  await untilBlock(world, OPTION.block1, 0);
  server.restart();
  await clock.advance(SECOND);
  assert.deepEqual((await server.read("/16/0")).values, { "/16/0/0/0": "before" });
  assert.equal((await server.replace("/16/0", written)).code, "2.04");
  assert.deepEqual((await server.read("/16/0")).values, written);
  assertNoErrors(world);
});

test("half a body that nobody goes on with is forgotten, and a block of it that comes late is refused", async (t) => {
  const world = await aGateway(t, KEPT);
  const { server, clock } = world;
  const lost = server.create("/16", longNames("/16/0"));
  lost.catch(() => {});
  await untilBlock(world, OPTION.block1, 0);
  const second = server.packets.findLast((packet) => packet.from === "server" && blockOf(packet, OPTION.block1) === 1);
  server.restart();
  await clock.advance(10 * MINUTE);
  assert.ok(second !== undefined);
  const before = server.packets.length;
  server.sendRaw(encodeMessage(TYPE.con, 0x7777, Uint8Array.of(1), second.message));
  await clock.advance(SECOND);
  const [answer] = server.packets.slice(before).filter(({ from }) => from === "gateway");
  assert.equal(answer?.message.code, CODE.requestEntityIncomplete);
  assert.deepEqual((await server.read("/16")).values, {});
  assertNoErrors(world);
});

async function anObservedGateway(t: TestContext): Promise<AGateway> {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.server.observe(TEMPERATURE);
  return world;
}

test("answers and acknowledgements to what was never sent change nothing", async (t) => {
  const world = await anObservedGateway(t);
  const { server, clock, meter, gateway } = world;
  const created = { code: CODE.created, options: [], payload: NO_PAYLOAD };
  const gone = { code: CODE.notFound, options: [], payload: NO_PAYLOAD };
  for (let messageId = 0; messageId < 0x10000; messageId += 0x101) {
    // The last message of the gateway has an ID of its own, and must not be hit.
    if (server.packets.some(({ from, message }) => from === "gateway" && message.messageId === messageId)) continue;
    server.sendRaw(encodeEmpty(TYPE.ack, messageId));
    server.sendRaw(encodeEmpty(TYPE.rst, messageId));
    for (const message of [created, gone]) {
      server.sendRaw(encodeMessage(TYPE.ack, messageId, Uint8Array.of(9, 9), message));
      server.sendRaw(encodeMessage(TYPE.non, messageId, Uint8Array.of(9, 8), message));
    }
  }
  await clock.advance(SECOND);
  assert.equal(gateway.status().servers[0]?.state, "registered");
  assert.deepEqual(gateway.status().servers[0]?.observations, [TEMPERATURE]);
  meter.set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.equal(server.registrations.heard.length, 1);
  assertNoErrors(world);
});

test("an answer that nobody waits for is rejected by a Reset", async (t) => {
  const { server, clock } = await anObservedGateway(t);
  const before = server.packets.length;
  const message = { code: CODE.content, options: [uintOption(OPTION.contentFormat, 0)], payload: Uint8Array.of(0x31) };
  server.sendRaw(encodeMessage(TYPE.con, 0x4242, Uint8Array.of(7, 7), message));
  await clock.advance(SECOND);
  const answers = server.packets.slice(before).filter(({ from }) => from === "gateway");
  assert.deepEqual(
    answers.map(({ message: { type, messageId, code } }) => [type, messageId, code]),
    [[TYPE.rst, 0x4242, 0]],
  );
});

test("a Register that is answered with a wrong token is not answered: the right one counts", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, run: 0 });
  const { server, clock, gateway } = world;
  const answers: (() => void)[] = [];
  server.hold = (answer) => answers.push(answer);
  await clock.advance(10);
  const register = server.packets.find(({ from, message }) => from === "gateway" && message.code === CODE.post);
  assert.ok(register !== undefined);
  const { messageId, token } = register.message;
  const options = [{ number: OPTION.locationPath, value: new TextEncoder().encode("evil") }];
  const wrong = token.map((byte) => byte ^ 0xff);
  for (const type of [TYPE.ack, TYPE.con, TYPE.non]) {
    server.sendRaw(encodeMessage(type, messageId, wrong, { code: CODE.created, options, payload: NO_PAYLOAD }));
  }
  await clock.advance(SECOND);
  assert.equal(gateway.status().servers[0]?.state, "registering");
  for (const answer of answers) answer();
  await clock.advance(SECOND);
  const [status] = gateway.status().servers;
  assert.equal(status?.state, "registered");
  assert.notEqual(status?.location, "/evil");
});
