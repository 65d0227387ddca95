/** libcoap 4.3 (Debian's libcoap3-bin) against us, in both roles. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { openCoapSocket } from "../../demo/coap-socket.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions } from "../../src/coap/options.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { findTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { openStore } from "./coap-store.ts";
import { findLibcoapClient, INSTALL, VARIANTS } from "./libcoap-client.ts";

everyTestIsAgainst("libcoap", debianVersion("libcoap3-bin"));

const BODY = bodyOf(5000);

// ── their client, our server ─────────────────────────────────────────────────

/** Our server, and their client for it: `coap` resolves with what the client wrote to its output file. */
async function aClient(t: TestContext) {
  const client = findLibcoapClient(t);
  if (client === undefined) return undefined;
  const store = await openStore(t);
  const coap = (path: string, ...args: readonly string[]) => client.ask(store.socket.port, path, ...args);
  return { ...store, coap, file: client.file("body", BODY) };
}

test("libcoap's client puts 5,000 bytes by Block1, a new token each block, and reads them by Block2", async (t) => {
  const client = await aClient(t);
  if (client === undefined) return;
  await client.coap("a/b", "-m", "put", "-f", client.file);
  assert.equal(gist(client.kept.get("a/b") ?? NO_PAYLOAD), gist(BODY));
  assert.equal(gist(await client.coap("a/b", "-m", "get")), gist(BODY));
  assert.deepEqual(client.log, ["3 a/b", "1 a/b"]);
});

test("the same in blocks of 64 bytes, which the client asks for", async (t) => {
  const client = await aClient(t);
  if (client === undefined) return;
  await client.coap("a/b", "-m", "put", "-b", "64", "-f", client.file);
  assert.equal(gist(client.kept.get("a/b") ?? NO_PAYLOAD), gist(BODY));
  assert.equal(gist(await client.coap("a/b", "-m", "get", "-b", "64")), gist(BODY));
  assert.deepEqual(client.log, ["3 a/b", "1 a/b"]);
});

test("the same over a link that loses datagrams of the client: each request runs once", async (t) => {
  const client = await aClient(t);
  if (client === undefined) return;
  await client.coap("a/b", "-m", "put", "-l", "3,7", "-f", client.file);
  assert.equal(gist(client.kept.get("a/b") ?? NO_PAYLOAD), gist(BODY));
  assert.equal(gist(await client.coap("a/b", "-m", "get", "-l", "2")), gist(BODY));
  assert.deepEqual(client.log, ["3 a/b", "1 a/b"]);
});

for (const [path, least] of [
  ["observed", 2],
  ["observed-large", 3000],
] as const) {
  test(`libcoap's client observes /${path} and ends it by Observe 1`, { timeout: 30_000 }, async (t) => {
    const client = await aClient(t);
    if (client === undefined) return;
    const heard = Buffer.from(await client.coap(path, "-m", "get", "-s", "1")).toString();
    const numbers = [...heard.matchAll(/<(\d+)>/g)].map(([, n]) => Number(n));
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      "in order, each once",
    );
    // Of large ones a newer may come before the client has asked for all blocks of the one before.
    if (path === "observed") assert.equal(numbers.at(-1), numbers.length - 1, "every notification");
    assert.ok(numbers.length >= 5, `only ${numbers.length} notifications`);
    assert.ok(heard.length >= (numbers.length - 1) * least, `${heard.length} bytes of ${numbers.length} notifications`);
    // Its second may be over within the blocks of the last: then it leaves without a word.
    if (heard.length >= numbers.length * least) assert.equal(await client.cancelled, "deregister");
    assert.ok(client.delivered.length >= 4);
  });
}

test("libcoap's client fetches: the body it sends comes back, small and in blocks both ways", async (t) => {
  const client = await aClient(t);
  if (client === undefined) return;
  assert.equal(Buffer.from(await client.coap("echo", "-m", "fetch", "-e", "hello")).toString(), "hello");
  assert.equal(gist(await client.coap("echo", "-m", "fetch", "-f", client.file)), gist(BODY));
  assert.deepEqual(client.log, ["5 echo", "5 echo"]);
});

test("libcoap's client waits for a slow answer: the empty ACK goes ahead", async (t) => {
  const client = await aClient(t);
  if (client === undefined) return;
  await client.coap("slow", "-m", "put", "-e", "x");
  assert.deepEqual(client.log, ["3 slow"]);
  const { coap } = client;
  assert.equal(gist(await coap("slow", "-m", "get")), gist(Buffer.from("x")));
});

// ── their server, our client ─────────────────────────────────────────────────

function get(path: string): CoapMessage {
  return { code: CODE.get, options: stringOptions(OPTION.uriPath, path.split("/")), payload: NO_PAYLOAD };
}

/** libcoap's server on a free port, and a socket of ours. `args` go to the server. */
async function aServer(t: TestContext, ...args: readonly string[]) {
  const program = findTool(
    t,
    VARIANTS.map((variant) => `coap-server${variant}`),
    INSTALL,
  );
  if (program === undefined) return undefined;
  const port = await freePort();
  start(t, program, ["-A", "127.0.0.1", "-p", String(port), "-d", "10", ...args]);
  const socket = await openCoapSocket({ parameters: { ackTimeout: 300 } });
  t.after(() => socket.close());
  const peer = `127.0.0.1:${port}`;
  const { code } = await socket.request(peer, get(""));
  assert.equal(code, CODE.content);
  return { socket, peer };
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

test("libcoap's server takes 5,000 bytes from us by Block1 and gives them by Block2", async (t) => {
  const server = await aServer(t);
  if (server === undefined) return;
  const { socket, peer } = server;
  const put = { ...get("made-by-us"), code: CODE.put, payload: BODY };
  assert.equal((await socket.request(peer, put)).code, CODE.created);
  assert.equal(gist((await socket.request(peer, get("made-by-us"))).payload), gist(BODY));
  assert.equal((await socket.request(peer, { ...get("made-by-us"), code: CODE.delete })).code, CODE.deleted);
  assert.equal((await socket.request(peer, get("made-by-us"))).code, CODE.notFound);
});

// Only while reading: libcoap's server has no memory of duplicates and begins a new body with a repeated last block.
test("the same where libcoap's server loses two of the blocks", async (t) => {
  const server = await aServer(t, "-l", "8,10");
  if (server === undefined) return;
  const { socket, peer } = server;
  await socket.request(peer, { ...get("made-by-us"), code: CODE.put, payload: BODY });
  assert.equal(gist((await socket.request(peer, get("made-by-us"))).payload), gist(BODY));
});

test("a separate response of libcoap's server reaches us", async (t) => {
  const server = await aServer(t);
  if (server === undefined) return;
  const async = { ...get("async"), options: [...get("async").options, ...stringOptions(OPTION.uriQuery, ["1"])] };
  assert.equal((await server.socket.request(server.peer, async)).code, CODE.content);
});

test("we observe the clock of libcoap's server, confirmable and not, and end it", async (t) => {
  for (const args of [[], ["-N"]]) {
    const server = await aServer(t, ...args);
    if (server === undefined) return;
    const { socket, peer } = server;
    const heard = new Heard(2);
    const observation = await socket.observe(peer, get("time"), (notification) => heard.add(notification));
    assert.equal(observation.response.code, CODE.content);
    await heard.enough;
    await observation.cancel();
    assert.equal(heard.texts.size, 2);
  }
});

/** The different texts that were notified; `enough` resolves when there are so many. */
class Heard {
  readonly texts = new Set<string>();
  readonly enough: Promise<void>;
  private resolve: () => void = () => {};
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.enough = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  add({ payload }: CoapMessage): void {
    this.texts.add(Buffer.from(payload).toString());
    if (this.texts.size >= this.count) this.resolve();
  }
}
