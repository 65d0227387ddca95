import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { DemoServer } from "../../demo/server.ts";
import { CODE } from "../../src/coap/codes.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { aClient, encoded, type Tree } from "../support/scripted-client.ts";

const LINKS = "</1/0>,</3/0>,</25/0>,</25/1>";
const DEVICES: Tree = {
  "/25/0/0": "urn:dev:ops:1",
  "/25/0/1": "meter-1",
  "/25/0/3": "</3>;ver=1.1,</3/0>,</10242/0>",
  "/25/1/0": "urn:dev:ops:2",
  "/25/1/1": "room",
  "/25/1/3": "</3303/0>",
  "/meter-1/3/0/0": "Eastron",
  "/meter-1/10242/0/4": 230.5,
  "/room/3303/0/5700": 21.5,
};
const WANTED = ["/meter-1/3/0", "/meter-1/10242/0", "/room/3303/0"];

/** Real sockets answer within milliseconds. */
const PATIENCE = 10_000;

/** A demo server with a registered client; `reached` resolves when a sentence or a value of this kind has come. */
async function aPair(t: TestContext, tree: Tree = DEVICES) {
  const told: string[] = [];
  const values = new Map<string, unknown>();
  const clock = new FakeClock();
  let wake = (): void => {};
  const listener = {
    onEvent(sentence: string) {
      told.push(sentence);
      wake();
    },
    onValues(_: unknown, arrived: readonly { readonly path: string; readonly value: unknown }[]) {
      for (const { path, value } of arrived) values.set(path, value);
      wake();
    },
  };
  const server = await DemoServer.start(listener, { clock });
  t.after(() => server.close());
  const client = await aClient(t, server.port);
  Object.assign(client.tree, tree);
  const reached = async (what: () => boolean): Promise<void> => {
    const patience = AbortSignal.timeout(PATIENCE);
    while (!what()) {
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        patience.onabort = () => reject(new Error(`it did not come; told was:\n${told.join("\n")}`));
      });
    }
  };
  const says = (sentence: RegExp) => reached(() => told.some((each) => sentence.test(each)));
  const has = (path: string, value: unknown) => reached(() => values.get(path) === value);
  return { server, client, told, values, clock, says, has };
}

const clientOf = (server: DemoServer) => {
  const [client] = server.clients;
  assert.ok(client !== undefined);
  return client;
};

test("a client is registered, its devices are found, and each object instance is observed", async (t) => {
  const { server, client, told, has } = await aPair(t);
  const location = await client.register(LINKS, ["lt=60"]);
  assert.equal(location, "rd/0001");
  await has("/room/3303/0/5700", 21.5);
  assert.deepEqual(told, [
    "client registered: LwM2M 1.2, lifetime 60 s, /rd/0001",
    "client shows 2 devices: /meter-1 /room",
  ]);
  assert.deepEqual(client.asked, ["GET /25", ...WANTED.map((path) => `OBSERVE ${path}`)]);
  assert.deepEqual([...clientOf(server).observed.keys()], WANTED);
  client.tree["/room/3303/0/5700"] = 22;
  await client.notify("/room/3303/0");
  await has("/room/3303/0/5700", 22);
  assert.equal(clientOf(server).values.get(parsePath("/room/3303/0/5700"))?.value, 22);
});

test("a client without object 25 is registered, and left alone", async (t) => {
  const { server, client } = await aPair(t);
  await client.register("</1/0>,</3/0>");
  server.tend();
  assert.equal((await server.read(clientOf(server), parsePath("/25"))).length, 6);
  assert.deepEqual(client.asked, ["GET /25"]);
});

test("an Update with other devices drops who is gone, and observes who is new", async (t) => {
  const { server, client, says, has } = await aPair(t);
  const location = await client.register(LINKS);
  await has("/room/3303/0/5700", 21.5);
  for (const path of Object.keys(client.tree)) if (path.startsWith("/25/0/")) delete client.tree[path];
  Object.assign(client.tree, { "/25/2/0": "c", "/25/2/1": "new", "/25/2/3": "</3304/0>", "/new/3304/0/5700": 40 });
  const updated = await client.send(CODE.post, location, { query: ["lt=120"], payload: "</1/0>,</25/1>,</25/2>" });
  assert.equal(updated.code, CODE.changed);
  await says(/shows 2 devices: \/room \/new$/);
  await has("/new/3304/0/5700", 40);
  const { observed, values, lifetime } = clientOf(server);
  assert.deepEqual([[...observed.keys()], lifetime], [["/room/3303/0", "/new/3304/0"], 120]);
  assert.deepEqual(
    [...values.keys()].filter((path) => path.startsWith("/meter-1")),
    [],
  );
});

test("what could not be observed is tried again, and what the client ended too", async (t) => {
  const { server, client, says, has } = await aPair(t);
  client.refuse.set("/room/3303/0", [CODE.internalServerError, "offline since 12:00"]);
  await client.register(LINKS);
  await says(/^\/room\/3303\/0 cannot be observed: 5\.00 offline since 12:00$/);
  client.refuse.clear();
  server.tend();
  await has("/room/3303/0/5700", 21.5);
  await client.notify("/room/3303/0", { code: CODE.notFound, options: [], payload: new Uint8Array() });
  await says(/^\/room\/3303\/0 is not observed any more: 4\.04$/);
  client.tree["/room/3303/0/5700"] = 23;
  server.tend();
  await has("/room/3303/0/5700", 23);
});

test("a client whose object 25 cannot be read is asked again", async (t) => {
  const { server, client, says, has } = await aPair(t);
  client.refuse.set("/25", [CODE.serviceUnavailable, "later"]);
  await client.register(LINKS);
  await says(/^client: \/25: 5\.03 later$/);
  client.refuse.clear();
  server.tend();
  await has("/room/3303/0/5700", 21.5);
});

test("read, write and execute tell the client's own words where it refuses", async (t) => {
  const { server, client } = await aPair(t);
  await client.register("</1/0>");
  const behind = clientOf(server);
  const dimmer = parsePath("/valve/3306/0/5851");
  await server.write(behind, dimmer, 75);
  await server.execute(behind, parsePath("/valve/3/0/4"));
  client.refuse.set(dimmer, [CODE.badRequest, "75 is not within 0..50"]);
  await assert.rejects(server.write(behind, dimmer, 75), new Error(`${dimmer}: 4.00 75 is not within 0..50`));
  await assert.rejects(server.read(behind, dimmer), new Error(`${dimmer}: 4.00 75 is not within 0..50`));
  assert.deepEqual(client.asked.slice(0, 2), [`PUT ${dimmer}`, "POST /valve/3/0/4"]);
});

test("a Send is taken from who is registered, and from nobody else", async (t) => {
  const { client, has } = await aPair(t);
  const payload = encoded({ "/room/3303/0/5700": 19 }, "/room");
  assert.equal((await client.send(CODE.post, "dp", { payload })).code, CODE.notFound);
  await client.register("</1/0>");
  assert.equal((await client.send(CODE.post, "dp", { payload })).code, CODE.changed);
  await has("/room/3303/0/5700", 19);
});

test("who is not heard for its lifetime is gone, and so are its observations", async (t) => {
  const { server, client, clock, told, has } = await aPair(t);
  const location = await client.register(LINKS, ["lt=60"]);
  await has("/room/3303/0/5700", 21.5);
  const { observed } = clientOf(server);
  await clock.advance(59_000);
  await client.send(CODE.post, location);
  await clock.advance(59_000);
  server.tend();
  assert.equal(server.clients.length, 1);
  await clock.advance(1_000);
  server.tend();
  assert.deepEqual([server.clients.length, observed.size], [0, 0]);
  assert.equal(told.at(-1), "client was not heard for its lifetime");
  assert.equal((await client.send(CODE.post, location)).code, CODE.notFound);
});

test("an Update from another address moves the client there", async (t) => {
  const { server, client, has } = await aPair(t);
  const location = await client.register(LINKS);
  await has("/room/3303/0/5700", 21.5);
  const moved = await aClient(t, server.port);
  Object.assign(moved.tree, { ...client.tree, "/room/3303/0/5700": 17 });
  assert.equal((await moved.send(CODE.post, location)).code, CODE.changed);
  await has("/room/3303/0/5700", 17);
  assert.deepEqual(moved.asked, ["GET /25", ...WANTED.map((path) => `OBSERVE ${path}`)]);
});

test("no bytes from a client end the server: each request is answered", async (t) => {
  const { server, client } = await aPair(t);
  await client.register("</1/0>");
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("dp", "rd", "rd/0001", "bs", "x"),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }),
      async (path, payload, query) => {
        const { code } = await client.send(CODE.post, path, { payload, query });
        assert.ok(code >> 5 === 2 || code >> 5 === 4, `${code}`);
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(server.clients.length > 0);
});

test("a notification that cannot be read ends its observation, not the server", async (t) => {
  const { server, client, has, says } = await aPair(t);
  await client.register(LINKS);
  await has("/room/3303/0/5700", 21.5);
  const payload = Uint8Array.of(0xff, 0x00);
  await client.notify("/room/3303/0", { code: CODE.content, options: [], payload });
  await says(/^\/room\/3303\/0 is not observed any more: a notification that cannot be read: /);
  assert.equal(clientOf(server).observed.has(parsePath("/room/3303/0")), false);
});
