/** The package in its thread, against libcoap's server. Time is a fake one; thread and sockets are real. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import type { ConnectionEvent } from "../../../src/coap/events.ts";
import type { Psk } from "../../../src/dtls/credentials.ts";
import { NodeDtlsClientTransport } from "../../../src/servers/transport/node-dtls-client.ts";
import { FakeClock, fakeRandom, settleUntil } from "../../support/fake-clock.ts";
import { aLibcoapServer, type LibcoapOptions } from "../../support/libcoap-server.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { aRelay, type UdpRelay } from "../../support/udp-relay.ts";

const PSK: Psk = { mode: "psk", identity: "gateway-1", key: Buffer.from("0123456789abcdef") };

interface World {
  readonly clock: FakeClock;
  readonly transport: NodeDtlsClientTransport;
  readonly heard: string[];
  readonly events: ConnectionEvent[];
}

async function aTransport(t: TestContext, port: number, psk = PSK, suites?: readonly number[]): Promise<World> {
  const clock = new FakeClock();
  const transport = new NodeDtlsClientTransport({
    ...{ host: "127.0.0.1", port, psk, clock, random: fakeRandom(), log: recordingLogger([]) },
    security: {
      ...{ credentials: psk, connectionId: "offer", provider: "auto", keepAlive: MINUTE },
      ...(suites === undefined ? {} : { suites }),
    },
  });
  const heard: string[] = [];
  const events: ConnectionEvent[] = [];
  await transport.open(
    (bytes) => heard.push(Buffer.from(bytes).toString("hex")),
    (event) => events.push(event),
  );
  t.after(() => transport.close());
  return { clock, transport, heard, events };
}

async function aWorld(
  t: TestContext,
  options: Partial<LibcoapOptions> = {},
): Promise<(World & { readonly relay: UdpRelay }) | undefined> {
  const server = await aLibcoapServer(t, { key: PSK.key, ...options });
  if (server === undefined) return undefined;
  const relay = await aRelay(t, server.port);
  return { relay, ...(await aTransport(t, relay.port)) };
}

/** RFC 7252 §4.3: an empty CON is answered by an RST. */
async function isAnswered({ transport, heard }: World, messageId: number): Promise<void> {
  transport.send(Buffer.from([0x40, 0, 0, messageId]));
  await settleUntil(`message ${messageId} is answered`, () => heard.includes(`700000${hex(messageId)}`));
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** Lets time pass, attempt after attempt, until it rejects; returns the sentence. `sent`: how many flights have gone out. */
async function refusal(
  promise: Promise<void>,
  clock: FakeClock,
  { sent, each }: { readonly sent: () => number; readonly each: number },
): Promise<string> {
  let sentence: string | undefined;
  promise.then(
    () => {
      sentence = "connected";
    },
    (error: Error) => {
      sentence = error.message;
    },
  );
  for (let flights = each; sentence === undefined; flights += each) {
    await settleUntil("the handshake is where it stays", () => sentence !== undefined || sent() >= flights);
    await clock.advance(5 * SECOND);
    await settleUntil("it pauses", () => sentence !== undefined || clock.next !== undefined);
    if (clock.next !== undefined) await clock.advance(clock.next - clock.monotonic());
  }
  return sentence;
}

const forged = (epoch: number): Buffer =>
  Buffer.from([23, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, 0, 6, ...Buffer.from("forged")]);

test("it connects when it is asked to, and data goes both ways", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { transport, events, relay } = world;
  transport.send(Buffer.from("too early"));
  assert.deepEqual([transport.security, transport.counters.sendErrors], [undefined, 1]);
  await Promise.all([transport.resolve(), transport.resolve()]);
  await transport.resolve();
  assert.equal(relay.ports.length, 1);
  assert.deepEqual(events, [{ type: "associated", session: "new", keepAlive: MINUTE }]);
  assert.deepEqual(transport.security, {
    provider: "node-dtls-client",
    mode: "psk",
    suite: "PSK_WITH_AES_128_CCM_8",
    resumed: false,
    connectionId: false,
  });
  await isAnswered(world, 7);
  assert.ok(transport.counters.sent >= 4 && transport.counters.received >= 4);
  transport.send(Buffer.alloc(16385));
  assert.equal(transport.counters.sendErrors, 2, "too long for a record");
});

test("the suite that is named is the one that is offered, with a hint of the server too", async (t) => {
  const world = await aWorld(t, { hint: "a hint" });
  if (world === undefined) return;
  const other = await aTransport(t, world.relay.port, PSK, [0xc037, 0x00a8]);
  await other.transport.resolve();
  assert.equal(other.transport.security?.suite, "PSK_WITH_AES_128_GCM_SHA256");
  await isAnswered(other, 1);
});

test("what the server refuses by an alert is told at once", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  // libcoap has no CBC.
  const { transport, clock } = await aTransport(t, world.relay.port, PSK, [0x00ae]);
  await assert.rejects(transport.resolve(), /: the server takes nothing of what we offer/);
  assert.equal(clock.monotonic(), 0);
});

test("another key: the server falls silent or refuses, and that is told within a minute", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { transport, clock } = await aTransport(t, world.relay.port, { ...PSK, key: Buffer.from("another key") });
  const flights = new Set<string>();
  world.relay.loses = (datagram, towards) => {
    if (towards === "server") flights.add(Buffer.from(datagram).toString("hex"));
    return false;
  };
  const sentence = await refusal(transport.resolve(), clock, { sent: () => flights.size, each: 3 });
  assert.match(sentence, /^no DTLS association with 127\.0\.0\.1 port \d+: .*our PSK/);
  assert.ok(clock.monotonic() <= MINUTE);
});

test("nobody there: handshake after handshake, from another port each, for a minute", async (t) => {
  const silent = createSocket("udp4");
  t.after(() => silent.close());
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  const ports = new Set<number>();
  silent.on("message", (_, from) => ports.add(from.port));
  const { transport, clock } = await aTransport(t, silent.address().port);
  const sentence = await refusal(transport.resolve(), clock, { sent: () => ports.size, each: 1 });
  assert.match(sentence, /: no answer: is the server there/);
  assert.ok(clock.monotonic() <= MINUTE);
  assert.ok(ports.size >= 2, `${ports.size} ports`);
});

test("a flight that is lost is sent again after a second", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { relay, transport, clock } = world;
  const flights = new Set<string>();
  relay.loses = (datagram, towards) => {
    const flight = Buffer.from(datagram).toString("hex");
    const first = towards === "server" && !flights.has(flight);
    if (first) flights.add(flight);
    return first;
  };
  const connected = transport.resolve();
  for (const count of [1, 2, 3]) {
    await settleUntil(`flight ${count} is lost`, () => flights.size === count);
    assert.equal(transport.security, undefined);
    await clock.advance(SECOND);
  }
  await connected;
  assert.equal(relay.ports.length, 1);
});

test("a server that is in doubt is connected to anew, unless it was heard meanwhile", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { relay, transport, events } = world;
  await transport.resolve();
  transport.doubt();
  await isAnswered(world, 1);
  await transport.resolve();
  assert.equal(relay.ports.length, 1);
  transport.send(Buffer.from([0x40, 0, 0, 2]));
  transport.doubt();
  await transport.resolve();
  assert.equal(relay.ports.length, 2, "a new session, from another port");
  assert.deepEqual(
    events.map(({ type }) => type),
    ["associated", "associated"],
  );
  await isAnswered(world, 3);
});

test("it takes leave of the server by a close_notify, after all that was sent before", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { relay, transport } = world;
  await transport.resolve();
  const types: (number | undefined)[] = [];
  relay.loses = (datagram, towards) => {
    if (towards === "server") types.push(datagram[0]);
    return false;
  };
  transport.send(Buffer.from([0x40, 0, 0, 1]));
  await transport.close();
  await settleUntil("the server is told", () => types.length >= 2);
  // What the server answers may be answered once more.
  assert.deepEqual(types.slice(0, 2), [23, 21]);
});

test("closed in the midst of a handshake it ends at once", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { relay, transport } = world;
  relay.loses = () => true;
  const connected = transport.resolve();
  await settleUntil("the handshake has begun", () => transport.counters.sent > 0);
  await Promise.all([assert.rejects(connected, /closed meanwhile/), transport.close()]);
});

test("what a stranger sends in the server's name, or in its own, is not heard and ends nothing", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { relay, transport, heard, events } = world;
  await transport.resolve();
  const [port = 0] = relay.ports;
  const stranger = createSocket("udp4");
  t.after(() => stranger.close());
  for (const epoch of [0, 1, 2, 3]) {
    relay.say(port, forged(epoch));
    stranger.send(forged(epoch), port, "127.0.0.1");
  }
  // Alerts, and handshake messages that the package throws at.
  for (const [type, epoch] of [
    [21, 0],
    [21, 2],
    [22, 0],
    [22, 2],
    [22, 1],
  ] as const) {
    relay.say(port, Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]));
  }
  await settleUntil("the stranger was refused", () => transport.counters.foreign === 4);
  await isAnswered(world, 9);
  assert.deepEqual([heard, events.length], [["70000009"], 1]);
});
