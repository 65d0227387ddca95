import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../src/clock.ts";
import type { ConnectionEvent } from "../../../src/coap/events.ts";
import { TcpTransport } from "../../../src/servers/transport/tcp.ts";
import { settleUntil } from "../../support/fake-clock.ts";

interface World {
  readonly server: Server;
  readonly transport: TcpTransport;
  readonly sockets: Socket[];
  /** What the server has heard. */
  readonly told: Buffer[];
  /** What came out of the transport. */
  readonly heard: Buffer[];
  readonly events: ConnectionEvent[];
}

async function aWorld(t: TestContext, host = "127.0.0.1"): Promise<World> {
  const sockets: Socket[] = [];
  const told: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes) => told.push(Buffer.from(bytes)));
    socket.on("error", () => {});
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const transport = new TcpTransport({ host, port, clock: systemClock });
  const heard: Buffer[] = [];
  const events: ConnectionEvent[] = [];
  await transport.open(
    (bytes) => heard.push(Buffer.from(bytes)),
    (event) => events.push(event),
  );
  t.after(async () => {
    await transport.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, transport, sockets, told, heard, events };
}

const text = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString();

for (const host of ["127.0.0.1", "::1", "localhost"]) {
  test(`it connects when it is asked to, and bytes go both ways: ${host}`, async (t) => {
    const { transport, sockets, told, heard, events } = await aWorld(t, host);
    assert.equal(transport.localAddress, undefined);
    await Promise.all([transport.resolve(), transport.resolve()]);
    assert.match(transport.localAddress ?? "", /:\d+ \(connection 1\)$/);
    transport.send(Buffer.from("one "));
    transport.send(Buffer.from("two"));
    await settleUntil("the bytes are there", () => text(told) === "one two");
    sockets[0]?.write("answer");
    await settleUntil("the answer is there", () => text(heard) === "answer");
    await settleUntil("it is written", () => events.length === 2);
    assert.deepEqual(events, [{ type: "connected" }, { type: "written", bytes: 7 }]);
    assert.equal(sockets.length, 1, "once");
    const { sent, sentBytes, receivedBytes } = transport.counters;
    assert.deepEqual([sent, sentBytes, receivedBytes], [1, 7, 6]);
  });
}

test("a connection that the server ends is told, and the next resolve makes another", async (t) => {
  const { transport, sockets, events } = await aWorld(t);
  await transport.resolve();
  await settleUntil("the server has it", () => sockets.length === 1);
  const before = transport.localAddress;
  sockets[0]?.end();
  await settleUntil("it is gone", () => events.length === 2);
  assert.deepEqual(events[1], { type: "disconnected", reason: "the server closed the connection" });
  transport.send(Buffer.from("lost"));
  assert.equal(transport.counters.sendErrors, 1);
  await transport.resolve();
  assert.notEqual(transport.localAddress, before);
  await settleUntil("the server has it", () => sockets.length === 2);
  sockets[1]?.resetAndDestroy();
  await settleUntil("it is gone", () => events.length === 4);
  assert.deepEqual(events[3], {
    type: "disconnected",
    reason: "the connection broke: reset by the other side (ECONNRESET)",
  });
});

test("what was sent before a disconnect still arrives", async (t) => {
  const { transport, told, events } = await aWorld(t);
  await transport.resolve();
  transport.send(Buffer.from("last words"));
  transport.disconnect();
  await settleUntil("it is closed", () => events.some(({ type }) => type === "disconnected"));
  await settleUntil("they are there", () => text(told) === "last words");
});

test("what the peer does not read is not written", async (t) => {
  const { transport, sockets, events } = await aWorld(t);
  await transport.resolve();
  await settleUntil("the server has it", () => sockets.length === 1);
  sockets[0]?.pause();
  const megabyte = Buffer.alloc(1_000_000);
  for (let i = 0; i < 64; i++) transport.send(megabyte);
  await settleUntil("nothing moves", () => true);
  assert.ok(!events.some(({ type }) => type === "written"));
  sockets[0]?.resume();
  await settleUntil("it is written", () => events.some(({ type }) => type === "written"));
});

test("why there is no connection is a sentence", async (t) => {
  const { server, transport } = await aWorld(t);
  server.close();
  await once(server, "close");
  await assert.rejects(
    transport.resolve(),
    /^Error: no connection to 127\.0\.0\.1 port \d+: nobody listens there \(ECONNREFUSED\)$/,
  );
  const nowhere = new TcpTransport({ host: "nowhere.invalid", port: 5683, clock: systemClock });
  await assert.rejects(
    nowhere.resolve(),
    /^Error: no connection to nowhere\.invalid port 5683: .*\((ENOTFOUND|EAI_AGAIN)\)$/,
  );
});

test("a transport that is closed says nothing more", async (t) => {
  const { transport, events } = await aWorld(t);
  await transport.resolve();
  await transport.close();
  assert.deepEqual(events, [{ type: "connected" }]);
  const connecting = transport.resolve();
  await transport.close();
  await assert.rejects(connecting, /closed meanwhile/);
});
