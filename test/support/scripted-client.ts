/** An LwM2M Client as a script: it registers and answers as told, on a real socket. For tests of the demo server. */
import type { TestContext } from "node:test";
import { openCoapSocket, type Peer } from "../../demo/coap-socket.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { ExchangeId } from "../../src/coap/endpoint.ts";
import {
  type CoapMessage,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  stringValues,
  uintOption,
  uintValue,
} from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { codecFor } from "../../src/lwm2m/formats/index.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { isWithin, type Path, parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";

/** Values by path; what a Read or an Observe of a path above them answers. */
export type Tree = Record<string, Value>;

export interface ScriptedClient {
  /** What it has; a test may change it. */
  readonly tree: Tree;
  /** Answered in place of the values: by path, the code and the diagnostic text. */
  readonly refuse: Map<string, readonly [code: number, text: string]>;
  /** "GET /25", "OBSERVE /meter-1/10242/0", "PUT /…", in the order in which they came. */
  readonly asked: string[];
  /** A message to the server: `path` below the root, e.g. "rd". */
  send(
    code: number,
    path: string,
    parts?: { readonly query?: readonly string[]; readonly payload?: string | Uint8Array },
  ): Promise<CoapMessage>;
  /** Registers; resolves with the location, e.g. "rd/0001". */
  register(links: string, query?: readonly string[]): Promise<string>;
  /** A notification with what the tree has now, or any other one. */
  notify(path: string, message?: CoapMessage): Promise<void>;
  close(): Promise<void>;
}

export async function aClient(t: TestContext, serverPort: number): Promise<ScriptedClient> {
  const peer: Peer = `127.0.0.1:${serverPort}`;
  const tree: Tree = {};
  const refuse: ScriptedClient["refuse"] = new Map();
  const asked: string[] = [];
  const observed = new Map<string, ExchangeId>();
  const socket = await openCoapSocket({
    onRequest: async (_, request, exchange) => {
      const path = `/${stringValues(request, OPTION.uriPath).join("/")}`;
      const observes = uintValue(request, OPTION.observe) === 0;
      asked.push(`${observes ? "OBSERVE" : METHODS[request.code]} ${path}`);
      const [code, text] = refuse.get(path) ?? [];
      if (code !== undefined) return { code, options: [], payload: new TextEncoder().encode(text) };
      if (request.code !== CODE.get) return { code: CODE.changed, options: [], payload: NO_PAYLOAD };
      if (observes) observed.set(path, exchange);
      return content(tree, path, observes ? [uintOption(OPTION.observe, 1)] : []);
    },
  });
  t.after(() => socket.close());
  const client: ScriptedClient = {
    tree,
    refuse,
    asked,
    send: (code, path, { query = [], payload = "" } = {}) => {
      const options = [...stringOptions(OPTION.uriPath, path.split("/")), ...stringOptions(OPTION.uriQuery, query)];
      const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
      const format = path === "dp" ? [uintOption(OPTION.contentFormat, CONTENT_FORMAT.senmlCbor)] : [];
      return socket.request(peer, { code, options: sortOptions([...options, ...format]), payload: bytes });
    },
    register: async (links, query = []) => {
      const answered = await client.send(CODE.post, "rd", {
        query: ["ep=client", "lwm2m=1.2", ...query],
        payload: links,
      });
      return stringValues(answered, OPTION.locationPath).join("/");
    },
    notify: async (path, message = content(tree, path, [])) => {
      const exchange = observed.get(path);
      if (exchange === undefined) throw new Error(`nobody observes ${path}`);
      await socket.notify(peer, exchange, message);
    },
    close: () => socket.close(),
  };
  return client;
}

const METHODS: Readonly<Record<number, string>> = { [CODE.get]: "GET", [CODE.post]: "POST", [CODE.put]: "PUT" };

function content(tree: Tree, path: string, options: CoapMessage["options"]): CoapMessage {
  const format = uintOption(OPTION.contentFormat, CONTENT_FORMAT.senmlCbor);
  return { code: CODE.content, options: sortOptions([...options, format]), payload: encoded(tree, path) };
}

/** What of the tree lies below a path, in SenML CBOR. */
export function encoded(tree: Tree, path: string): Uint8Array {
  const base: Path = parsePath(path);
  const samples = Object.entries(tree)
    .map(([name, value]) => ({ path: parsePath(name), value, time: 0 }))
    .filter((sample) => isWithin(sample.path, base));
  return codecFor(CONTENT_FORMAT.senmlCbor)?.encode(samples, base, catalogue.typeOf) ?? NO_PAYLOAD;
}
