import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { UdpTransport } from "../../../src/servers/transport/udp.ts";
import { settleUntil } from "../../support/fake-clock.ts";

async function aSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test("only the server is heard: a datagram from another port of the same host is dropped and counted", async (t) => {
  const server = await aSocket();
  const stranger = await aSocket();
  const heard: string[] = [];
  const transport = new UdpTransport({ host: "127.0.0.1", port: server.address().port });
  t.after(async () => {
    server.close();
    stranger.close();
    await transport.close();
  });
  await transport.open((datagram) => heard.push(Buffer.from(datagram).toString()));
  await transport.resolve();

  transport.send(Buffer.from("hello"));
  const [, from] = await once(server, "message");
  stranger.send("evil", from.port, "127.0.0.1");
  await settleUntil("the stranger was heard", () => transport.counters.foreign > 0);
  server.send("good", from.port, "127.0.0.1");
  await settleUntil("a datagram", () => heard.length > 0);

  assert.deepEqual(heard, ["good"]);
  assert.equal(transport.counters.foreign, 1);
  assert.equal(transport.counters.received, 1);
});

test("a server whose name has no address makes a sentence, not a crash, and sending then is counted as lost", async (t) => {
  const transport = new UdpTransport({ host: "no-such-host.invalid", port: 5683 });
  t.after(() => transport.close());
  await transport.open(() => {});
  await assert.rejects(transport.resolve(), /no-such-host\.invalid/);
  transport.send(Buffer.from("lost"));
  assert.equal(transport.counters.sendErrors, 1);
  assert.equal(transport.counters.sent, 0);
});

test("a port that is taken is refused when it is opened", async (t) => {
  const taken = await aSocket();
  t.after(() => taken.close());
  const transport = new UdpTransport({
    host: "127.0.0.1",
    port: 5683,
    bind: { address: "127.0.0.1", port: taken.address().port },
  });
  await assert.rejects(
    transport.open(() => {}),
    /EADDRINUSE/,
  );
  await transport.close();
});

test("what is sent before the end arrives, in order", async (t) => {
  const server = await aSocket();
  t.after(() => server.close());
  const heard: string[] = [];
  server.on("message", (datagram) => heard.push(datagram.toString()));
  const transport = new UdpTransport({ host: "127.0.0.1", port: server.address().port });
  await transport.open(() => {});
  await transport.resolve();
  for (const text of ["first", "second", "last"]) transport.send(Buffer.from(text));
  await transport.close();
  await settleUntil("three datagrams", () => heard.length === 3);
  assert.deepEqual(heard, ["first", "second", "last"]);
  assert.equal(transport.counters.sent, 3);
  assert.equal(transport.counters.sendErrors, 0);
});

test("it knows the address from which datagrams leave for the server, once it has looked it up", async (t) => {
  const transport = new UdpTransport({ host: "127.0.0.1", port: 5683 });
  t.after(() => transport.close());
  await transport.open(() => {});
  assert.equal(transport.localAddress, undefined);
  await transport.resolve();
  assert.equal(transport.localAddress, "127.0.0.1");
});

test("the wished local port is taken where it is free, and another one where it is not", async (t) => {
  const server = await aSocket();
  const first = new UdpTransport({ host: "127.0.0.1", port: server.address().port });
  const next = (wishedPort: number): UdpTransport =>
    new UdpTransport({ host: "127.0.0.1", port: server.address().port, wishedPort });
  const opened = [first];
  t.after(async () => {
    server.close();
    await Promise.all(opened.map((transport) => transport.close()));
  });
  await first.open(() => {});
  await first.resolve();
  const port = first.localPort ?? 0;
  assert.ok(port > 0);
  const other = next(port);
  opened.push(other);
  await other.open(() => {});
  assert.ok(other.localPort !== undefined && other.localPort !== port, "it is not free");
  await first.close();
  const again = next(port);
  opened.push(again);
  await again.open(() => {});
  await again.resolve();
  assert.equal(again.localPort, port);
  again.send(Buffer.from("hello"));
  const [, from] = await once(server, "message");
  assert.equal(from.port, port);
});

test("bound anew, it leaves from another port; what comes to the one before is nobody's", async (t) => {
  const server = await aSocket();
  const heard: string[] = [];
  const transport = new UdpTransport({ host: "127.0.0.1", port: server.address().port });
  t.after(async () => {
    await transport.close();
    server.close();
  });
  const ports: number[] = [];
  server.on("message", (_, from) => ports.push(from.port));
  await transport.open((bytes) => heard.push(Buffer.from(bytes).toString()));
  await transport.resolve();
  transport.send(Buffer.from("one"));
  await transport.rebind();
  transport.send(Buffer.from("two"));
  await settleUntil("both have arrived", () => ports.length === 2);
  const [before = 0, after = 0] = ports;
  assert.notEqual(before, after);
  assert.equal(transport.localPort, after);
  server.send("late", before, "127.0.0.1");
  server.send("new", after, "127.0.0.1");
  await settleUntil("it hears", () => heard.length > 0);
  assert.deepEqual(heard, ["new"]);
});

test("from where the routes lead is looked up without the name; closed meanwhile, no socket stays", async () => {
  const transport = new UdpTransport({ host: "localhost", port: 5684 });
  await transport.open(() => {});
  await transport.relocate();
  assert.equal(transport.localAddress, undefined, "there is no server yet");
  await transport.resolve();
  const { localAddress } = transport;
  await transport.relocate();
  assert.equal(transport.localAddress, localAddress);
  const binding = transport.rebind();
  await transport.close();
  await binding;
  assert.equal(transport.localPort, undefined);
});
