/** Sockets that leave by the address that was chosen: every address of 127.0.0.0/8 is one of this machine. */
import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Socket as Connection, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { SECOND, systemClock } from "../../../src/clock.ts";
import type { ConnectionEvent } from "../../../src/coap/events.ts";
import { encodeEmpty, TYPE } from "../../../src/coap/message.ts";
import { TcpTransport } from "../../../src/servers/transport/tcp.ts";
import { UdpTransport } from "../../../src/servers/transport/udp.ts";
import type { Uplink } from "../../../src/servers/uplink/selection.ts";
import type { UplinkPort } from "../../../src/servers/uplink/uplinks.ts";
import { settleUntil } from "../../support/fake-clock.ts";

const at = (address: string): Uplink => ({ name: address, address, family: 4 });

/** What a test says is chosen; undefined: nothing is up. */
class Choice implements UplinkPort {
  chosen: Uplink | undefined;
  unanswereds = 0;

  constructor(address?: string) {
    this.chosen = address === undefined ? undefined : at(address);
  }

  choose(): Uplink {
    if (this.chosen === undefined) throw new Error("none of eth0, wwan0 is up");
    return this.chosen;
  }

  unanswered(): void {
    this.unanswereds++;
  }
}

interface Heard {
  readonly text: string;
  readonly from: RemoteInfo;
}

async function aUdpServer(t: TestContext, answers = true): Promise<{ socket: Socket; heard: Heard[] }> {
  const socket = createSocket("udp4");
  const heard: Heard[] = [];
  socket.on("message", (datagram, from) => {
    heard.push({ text: Buffer.from(datagram).toString(), from });
    if (answers) socket.send(encodeEmpty(TYPE.rst, 1), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return { socket, heard };
}

function aUdpTransport(t: TestContext, { socket }: { readonly socket: Socket }, uplink: UplinkPort): UdpTransport {
  const transport = new UdpTransport({ host: "127.0.0.1", port: socket.address().port, uplink });
  t.after(() => transport.close());
  return transport;
}

test("datagrams leave by the chosen address, and by another one after the next look", async (t) => {
  const server = await aUdpServer(t);
  const uplink = new Choice("127.0.0.2");
  const transport = aUdpTransport(t, server, uplink);
  await transport.open(() => {});
  assert.equal(transport.localPort, undefined, "nothing is bound before it is known by what to leave");
  await transport.resolve();
  assert.equal(transport.localAddress, "127.0.0.2");
  transport.send(Buffer.from("one"));
  await settleUntil("the first", () => server.heard.length === 1);
  uplink.chosen = at("127.0.0.3");
  await transport.resolve();
  transport.send(Buffer.from("two"));
  await settleUntil("the second", () => server.heard.length === 2);
  assert.deepEqual(
    server.heard.map(({ text, from }) => [text, from.address]),
    [
      ["one", "127.0.0.2"],
      ["two", "127.0.0.3"],
    ],
  );
  const { localPort } = transport;
  await transport.resolve();
  assert.equal(transport.localPort, localPort, "the same address keeps its port");
});

test("for DTLS the next port is one of the address that is chosen by then", async (t) => {
  const server = await aUdpServer(t);
  const uplink = new Choice("127.0.0.2");
  const transport = aUdpTransport(t, server, uplink);
  await transport.open(() => {});
  await transport.resolve();
  uplink.chosen = at("127.0.0.3");
  await transport.relocate();
  assert.equal(transport.localAddress, "127.0.0.3");
  await transport.rebind();
  transport.send(Buffer.from("on"));
  await settleUntil("it", () => server.heard.length === 1);
  assert.equal(server.heard[0]?.from.address, "127.0.0.3");
});

test("where none is up nothing leaves, and the sentence names them; an address that is not ours is refused", async (t) => {
  const server = await aUdpServer(t);
  const uplink = new Choice();
  const transport = aUdpTransport(t, server, uplink);
  await transport.open(() => {});
  assert.equal(transport.connects, true);
  await assert.rejects(transport.resolve(), /none of eth0, wwan0 is up/);
  uplink.chosen = at("192.0.2.1");
  await assert.rejects(transport.resolve(), /EADDRNOTAVAIL/);
  uplink.chosen = at("127.0.0.2");
  await transport.resolve();
  transport.send(Buffer.from("now"));
  await settleUntil("it", () => server.heard.length === 1);
});

test("whether the server answers at another address is found out beside what goes on", async (t) => {
  const server = await aUdpServer(t);
  const transport = aUdpTransport(t, server, new Choice("127.0.0.2"));
  await transport.open(() => {});
  await transport.resolve();
  assert.equal(await transport.probe(at("127.0.0.3"), systemClock), true);
  assert.deepEqual(
    server.heard.map(({ from }) => from.address),
    ["127.0.0.3"],
  );
  assert.equal(transport.localAddress, "127.0.0.2");
});

test("a server that answers no pings tells nothing of another address", async (t) => {
  const server = await aUdpServer(t, false);
  const transport = aUdpTransport(t, server, new Choice("127.0.0.2"));
  await transport.open(() => {});
  await transport.resolve();
  const waits: (() => void)[] = [];
  const clock = {
    ...systemClock,
    at: (_time: number, task: () => void) => {
      waits.push(task);
      return () => {};
    },
  };
  let told: boolean | undefined | "nothing yet" = "nothing yet";
  void transport.probe(at("127.0.0.3"), clock).then((answers) => {
    told = answers;
  });
  await settleUntil("it gives up", () => {
    for (const wait of waits.splice(0)) wait();
    return told !== "nothing yet";
  });
  assert.equal(told, undefined);
});

async function aTcpServer(t: TestContext): Promise<{ readonly server: Server; readonly connections: Connection[] }> {
  const connections: Connection[] = [];
  const server = createServer((socket) => connections.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { server, connections };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : assert.fail();
}

test("a connection leaves by the chosen address; by another one it is made anew, and the old one is over", async (t) => {
  const { server, connections } = await aTcpServer(t);
  const uplink = new Choice("127.0.0.2");
  const transport = new TcpTransport({ host: "127.0.0.1", port: portOf(server), clock: systemClock, uplink });
  t.after(() => transport.close());
  const events: ConnectionEvent[] = [];
  await transport.open(
    () => {},
    (event) => events.push(event),
  );
  await transport.resolve();
  await transport.resolve();
  uplink.chosen = at("127.0.0.3");
  await transport.resolve();
  await settleUntil("two connections", () => connections.length === 2);
  assert.deepEqual(
    connections.map(({ remoteAddress }) => remoteAddress),
    ["127.0.0.2", "127.0.0.3"],
  );
  assert.deepEqual(events, [
    { type: "connected" },
    { type: "disconnected", reason: "the server is reached by 127.0.0.3 from now on" },
    { type: "connected" },
  ]);
  assert.equal(await transport.probe(at("127.0.0.4"), systemClock), true);
});

test("whoever refuses a connection is there; whoever is silent is not", async (t) => {
  const { server } = await aTcpServer(t);
  const port = portOf(server);
  server.close();
  await once(server, "close");
  const uplink = new Choice("127.0.0.2");
  const transport = new TcpTransport({ host: "127.0.0.1", port, clock: systemClock, uplink, patience: SECOND });
  await transport.open(
    () => {},
    () => {},
  );
  await assert.rejects(transport.resolve(), /nobody listens there/);
  assert.equal(uplink.unanswereds, 0);
  transport.doubt();
  assert.equal(uplink.unanswereds, 1);
});
