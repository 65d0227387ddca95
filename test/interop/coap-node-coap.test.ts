/** node-coap 1.5 as client and as server, and its coap-packet as a second opinion on bytes. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Agent, createServer, type IncomingMessage, type OutgoingMessage } from "coap";
import { generate, type ParsedPacket, parse } from "coap-packet";
import fc from "fast-check";
import { openCoapSocket } from "../../demo/coap-socket.ts";
import packageFile from "../../package.json" with { type: "json" };
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { decodeMessage, encodeMessage, type MessageType, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, sortOptions, stringOptions } from "../../src/coap/options.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { everyTestIsAgainst } from "../support/peer.ts";
import { openStore, type Store } from "./coap-store.ts";

everyTestIsAgainst("node-coap", packageFile.devDependencies.coap);

const BODY = bodyOf(5000);

// ── coap-packet ──────────────────────────────────────────────────────────────

/** Its names of the option numbers it knows. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries({ 1: "If-Match", 3: "Uri-Host", 4: "ETag", 5: "If-None-Match", 6: "Observe", 7: "Uri-Port" })
    .concat(Object.entries({ 8: "Location-Path", 9: "OSCORE", 11: "Uri-Path", 12: "Content-Format", 14: "Max-Age" }))
    .concat(Object.entries({ 15: "Uri-Query", 17: "Accept", 20: "Location-Query", 23: "Block2", 27: "Block1" }))
    .concat(Object.entries({ 28: "Size2", 35: "Proxy-Uri", 39: "Proxy-Scheme", 60: "Size1", 258: "No-Response" }))
    .map(([number, name]) => [Number(number), name]),
);

/** What it reads, in our words. */
function inOurWords({ token, code, messageId, payload, options, ack, reset, confirmable }: ParsedPacket): UdpMessage {
  const type = confirmable ? TYPE.con : ack ? TYPE.ack : reset ? TYPE.rst : TYPE.non;
  const numberOf = (name: string | number): number => {
    const known = [...NAMES].find(([, text]) => text === name)?.[0];
    return known ?? Number(name);
  };
  const [codeClass = 0, detail = 0] = code.split(".").map(Number);
  return {
    ...{ type, messageId, token: Uint8Array.from(token), code: codeClass * 32 + detail },
    options: options.map(({ name, value }) => ({ number: numberOf(name), value: Uint8Array.from(value) })),
    payload: Uint8Array.from(payload),
  };
}

/** What it gets right: known options and large numbers, whole tokens, no empty message. */
const packets: fc.Arbitrary<UdpMessage> = fc
  .tuple(
    fc.constantFrom<MessageType>(0, 1, 2, 3),
    fc.nat(65535),
    fc.uint8Array({ maxLength: 8 }),
    fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 64, max: 160 })),
    fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...NAMES.keys()), fc.integer({ min: 3000, max: 60_000 })),
        fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 250, maxLength: 300 })),
      ),
      { maxLength: 5 },
    ),
    fc.uint8Array({ maxLength: 50 }),
  )
  .map(([type, messageId, token, code, options, payload]) => {
    const sorted = sortOptions(options.map(([number, value]) => ({ number, value })));
    return { type, messageId, token, code, options: sorted, payload };
  });

test("coap-packet reads what we write", () => {
  fc.assert(
    fc.property(packets, (message) => {
      const bytes = encodeMessage(message.type, message.messageId, message.token, message);
      assert.deepEqual(inOurWords(parse(Buffer.from(bytes))), message);
    }),
  );
});

test("we read what coap-packet writes, and both write the same bytes", () => {
  fc.assert(
    fc.property(packets, (message) => {
      const { type, messageId, token, code, options, payload } = message;
      const bytes = generate(
        {
          ...{ code: formatCode(code), messageId, token: Buffer.from(token), payload: Buffer.from(payload) },
          ...{ confirmable: type === TYPE.con, ack: type === TYPE.ack, reset: type === TYPE.rst },
          options: options.map(({ number, value }) => ({
            name: NAMES.get(number) ?? String(number),
            value: Buffer.from(value),
          })),
        },
        65_535,
      );
      assert.deepEqual(decodeMessage(bytes), message);
      assert.deepEqual(encodeMessage(type, messageId, token, message), Uint8Array.from(bytes));
    }),
  );
});

// ── node-coap as client ──────────────────────────────────────────────────────

/** A request of node-coap's to our store. */
async function theyAsk(
  t: TestContext,
  store: Store,
  request: { method: string; pathname: string; observe?: boolean; body?: Uint8Array; options?: Record<string, Buffer> },
): Promise<IncomingMessage> {
  const agent = new Agent({ type: "udp4" });
  t.after(() => agent.close());
  const { method, pathname, observe = false, body = NO_PAYLOAD, options = {} } = request;
  const where = { hostname: "127.0.0.1", port: store.socket.port, agent };
  const message: OutgoingMessage = agent.request({ ...where, method: method as "GET", pathname, observe });
  for (const [name, value] of Object.entries(options)) message.setOption(name, value);
  message.end(Buffer.from(body));
  const [response] = await once(message, "response");
  return response as IncomingMessage;
}

test("node-coap's client puts and reads, and is told what is not there", async (t) => {
  const store = await openStore(t);
  const put = await theyAsk(t, store, { method: "PUT", pathname: "/a/b", body: bodyOf(100) });
  assert.equal(put.code, "2.04");
  assert.equal(gist(store.kept.get("a/b") ?? NO_PAYLOAD), gist(bodyOf(100)));
  const got = await theyAsk(t, store, { method: "GET", pathname: "/a/b" });
  assert.deepEqual([got.code, gist(got.payload)], ["2.05", gist(bodyOf(100))]);
  assert.equal((await theyAsk(t, store, { method: "GET", pathname: "/none" })).code, "4.04");
});

test("node-coap's client puts 5,000 bytes by Block1 and reads them by Block2", async (t) => {
  const store = await openStore(t);
  const block1 = { Block1: Buffer.of(0x06) };
  const put = await theyAsk(t, store, { method: "PUT", pathname: "/a", body: BODY, options: block1 });
  assert.equal(put.code, "2.04");
  assert.equal(gist(store.kept.get("a") ?? NO_PAYLOAD), gist(BODY));
  const got = await theyAsk(t, store, { method: "GET", pathname: "/a" });
  assert.equal(gist(got.payload), gist(BODY));
});

test("node-coap's client fetches", async (t) => {
  const store = await openStore(t);
  const options = { "Content-Format": Buffer.of(112) };
  const got = await theyAsk(t, store, { method: "FETCH", pathname: "/echo", body: bodyOf(50), options });
  assert.equal(gist(got.payload), gist(bodyOf(50)));
});

test("node-coap's client observes, confirmable and not, in order", async (t) => {
  const store = await openStore(t);
  const response = await theyAsk(t, store, { method: "GET", pathname: "/observed", observe: true });
  const heard: string[] = [];
  for await (const chunk of response) {
    heard.push(String(chunk));
    if (heard.length === 6) break;
  }
  assert.deepEqual(heard, ["<0>", "<1>", "<2>", "<3>", "<4>", "<5>"]);
});

// ── node-coap as server ──────────────────────────────────────────────────────

/** Their server, which keeps what is PUT and gives it back, and a socket of ours. */
async function aServer(t: TestContext) {
  const kept = new Map<string, Buffer>();
  const server = createServer({ type: "udp4" }, (request, response) => {
    const path = request.url;
    if (request.method === "PUT") {
      kept.set(path, request.payload);
      response.statusCode = "2.04";
      response.end();
      return;
    }
    const { Observe: observe } = request.headers;
    if (observe === 0) {
      let n = 0;
      const timer = setInterval(() => response.write(`<${n++}>`), 20);
      response.on("finish", () => clearInterval(timer));
      t.after(() => clearInterval(timer));
      return;
    }
    response.statusCode = kept.has(path) ? "2.05" : "4.04";
    response.end(kept.get(path));
  });
  const theirs = createSocket("udp4").bind(0, "127.0.0.1");
  await once(theirs, "listening");
  const { port } = theirs.address();
  server.listen(theirs);
  t.after(() => {
    server.close();
    theirs.close();
  });
  const socket = await openCoapSocket();
  t.after(() => socket.close());
  return { kept, socket, peer: `127.0.0.1:${port}` };
}

function get(path: string): CoapMessage {
  return { code: CODE.get, options: stringOptions(OPTION.uriPath, [path]), payload: NO_PAYLOAD };
}

test("node-coap's server takes and gives what we send, small and in blocks", async (t) => {
  const { kept, socket, peer } = await aServer(t);
  for (const body of [bodyOf(100), BODY]) {
    const answer = await socket.request(peer, { ...get("a"), code: CODE.put, payload: body });
    assert.equal(answer.code, CODE.changed);
    assert.equal(gist(kept.get("/a") ?? NO_PAYLOAD), gist(body));
    const got = await socket.request(peer, get("a"));
    assert.deepEqual([got.code, gist(got.payload)], [CODE.content, gist(body)]);
  }
  assert.equal((await socket.request(peer, get("none"))).code, CODE.notFound);
});

test("we observe at node-coap's server", async (t) => {
  const { socket, peer } = await aServer(t);
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const onNotification = ({ payload }: CoapMessage): void => {
      if (heard.push(Buffer.from(payload).toString()) === 4) resolve();
    };
    socket.observe(peer, get("x"), onNotification).catch(reject);
  });
  assert.deepEqual(heard, ["<1>", "<2>", "<3>", "<4>"]);
});
