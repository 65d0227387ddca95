/** The whole gateway with two ways to its server: `via: [eth0, wwan0]`. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import type { LocalAddress } from "../../src/servers/uplink/local-addresses.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";
import { dtlsAddon } from "../support/dtls.ts";
import { measureValues } from "../support/measured.ts";

const ETH0: LocalAddress = { name: "eth0", address: "192.0.2.10", family: 4 };
const WWAN0: LocalAddress = { name: "wwan0", address: "198.51.100.20", family: 4 };
const VIA = "via: [eth0, wwan0]";

async function withTwo(t: TestContext, keys = VIA, setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, {
    ...CLIMATE_SETUP,
    servers: [keys],
    prepare: (world) => {
      world.addresses = [ETH0, WWAN0];
    },
    ...setup,
  });
}

const status = ({ gateway }: AGateway) => gateway.status().servers[0] ?? assert.fail();
const by = (world: AGateway): string | undefined => status(world).uplink?.current?.name;
const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);
const REPORTED = `${VIA}, report: [ { paths: ["${TEMPERATURE}"], every: change } ]`;
/** What came by Send of what was measured. */
const told = ({ server }: AGateway): readonly unknown[] =>
  server.sends.heard
    .flatMap(({ records }) => records)
    .filter(({ path, value }) => path === TEMPERATURE && Number(value) >= 30)
    .map(({ value }) => value);
const moves = (world: AGateway) =>
  world.lines
    .filter(({ level, message }) => level !== "debug" && /interface/.test(message))
    .map(({ fields: { via = "", reason = "" } }) => `${String(via)}: ${String(reason)}`);

test("the first interface that is up is used, and status says which, since when and why", async (t) => {
  const world = await withTwo(t);
  const { uplink } = status(world);
  assert.deepEqual(uplink, {
    via: ["eth0", "wwan0"],
    current: { name: "eth0", address: ETH0.address, family: 4 },
    for: 5 * SECOND,
    reason: "it is up",
  });
  assert.deepEqual(moves(world), ["eth0: it is up"]);
});

test("an interface goes away: within seconds the server is reached by the next one, and nothing is lost", async (t) => {
  const world = await withTwo(t, REPORTED);
  const { clock } = world;
  const before = await measureValues(world, 2);
  world.addresses = [WWAN0];
  const after = await measureValues(world, 3, 40);
  assert.equal(by(world), "wwan0");
  // Without security the server knows us by our address: another one needs a Register.
  assert.deepEqual(kinds(world), ["register", "register"]);
  await clock.advance(MINUTE);
  assert.deepEqual(told(world), [...before, ...after]);
  assert.deepEqual(moves(world), ["eth0: it is up", "wwan0: eth0 is down"]);
});

test("a cable is pulled and put back with no other there: the registration is what it was", async (t) => {
  const world = await withTwo(t, "via: [eth0]");
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  world.addresses = [];
  server.datagrams.cut.add(ETH0.address);
  const lost = await measureValues(world, 2);
  assert.equal(by(world), undefined);
  assert.match(world.log("101").join("\n"), /warn none of its interfaces is up: the server is waited for until one is/);
  world.addresses = [ETH0];
  server.datagrams.cut.clear();
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.received(TEMPERATURE), lost);
});

test("none is up at the start: it waits, says for which, and registers as soon as one is", async (t) => {
  const world = await withTwo(t, VIA, { prepare: () => {} });
  await world.clock.advance(MINUTE);
  assert.deepEqual(kinds(world), []);
  assert.match(status(world).reason, /none of eth0, wwan0 is up/);
  world.addresses = [WWAN0];
  await world.clock.advance(6 * SECOND);
  assert.deepEqual(kinds(world), ["register"]);
  assert.equal(by(world), "wwan0");
});

test("the server does not answer by an interface that is up: after an Update without an answer the next one is taken", async (t) => {
  const world = await withTwo(t, REPORTED);
  const { server, clock } = world;
  server.datagrams.cut.add(ETH0.address);
  const values = await measureValues(world, 30);
  assert.equal(by(world), "wwan0");
  assert.match(moves(world).at(-1) ?? "", /^wwan0: the server does not answer through eth0$/);
  await clock.advance(MINUTE);
  assert.deepEqual(told(world), values);
});

test("an earlier interface is gone back to after the hold-down, once the server answers there", async (t) => {
  const world = await withTwo(t, "via: [eth0, wwan0], hold_down: 10m");
  const { server, clock } = world;
  server.datagrams.cut.add(ETH0.address);
  world.addresses = [WWAN0];
  await clock.advance(MINUTE);
  world.addresses = [ETH0, WWAN0];
  await clock.advance(9 * MINUTE);
  assert.equal(by(world), "wwan0");
  await clock.advance(30 * MINUTE);
  assert.equal(by(world), "wwan0", "it is up, but the server does not answer there");
  server.datagrams.cut.clear();
  await clock.advance(HOUR);
  assert.equal(by(world), "eth0");
  assert.match(moves(world).at(-1) ?? "", /^eth0: eth0 is up for 10m, and the server answers there$/);
});

test("an interface that comes and goes moves nobody to and fro", async (t) => {
  const world = await withTwo(t);
  const { clock } = world;
  world.addresses = [WWAN0];
  await clock.advance(10 * SECOND);
  for (let i = 0; i < 10; i++) {
    world.addresses = [ETH0, WWAN0];
    await clock.advance(4 * MINUTE);
    world.addresses = [WWAN0];
    await clock.advance(MINUTE);
  }
  assert.equal(moves(world).length, 2);
});

test("a server that answers no pings is gone back to with the next Update, and left again where that has no answer", async (t) => {
  const world = await withTwo(t, "via: [eth0, wwan0], lifetime: 5m");
  const { server, clock } = world;
  server.datagrams.answersPings = false;
  world.addresses = [WWAN0];
  server.datagrams.cut.add(ETH0.address);
  await clock.advance(MINUTE);
  world.addresses = [ETH0, WWAN0];
  await clock.advance(15 * MINUTE);
  assert.deepEqual(moves(world).slice(1, 4), [
    "wwan0: eth0 is down",
    "eth0: eth0 is up for 5m, and is tried again",
    "wwan0: the server does not answer through eth0",
  ]);
  server.datagrams.cut.clear();
  await clock.advance(2 * HOUR);
  assert.equal(by(world), "eth0");
});

test("a server that answers nowhere is looked for everywhere, and the log says so once", async (t) => {
  const world = await withTwo(t);
  const { server, clock } = world;
  server.wire.cut = true;
  await clock.advance(2 * HOUR);
  const said = world.log("101").filter((line) => /interface/.test(line));
  assert.ok(said.length <= 4, said.join("\n"));
  assert.match(said.join("\n"), /warn the server answers through none of its interfaces/);
  server.wire.cut = false;
  await clock.advance(10 * MINUTE);
  assert.equal(status(world).state, "registered");
});

test("an interface gets another address: the server hears of it at once", async (t) => {
  const world = await withTwo(t);
  world.addresses = [{ ...ETH0, address: "192.0.2.77" }, WWAN0];
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.equal(status(world).uplink?.current?.address, "192.0.2.77");
});

test("in layout clients every registration moves, and the bytes of all are counted together", async (t) => {
  const world = await withTwo(t, `${VIA}, layout: clients`);
  const ends = world.endsOf(101);
  const registered = (): number => ends.heard.filter(({ type }) => type === "register").length;
  assert.equal(registered(), 2, "the gateway and its one device");
  const before = status(world).traffic?.find(({ name }) => name === "eth0")?.month.sent ?? 0;
  assert.ok(before > 0);
  world.addresses = [WWAN0];
  await world.clock.advance(10 * SECOND);
  assert.equal(registered(), 4);
  const [eth0, wwan0] = status(world).traffic ?? [];
  assert.equal(eth0?.month.sent, before);
  assert.ok((wwan0?.month.sent ?? 0) > 200);
});

test("over DTLS with a Connection ID another interface takes an Update, and no new handshake", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const world = await withTwo(t, VIA, { scheme: "coaps", run: 0 });
  const { server, clock } = world;
  server.dtls.givesIds = true;
  await clock.advance(5 * SECOND);
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 2);
  world.addresses = [WWAN0];
  server.dtls.cut.add(ETH0.address);
  const after = await measureValues(world, 3, 40);
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.equal(server.dtls.handshakes.length, 1);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
});

test("over DTLS without one the session is taken up again by the other interface", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const world = await withTwo(t, VIA, { scheme: "coaps" });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 2);
  world.addresses = [WWAN0];
  const after = await measureValues(world, 3, 40);
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(
    server.dtls.handshakes.map(({ resumed }) => resumed),
    [false, true],
  );
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
});
