/** A CoAP server of ours on TCP for foreign clients: keeps what is PUT, notifies of `observed`, and gives FETCH its body back. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { TestContext } from "node:test";
import { systemClock, systemRandom } from "../../../src/clock.ts";
import { CODE } from "../../../src/coap/codes.ts";
import type { CoapEffect, CoapEvent, ExchangeId } from "../../../src/coap/events.ts";
import {
  type CoapMessage,
  findOption,
  NO_PAYLOAD,
  OPTION,
  stringValues,
  uintOption,
} from "../../../src/coap/options.ts";
import { TcpEndpoint } from "../../../src/coap/tcp-endpoint.ts";
import { type Drive, drive } from "../../../src/machine.ts";

export interface TcpStore {
  readonly port: number;
  readonly kept: Map<string, Uint8Array>;
  /** "3 a/b" for each request that was run. */
  readonly log: string[];
  /** Of notifications: those that a Pong has confirmed. */
  readonly delivered: number[];
  /** Why connections ended. */
  readonly lost: string[];
}

export async function openTcpStore(t: TestContext, maxMessageSize?: number): Promise<TcpStore> {
  const store = { kept: new Map<string, Uint8Array>(), log: [], delivered: [], lost: [] };
  const server = createServer((socket) => {
    const settings = maxMessageSize === undefined ? {} : { maxMessageSize };
    const endpoint = new TcpEndpoint({ random: systemRandom, ...settings });
    const feed: Drive<CoapEvent> = drive(endpoint, systemClock, (effect) => {
      if (effect.type === "send")
        socket.write(effect.bytes, () => feed({ type: "written", bytes: effect.bytes.length }));
      else if (effect.type === "disconnect") socket.end();
      else perform(store, effect, feed);
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
  return { port: typeof address === "object" && address !== null ? address.port : 0, ...store };
}

type Kept = Omit<TcpStore, "port">;

function perform(store: Kept, effect: CoapEffect, feed: (event: CoapEvent) => void): void {
  if (effect.type === "delivered") store.delivered.push(effect.notification);
  else if (effect.type === "lost") store.lost.push(effect.reason);
  else if (effect.type === "serve") {
    const { exchange, message } = effect;
    const path = stringValues(message, OPTION.uriPath).join("/");
    store.log.push(`${message.code} ${path}`);
    feed({ type: "respond", exchange, message: answer(store, path, message) });
    if (findOption(message, OPTION.observe)?.length === 0) notifyOften(exchange, feed);
  }
}

function answer({ kept }: Kept, path: string, message: CoapMessage): CoapMessage {
  if (message.code === CODE.put) {
    kept.set(path, message.payload);
    return { code: CODE.changed, options: [], payload: NO_PAYLOAD };
  }
  if (message.code === CODE.fetch) return content(message.payload);
  if (path === "observed") return content(Buffer.from("<0>"), [uintOption(OPTION.observe, 0)]);
  const found = kept.get(path);
  return found === undefined ? { code: CODE.notFound, options: [], payload: NO_PAYLOAD } : content(found);
}

/** Five in half a second. */
function notifyOften(exchange: ExchangeId, feed: (event: CoapEvent) => void): void {
  for (let n = 1; n <= 5; n++) {
    const message = content(Buffer.from(`<${n}>`));
    systemClock.at(systemClock.monotonic() + 100 * n, () =>
      feed({ type: "notify", exchange, notification: n, message, confirmable: true }),
    );
  }
}

function content(payload: Uint8Array, options: CoapMessage["options"] = []): CoapMessage {
  return { code: CODE.content, options, payload };
}
