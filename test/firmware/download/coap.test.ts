/** Files over CoAP from a server on UDP that goes silent, restarts, and has another file. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CoapSocket, openCoapSocket } from "../../../demo/coap-socket.ts";
import { MINUTE, SECOND, systemRandom } from "../../../src/clock.ts";
import { CODE } from "../../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringValues } from "../../../src/coap/options.ts";
import { CoapDownloader } from "../../../src/firmware/download/coap.ts";
import { DownloadError } from "../../../src/firmware/download.ts";
import { UdpTransport } from "../../../src/servers/transport/udp.ts";
import { anImage, DownloadWorld } from "../../support/a-download.ts";
import { AnIncomingImage } from "../../support/an-incoming-image.ts";
import { settleUntil } from "../../support/fake-clock.ts";

const LIMIT = { timeout: 30_000 };
const BODY = anImage(40_000);

async function aServer(t: TestContext, port = 0) {
  const state = { body: BODY, code: CODE.content as number, asked: [] as string[], silent: false };
  const socket: CoapSocket = await openCoapSocket({
    port,
    limits: { snapshots: 0 },
    onRequest: async (_peer, message: CoapMessage) => {
      state.asked.push(stringValues(message, OPTION.uriPath).join("/"));
      if (state.silent) await new Promise(() => {});
      if (state.code !== CODE.content) return { code: state.code, options: [], payload: NO_PAYLOAD };
      return { code: CODE.content, options: [], payload: state.body };
    },
  });
  t.after(() => socket.close());
  return { state, port: socket.port, close: () => socket.close(), uri: `coap://127.0.0.1:${socket.port}/fw/image` };
}

function aWorld(t: TestContext) {
  const world = new DownloadWorld();
  t.after(() => world.controller.abort());
  const { clock, log } = world;
  const carrierTo = ({ host, port }: { readonly host: string; readonly port: number }) =>
    new UdpTransport({ host, port });
  const downloader = new CoapDownloader({ clock, log, random: systemRandom, patience: 20 * MINUTE, carrierTo });
  const into = AnIncomingImage.begin(t);
  return { world, downloader, into, fetch: (uri: string, mark?: string) => world.fetch(downloader, uri, into, mark) };
}

test("a file arrives in blocks", LIMIT, async (t) => {
  const server = await aServer(t);
  const { world, into, fetch } = aWorld(t);
  assert.equal(await fetch(server.uri), undefined);
  assert.deepEqual(into.content, BODY);
  assert.equal(world.total, BODY.length);
  assert.equal(world.marks.length, 1);
  assert.equal(server.state.asked[0], "fw/image");
});

test(
  "a server that goes silent in the middle, and comes back at the same port: it goes on where it was",
  LIMIT,
  async (t) => {
    const server = await aServer(t);
    const { world, into, fetch } = aWorld(t);
    const fetched = fetch(server.uri);
    await settleUntil("some of it is there", () => into.length > 5000);
    await server.close();
    const there = into.length;
    while (world.reasons.length === 0) await world.advance(SECOND);
    await aServer(t, server.port);
    assert.equal(await world.until(fetched, SECOND / 2), undefined);
    assert.deepEqual(into.content, BODY);
    assert.ok(there < BODY.length);
    assert.ok(!into.calls.includes("restart"));
  },
);

test("another process goes on by the ETag that was told; a file that is another one begins anew", LIMIT, async (t) => {
  const server = await aServer(t);
  const first = aWorld(t);
  assert.equal(await first.fetch(server.uri), undefined);
  const [mark] = first.world.marks;
  const second = aWorld(t);
  await second.into.write(BODY.subarray(0, 12_345));
  assert.equal(await second.fetch(server.uri, mark), undefined);
  assert.deepEqual(second.into.content, BODY);
  assert.ok(!second.into.calls.includes("restart"));
  const third = aWorld(t);
  await third.into.write(BODY.subarray(0, 12_345));
  server.state.body = anImage(30_000).reverse();
  assert.equal(await third.fetch(server.uri, mark), undefined);
  assert.deepEqual(third.into.content, server.state.body);
  assert.ok(third.into.calls.includes("restart"));
});

test("4.04 is final: result 7; nobody there: result 7 after a while", LIMIT, async (t) => {
  const server = await aServer(t);
  server.state.code = CODE.notFound;
  const { world, downloader, fetch } = aWorld(t);
  assert.deepEqual(await fetch(server.uri), [7, "the server answers 4.04"]);
  const nobody = new CoapDownloader({
    ...{ clock: world.clock, log: world.log, random: systemRandom, patience: 20 * MINUTE },
    carrierTo: () => ({
      open: async () => {},
      resolve: () => Promise.reject(new Error("the name has no address")),
      send: () => {},
      close: async () => {},
    }),
  });
  const into = AnIncomingImage.begin(t);
  assert.deepEqual(await world.fetch(nobody, server.uri, into), [7, "the name has no address"]);
  assert.deepEqual(downloader.protocols, [0, 1, 4]);
});

test("where it may not be asked: at once, with what is missing", LIMIT, async (t) => {
  const { world } = aWorld(t);
  const refused = new CoapDownloader({
    ...{ clock: world.clock, log: world.log, random: systemRandom, patience: MINUTE },
    carrierTo: () => {
      throw new DownloadError(7, "no credentials");
    },
  });
  const into = AnIncomingImage.begin(t);
  assert.deepEqual(await world.fetch(refused, "coaps://127.0.0.1/x", into), [7, "no credentials"]);
  assert.deepEqual(world.pauses, []);
});

test("who does not want it any more gets no more of it", LIMIT, async (t) => {
  const server = await aServer(t);
  server.state.silent = true;
  const { world, fetch } = aWorld(t);
  const fetched = fetch(server.uri);
  await settleUntil("it is asked", () => server.state.asked.length > 0);
  world.controller.abort();
  assert.equal((await fetched)?.[0], 4);
});
