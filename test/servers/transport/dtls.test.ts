/** Associations over time: what is taken up again, from where, and what is heard of it. RFC 7252 §9.1, RFC 5246 §7.3, RFC 9146. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { MINUTE, type Millis, SECOND } from "../../../src/clock.ts";
import type { ConnectionEvent } from "../../../src/coap/events.ts";
import { encodeEmpty, TYPE } from "../../../src/coap/message.ts";
import type { ServerSecurity } from "../../../src/dtls/server-security.ts";
import type { Transport } from "../../../src/servers/transport/transport.ts";
import { dtlsAddon, PSK } from "../../support/dtls.ts";
import { DtlsEnd } from "../../support/dtls-end.ts";
import { FakeClock, fakeRandom } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { Wire } from "../../support/wire.ts";

interface World {
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly server: DtlsEnd;
  readonly transport: Transport;
  readonly events: ConnectionEvent[];
  readonly heard: Uint8Array[];
  readonly lines: LogLine[];
  /** `resolve`, for which time passes; returns why it was rejected. */
  resolve(limit?: Millis): Promise<string | undefined>;
  /** A Ping: it is answered by an RST, if anybody is there. Returns whether it was. */
  ping(): Promise<boolean>;
}

const SECURITY: ServerSecurity = {
  credentials: { mode: "psk", identity: "gateway-1", key: Buffer.from("0123456789abcdef") },
  connectionId: "off",
  provider: "auto",
};

interface Setup {
  readonly security?: Partial<ServerSecurity>;
  readonly names?: { found: boolean };
}

async function aWorld(t: TestContext, { security, names = { found: true } }: Setup = {}): Promise<World | undefined> {
  if (dtlsAddon(t) === undefined) return undefined;
  const clock = new FakeClock();
  const wire = new Wire(clock);
  const [events, heard, lines]: [ConnectionEvent[], Uint8Array[], LogLine[]] = [[], [], []];
  const nothing = (): void => {};
  const resolves = (): boolean => names.found;
  const server = new DtlsEnd({ clock, wire, resolves, onSession: nothing, onPacket: nothing, perform: nothing }, PSK);
  const transport = server.openTransport(undefined, {
    ...{ clock, random: fakeRandom(), log: recordingLogger(lines), security: { ...SECURITY, ...security } },
    certificateTime: () => ({ now: clock.wall() }),
    ended: () => false,
  });
  await transport.open(
    (bytes) => heard.push(bytes),
    (event) => events.push(event),
  );
  t.after(() => transport.close());
  return {
    ...{ clock, wire, server, transport, events, heard, lines },
    async resolve(limit = SECOND) {
      let ended: string | undefined = "still waiting";
      void transport.resolve().then(
        () => {
          ended = undefined;
        },
        (error: Error) => {
          ended = error.message;
        },
      );
      await clock.advance(limit);
      return ended;
    },
    async ping() {
      heard.length = 0;
      transport.send(encodeEmpty(TYPE.con, 0x1234));
      await clock.advance(SECOND);
      return Buffer.concat(heard).equals(encodeEmpty(TYPE.rst, 0x1234));
    },
  };
}

const NEW = { type: "associated", session: "new", keepAlive: undefined };
const RESUMED = { type: "associated", session: "resumed", keepAlive: undefined };

test("a handshake comes first; then bytes go both ways, and it says how it is secured", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { transport, events, server } = world;
  assert.equal(transport.security, undefined);
  assert.equal(await world.ping(), false);
  assert.equal(transport.counters.sendErrors, 1);
  assert.equal(await world.resolve(), undefined);
  assert.deepEqual(events, [NEW]);
  assert.equal(await world.ping(), true);
  const suite = "PSK_WITH_AES_128_CCM_8";
  const security = { provider: "openssl", mode: "psk", suite, resumed: false, connectionId: false };
  assert.deepEqual(transport.security, security);
  assert.deepEqual([transport.localAddress, transport.localPort], [undefined, undefined]);
  assert.equal(await world.resolve(), undefined);
  assert.equal(server.handshakes.length, 1, "one that stands is left alone");
});

test("whoever asks during a handshake waits for the same one", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const both = Promise.all([world.transport.resolve(), world.transport.resolve()]);
  await world.clock.advance(SECOND);
  await both;
  assert.equal(world.server.handshakes.length, 1);
});

test("why there is no association is a sentence: no name, no answer, another key", async (t) => {
  const names = { found: false };
  const key = Buffer.from("another key, 16B");
  const world = await aWorld(t, { names, security: { credentials: { mode: "psk", identity: "gateway-1", key } } });
  if (world === undefined) return;
  assert.equal(await world.resolve(), "getaddrinfo EAI_AGAIN");
  names.found = true;
  world.wire.cut = true;
  const silent = "no answer: is the server there, and is this its port for DTLS?";
  assert.equal(await world.resolve(MINUTE), `no DTLS association with server-101 port 5684: ${silent}`);
  world.wire.cut = false;
  assert.match((await world.resolve(MINUTE)) ?? "", /our PSK is not the one/);
  assert.deepEqual(world.events, []);
});

test("what stays without an answer puts it in doubt: the next one takes the session up again, from another port", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { server, transport, events } = world;
  await world.resolve();
  server.restart({ keepsSessions: true });
  assert.equal(await world.ping(), false);
  transport.doubt?.();
  assert.equal(await world.resolve(), undefined);
  assert.deepEqual(events, [NEW, RESUMED]);
  assert.equal(transport.security?.resumed, true);
  assert.deepEqual(
    server.handshakes.map(({ resumed }) => resumed),
    [false, true],
  );
  assert.notEqual(server.handshakes[0]?.port, server.handshakes[1]?.port);
  assert.equal(await world.ping(), true);
});

test("a server that has forgotten the session begins another, and that is told", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  await world.resolve();
  world.server.restart();
  await world.ping();
  world.transport.doubt?.();
  assert.equal(await world.resolve(), undefined);
  assert.deepEqual(world.events, [NEW, NEW]);
  assert.equal(await world.ping(), true);
});

test("nothing is doubted where nothing was said since the server was last heard", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  await world.resolve();
  world.transport.doubt?.();
  await world.ping();
  world.transport.doubt?.();
  await world.resolve();
  assert.equal(world.server.handshakes.length, 1);
  world.wire.cut = true;
  await world.ping();
  world.transport.doubt?.();
  world.wire.cut = false;
  assert.equal(await world.ping(), true, "heard after the doubt");
  await world.resolve();
  assert.equal(world.server.handshakes.length, 1);
});

test("with a Connection ID a NAT that forgot us changes nothing, nor does another network: only the socket is new", async (t) => {
  const world = await aWorld(t, { security: { connectionId: "offer", keepAlive: 20 * SECOND } });
  if (world === undefined) return;
  const { server, transport, events } = world;
  server.givesIds = true;
  await world.resolve();
  assert.equal(transport.security?.connectionId, true);
  server.remap();
  assert.equal(await world.ping(), true);
  server.move();
  assert.equal(await world.resolve(), undefined);
  assert.equal(await world.ping(), true);
  assert.deepEqual(events, [NEW], "no keep-alive either: the server knows us at any address");
  assert.equal(server.handshakes.length, 1);
});

test("in doubt, a Connection ID is tried from another socket first, then the session in another handshake", async (t) => {
  const world = await aWorld(t, { security: { connectionId: "offer" } });
  if (world === undefined) return;
  const { server, transport, events } = world;
  server.givesIds = true;
  await world.resolve();
  server.restart({ keepsSessions: true });
  for (const handshakes of [1, 2]) {
    assert.equal(await world.ping(), false);
    transport.doubt?.();
    transport.doubt?.();
    assert.equal(await world.resolve(), undefined);
    assert.equal(server.handshakes.length, handshakes);
  }
  assert.deepEqual(events, [NEW, RESUMED]);
  assert.equal(transport.security?.connectionId, true);
  assert.equal(await world.ping(), true);
});

test("without a Connection ID another network means another handshake, and silence is to be kept short", async (t) => {
  const world = await aWorld(t, { security: { connectionId: "offer", keepAlive: 20 * SECOND } });
  if (world === undefined) return;
  await world.resolve();
  world.server.move();
  assert.equal(await world.resolve(), undefined);
  assert.equal(world.server.handshakes.length, 2);
  assert.deepEqual(
    world.events,
    [NEW, RESUMED].map((event) => ({ ...event, keepAlive: 20 * SECOND })),
  );
});

test("a server that ends the association is told of, and what follows takes the session up again", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { server, events, transport } = world;
  await world.resolve();
  server.closeAll();
  await world.clock.advance(SECOND);
  assert.deepEqual(events, [NEW, { type: "interrupted", reason: "the server ended the DTLS association" }]);
  assert.equal(transport.security, undefined);
  assert.equal(await world.resolve(), undefined);
  assert.deepEqual(events.at(-1), RESUMED);
});

test("what is disconnected in order is told to the server, is no interruption, and its session is kept", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  await world.resolve();
  world.transport.disconnect?.();
  await world.clock.advance(SECOND);
  assert.equal(await world.ping(), false);
  assert.equal(world.server.strange, 0);
  await world.resolve();
  assert.deepEqual(world.events, [NEW, RESUMED]);
});

test("where a handshake fails that offered a session, another one follows at once that does not", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { server, wire, clock } = world;
  await world.resolve();
  server.restart({ keepsSessions: true });
  await world.ping();
  world.transport.doubt?.();
  wire.cut = true;
  clock.at(clock.monotonic() + SECOND, () => server.inject(Buffer.from("no DTLS")));
  clock.at(clock.monotonic() + MINUTE - SECOND, () => {
    wire.cut = false;
  });
  assert.equal(await world.resolve(MINUTE + SECOND), undefined);
  assert.deepEqual(world.events, [NEW, NEW]);
  assert.equal(await world.ping(), true);
});

test("a session that nobody answered to is offered again", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  await world.resolve();
  world.wire.cut = true;
  await world.ping();
  world.transport.doubt?.();
  assert.match((await world.resolve(MINUTE)) ?? "", /no answer/);
  world.wire.cut = false;
  await world.resolve();
  assert.deepEqual(world.events, [NEW, RESUMED]);
});

test("one that ends while it is looked after is made anew", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  const { server, events } = world;
  await world.resolve();
  server.closeAll();
  // The farewell is under way for a millisecond.
  const [first] = await Promise.all([world.resolve(), world.clock.advance(1)]);
  assert.equal(first, undefined);
  assert.equal(await world.resolve(), undefined);
  assert.equal(await world.ping(), true);
  assert.deepEqual(events.at(-1), RESUMED);
});

test("whatever strangers send, before, during and after a handshake, changes nothing", async (t) => {
  const world = await aWorld(t, { security: { connectionId: "offer" } });
  if (world === undefined) return;
  const { clock, server, transport, events } = world;
  server.givesIds = true;
  const record = fc.tuple(fc.constantFrom(20, 21, 22, 23, 25, 26), fc.uint8Array({ maxLength: 60 }));
  const datagrams = fc.sample(fc.oneof(fc.uint8Array({ maxLength: 80 }), record.map(recordOf)), {
    numRuns: 300,
    seed: 5,
  });
  const third = Math.ceil(datagrams.length / 3);
  for (const bytes of datagrams.slice(0, third)) server.inject(bytes);
  clock.at(clock.monotonic() + 1, () => {
    for (const bytes of datagrams.slice(third, 2 * third)) server.inject(bytes);
  });
  assert.equal(await world.resolve(), undefined);
  for (const bytes of datagrams.slice(2 * third)) server.inject(bytes);
  assert.deepEqual(events, [NEW]);
  assert.equal(transport.security?.connectionId, true);
  assert.equal(await world.ping(), true);
});

/** A record of DTLS 1.2 in epoch 1, which nobody has sealed. */
function recordOf([type, content]: readonly [number, Uint8Array]): Uint8Array {
  return Buffer.concat([Uint8Array.of(type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, content.length), content]);
}

test("closed during a handshake it says so, and nothing follows", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  world.wire.cut = true;
  const waiting = assert.rejects(world.transport.resolve(), /closed meanwhile/);
  await world.clock.advance(SECOND);
  await world.transport.close();
  await waiting;
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(world.events, []);
});

test("neither keys nor identity stand in what it logs and says of itself", async (t) => {
  const world = await aWorld(t);
  if (world === undefined) return;
  await world.resolve();
  const said = JSON.stringify([world.lines, world.transport.security, world.transport.counters]);
  assert.ok(world.lines.length > 0);
  assert.doesNotMatch(said, /0123456789abcdef|30313233|gateway-1/);
});
