/** Object 5 of a device, /meter-1/5, on a socket of its own: what foreign clients push goes through our endpoints to a real disk. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { TestContext } from "node:test";
import { systemClock, systemRandom } from "../../src/clock.ts";
import type { CoapEffect, CoapEvent } from "../../src/coap/events.ts";
import { CoapPeers } from "../../src/coap/peers.ts";
import { TcpEndpoint } from "../../src/coap/tcp-endpoint.ts";
import { streamedPath } from "../../src/lwm2m/streamed.ts";
import { type Drive, drive } from "../../src/machine.ts";
import { anUpdateObject } from "../firmware/an-update-object.ts";

/** Far below what is pushed: nobody puts it together. */
const MAX_BODY = 8192;
const streams = (request: Parameters<typeof streamedPath>[0]): boolean => streamedPath(request) !== undefined;

export async function pushesOverUdp(t: TestContext, maxSize: number) {
  const world = anUpdateObject(t, { maxSize });
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const codes: number[] = [];
  const peers = new CoapPeers({ random: systemRandom, maxBody: MAX_BODY, streams });
  const feed = drive(peers, systemClock, ({ peer, effect }) => {
    const [host = "", port] = peer.split(":");
    if (effect.type === "send") socket.send(effect.bytes, Number(port), host);
    else perform(world, effect, codes, (event) => feed({ peer, event }));
  });
  socket.on("message", (bytes, { address, port }) => {
    feed({ peer: `${address}:${port}`, event: { type: "datagram", bytes } });
  });
  t.after(() => {
    feed.stop();
    socket.close();
  });
  return { ...world, object: world.object, codes, port: socket.address().port };
}

export async function pushesOverTcp(t: TestContext, maxSize: number, maxMessageSize: number) {
  const world = anUpdateObject(t, { maxSize });
  const codes: number[] = [];
  const server = createServer((socket) => {
    const endpoint = new TcpEndpoint({ random: systemRandom, maxBody: MAX_BODY, maxMessageSize, streams });
    const feed: Drive<CoapEvent> = drive(endpoint, systemClock, (effect) => {
      if (effect.type === "send")
        socket.write(effect.bytes, () => feed({ type: "written", bytes: effect.bytes.length }));
      else if (effect.type === "disconnect") socket.end();
      else perform(world, effect, codes, feed);
    });
    socket.on("data", (bytes) => feed({ type: "datagram", bytes }));
    socket.on("error", () => {});
    socket.on("close", () => feed({ type: "disconnected", reason: "closed" }));
    t.after(() => {
      feed.stop();
      socket.destroy();
    });
    feed({ type: "connected" });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return { ...world, codes, port: typeof address === "object" && address !== null ? address.port : 0 };
}

function perform(
  { requests }: ReturnType<typeof anUpdateObject>,
  effect: CoapEffect,
  codes: number[],
  feed: (event: CoapEvent) => void,
): void {
  if (effect.type === "broken") requests.broken(effect.stream);
  if (effect.type !== "serve") return;
  const { exchange, message, part } = effect;
  void requests.serve(message, part).then(({ message: answer }) => {
    codes.push(answer.code);
    feed({ type: "respond", exchange, message: answer });
  });
}
