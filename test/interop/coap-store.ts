/** A CoAP server of ours for foreign clients: keeps what is PUT, and has something to observe, to FETCH and to fail. */
import type { TestContext } from "node:test";
import { type CoapSocket, openCoapSocket } from "../../demo/coap-socket.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, findOption, NO_PAYLOAD, OPTION, stringValues, uintOption } from "../../src/coap/options.ts";

export interface Store {
  readonly socket: CoapSocket;
  readonly kept: Map<string, Uint8Array>;
  /** "3 a/b" for each request that was run. */
  readonly log: string[];
  /** Resolves when the peer of the observation has ended it. */
  readonly cancelled: Promise<string>;
  /** Which notifications were delivered. */
  readonly delivered: number[];
}

/** Resources: anything PUT; `observed` and `observed-large` notify every 30 ms; `echo` gives FETCH its body back; `broken`. */
export async function openStore(t: TestContext): Promise<Store> {
  let resolve: (reason: string) => void = () => {};
  const cancelled = new Promise<string>((settle) => {
    resolve = settle;
  });
  const kept = new Map<string, Uint8Array>();
  const log: string[] = [];
  const delivered: number[] = [];
  const socket = await openCoapSocket({
    async onRequest(peer, message, exchange) {
      const path = stringValues(message, OPTION.uriPath).join("/");
      log.push(`${message.code} ${path}`);
      if (path === "broken") throw new Error("the reason is nobody's business");
      if (path === "slow") await new Promise((settle) => setTimeout(settle, 700));
      if (path.startsWith("observed") && findOption(message, OPTION.observe)?.length === 0) {
        void notifyOften(peer, path, exchange).catch(() => {});
      }
      return answer(path, message, kept);
    },
    onCancelled: (_peer, _exchange, reason) => resolve(reason),
  });
  const notifyOften = async (
    peer: string,
    path: string,
    exchange: Parameters<CoapSocket["notify"]>[1],
  ): Promise<void> => {
    for (let n = 1; n <= 40; n++) {
      await new Promise((settle) => setTimeout(settle, 30));
      await socket.notify(peer, exchange, content(observedBody(path, n)), n % 2 === 0);
      delivered.push(n);
    }
  };
  t.after(() => socket.close());
  return { socket, kept, log, cancelled, delivered };
}

/** "<12>", and for the large one so much more that three blocks are needed. */
function observedBody(path: string, n: number): Uint8Array {
  return new TextEncoder().encode(`<${n}>${path === "observed-large" ? ".".repeat(3000 + n) : ""}`);
}

function answer(path: string, message: CoapMessage, kept: Map<string, Uint8Array>): CoapMessage {
  if (message.code === CODE.put || message.code === CODE.post) {
    kept.set(path, message.payload);
    return { code: CODE.changed, options: [], payload: NO_PAYLOAD };
  }
  if (message.code === CODE.fetch) return content(message.payload);
  if (path.startsWith("observed")) return content(observedBody(path, 0), [uintOption(OPTION.observe, 0)]);
  const found = kept.get(path);
  return found === undefined ? { code: CODE.notFound, options: [], payload: NO_PAYLOAD } : content(found);
}

function content(payload: Uint8Array, options: CoapMessage["options"] = []): CoapMessage {
  return { code: CODE.content, options, payload };
}
