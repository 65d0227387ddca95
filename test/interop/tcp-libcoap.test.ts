/** libcoap 4.3 (Debian's libcoap3-bin) against us over TCP, in both roles: RFC 8323. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../../src/coap/options.ts";
import { TcpEndpoint } from "../../src/coap/tcp-endpoint.ts";
import { Connection } from "../../src/servers/connection.ts";
import { TcpTransport } from "../../src/servers/transport/tcp.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { findTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { findLibcoapClient, INSTALL, VARIANTS } from "./libcoap-client.ts";
import { freePort } from "./tcp/aiocoap.ts";
import { openTcpStore } from "./tcp/tcp-store.ts";

everyTestIsAgainst("libcoap", debianVersion("libcoap3-bin"));

const BODY = bodyOf(5000);

// ── their client, our server ─────────────────────────────────────────────────

for (const [how, maxMessageSize] of [
  ["whole", undefined],
  ["in blocks, as the longest message is 1152 bytes", 1152],
  ["in BERT blocks, as the longest message is 4000 bytes", 4000],
] as const) {
  test(`libcoap's client puts 5,000 bytes, and reads them: ${how}`, { timeout: 30_000 }, async (t) => {
    const client = findLibcoapClient(t, "coap+tcp");
    if (client === undefined) return;
    const store = await openTcpStore(t, maxMessageSize);
    await client.ask(store.port, "a/b", "-m", "put", "-f", client.file("body", BODY));
    assert.equal(gist(store.kept.get("a/b") ?? NO_PAYLOAD), gist(BODY));
    assert.equal(gist(await client.ask(store.port, "a/b", "-m", "get")), gist(BODY));
    assert.deepEqual(store.log, ["3 a/b", "1 a/b"]);
  });
}

test("libcoap's client observes, answers our Pings, and ends the observation", { timeout: 30_000 }, async (t) => {
  const client = findLibcoapClient(t, "coap+tcp");
  if (client === undefined) return;
  const store = await openTcpStore(t);
  const heard = Buffer.from(await client.ask(store.port, "observed", "-m", "get", "-s", "2")).toString();
  assert.match(heard, /^<0><1><2><3><4><5>/);
  assert.deepEqual(store.delivered, [1, 2, 3, 4, 5]);
});

// ── their server, our client ─────────────────────────────────────────────────

const get = (path: string): CoapMessage => ({
  code: CODE.get,
  options: stringOptions(OPTION.uriPath, path.split("/")),
  payload: NO_PAYLOAD,
});

/** One of libcoap's servers on a free port, and a connection of ours. */
async function aServer(t: TestContext, name: string) {
  const program = findTool(
    t,
    VARIANTS.map((variant) => `${name}${variant}`),
    INSTALL,
  );
  if (program === undefined) return undefined;
  const port = await freePort();
  start(t, program, ["-A", "127.0.0.1", "-p", String(port)]);
  const transport = new TcpTransport({ host: "127.0.0.1", port, clock: systemClock });
  const connection = new Connection(transport, new TcpEndpoint({ random: systemRandom }), systemClock, {
    onRequest: () => {},
    onDelivered: () => {},
    onFailed: () => {},
    onCancelled: () => {},
  });
  await connection.open();
  t.after(() => connection.close());
  const end = performance.now() + 10_000;
  // Until it listens.
  while (
    !(await transport.resolve().then(
      () => true,
      () => performance.now() > end,
    ))
  );
  return async (message: CoapMessage): Promise<CoapMessage> => {
    const outcome = await connection.request(message);
    assert.ok(outcome.type === "response", "an answer");
    return outcome.message;
  };
}

test("libcoap's server takes 5,000 bytes from us and gives them back", { timeout: 30_000 }, async (t) => {
  const ask = await aServer(t, "coap-server");
  if (ask === undefined) return;
  const path = "example_data";
  const put = await ask({ ...get(path), code: CODE.put, payload: BODY });
  assert.ok(put.code === CODE.created || put.code === CODE.changed);
  assert.equal(gist((await ask(get(path))).payload), gist(BODY));
});

test("libcoap's resource directory takes a registration over TCP", { timeout: 30_000 }, async (t) => {
  const ask = await aServer(t, "coap-rd");
  if (ask === undefined) return;
  const query = ["ep=urn:dev:ops:32473-tcp", "lt=60", "lwm2m=1.2", "b=T"];
  const { options } = get("rd");
  const registered = await ask({
    code: CODE.post,
    options: [...options, ...stringOptions(OPTION.uriQuery, query)],
    payload: Buffer.from("</1/0>,</3/0>"),
  });
  assert.equal(registered.code, CODE.created);
  const location = stringValues(registered, OPTION.locationPath);
  assert.deepEqual([location[0], location.length], ["rd", 2]);
  assert.equal((await ask(get(location.join("/")))).code, CODE.content);
});
