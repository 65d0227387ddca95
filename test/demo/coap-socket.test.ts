import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type CoapSocket, type CoapSocketOptions, openCoapSocket } from "../../demo/coap-socket.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, uintOption } from "../../src/coap/options.ts";
import { bodyOf, CHANGED, content, fromHex, gist, hex, message, request } from "../coap/bench.ts";

const OBSERVE = [uintOption(OPTION.observe, 0)];

/** A server with these answers, a client, and the server's address. */
async function aPair(t: TestContext, options: CoapSocketOptions) {
  const server = await openCoapSocket(options);
  t.after(() => server.close());
  const client = await openCoapSocket();
  t.after(() => client.close());
  return { server, client, peer: `${server.host}:${server.port}` };
}

test("a request is answered over a real socket, small and in blocks", async (t) => {
  const { client, peer } = await aPair(t, { onRequest: async (_peer, asked) => content(asked.payload) });
  for (const length of [0, 10, 5000]) {
    const answer = await client.request(peer, request(CODE.fetch, "a", [], bodyOf(length)));
    assert.deepEqual([answer.code, gist(answer.payload)], [CODE.content, gist(bodyOf(length))]);
  }
  assert.equal((await client.request(peer, request(CODE.get, "a"), false)).code, CODE.content);
});

test("a handler that fails is answered 5.00 without a word of why, and told to the log", async (t) => {
  const errors: unknown[] = [];
  const onRequest = async (): Promise<CoapMessage> => {
    throw new Error("the password is wrong");
  };
  const { client, peer } = await aPair(t, { onRequest, onError: (error) => errors.push(error) });
  assert.deepEqual(await client.request(peer, request(CODE.get, "a")), message(CODE.internalServerError));
  assert.match(String(errors), /password/);
});

test("without a handler everything is 4.04", async (t) => {
  const { client, peer } = await aPair(t, {});
  assert.equal((await client.request(peer, request(CODE.get, "a"))).code, CODE.notFound);
});

test("an observation: notifications arrive, `notify` resolves when delivered, and both ways to end it work", async (t) => {
  for (const how of ["deregister", "forget"] as const) {
    const exchanges: Parameters<CoapSocket["notify"]>[1][] = [];
    const cancelled: string[] = [];
    const { server, client, peer } = await aPair(t, {
      async onRequest(_peer, _asked, exchange) {
        exchanges.push(exchange);
        return content("0", OBSERVE);
      },
      onCancelled: (_peer, _exchange, reason) => cancelled.push(reason),
    });
    const heard: string[] = [];
    const observation = await client.observe(peer, request(CODE.get, "a"), ({ payload }) =>
      heard.push(String(payload)),
    );
    const us = `${client.host}:${client.port}`;
    const [exchange] = exchanges;
    assert.ok(exchange !== undefined);
    await server.notify(us, exchange, content("1"));
    await server.notify(us, exchange, content("2"), false);
    await server.notify(us, exchange, content("3"));
    assert.equal(heard.length, 3);
    await observation.cancel(how);
    await assert.rejects(server.notify(us, exchange, content("4")), /reset/);
    assert.deepEqual([cancelled, heard.length], [[how === "forget" ? "reset" : "deregister"], 3]);
  }
});

test("closing ends what waits: requests, and notifications", async (t) => {
  const { server, client, peer } = await aPair(t, { onRequest: () => new Promise(() => {}) });
  const waiting = assert.rejects(client.request(peer, request(CODE.get, "a")), /closed/);
  await client.close();
  await waiting;
  await assert.rejects(client.request(peer, request(CODE.get, "a")), /closed/);
  assert.notEqual(server.port, 0);
});

test("an answer from another port than the one that was asked is not taken", async (t) => {
  const client = await openCoapSocket({ parameters: { ackTimeout: 20, maxRetransmit: 1 } });
  t.after(() => client.close());
  const [asked, evil] = [createSocket("udp4").bind(0, "127.0.0.1"), createSocket("udp4").bind(0, "127.0.0.1")];
  t.after(() => [asked, evil].map((socket) => socket.close()));
  await Promise.all([once(asked, "listening"), once(evil, "listening")]);
  asked.on("message", (bytes: Uint8Array) => {
    const reply = fromHex(`6645${hex(bytes.subarray(2, 10))}ff00`);
    evil.send(reply, client.port, client.host);
  });
  await assert.rejects(client.request(`127.0.0.1:${asked.address().port}`, request(CODE.get, "a")), /timeout/);
});

test("garbage on the socket disturbs nothing", async (t) => {
  const { client, server, peer } = await aPair(t, { onRequest: async () => CHANGED });
  const noise = createSocket("udp4");
  t.after(() => noise.close());
  for (const bytes of ["", "00", "40", "ffffffffffffffffff", "4901ffff", "70000000"]) {
    noise.send(fromHex(bytes), server.port, server.host);
  }
  assert.deepEqual(await client.request(peer, request(CODE.put, "a")), { ...CHANGED, payload: NO_PAYLOAD });
});
