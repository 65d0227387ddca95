/** The whole gateway at a server at coaps://, behind a NAT: RFC 7252 §9.1, RFC 9146, Transport 1.2 §6.4.3. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { TYPE } from "../../src/coap/message.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, DIMMER, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { dtlsAddon } from "../support/dtls.ts";
import { measureValues } from "../support/measured.ts";

async function overDtls(t: TestContext, keys = "", setup: Setup = {}): Promise<AGateway | undefined> {
  if (dtlsAddon(t) === undefined) return undefined;
  return aGateway(t, { ...CLIMATE_SETUP, scheme: "coaps", servers: [keys], ...setup });
}

/** At a server that gives Connection IDs. */
async function withId(t: TestContext, keys = ""): Promise<AGateway | undefined> {
  const world = await overDtls(t, keys, { run: 0 });
  if (world === undefined) return undefined;
  world.server.dtls.givesIds = true;
  await world.clock.advance(5 * SECOND);
  return world;
}

const NO_ID = "dtls: { connection_id: off }";

const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);
const standing = ({ gateway }: AGateway) => gateway.status().servers[0];
const resumed = ({ server }: AGateway): boolean[] => server.dtls.handshakes.map((handshake) => handshake.resumed);

/** Empty CONs of the gateway: its Pings. */
const pings = ({ server }: AGateway): number =>
  server.packets.filter(({ from, message: { type, code } }) => from === "gateway" && type === TYPE.con && code === 0)
    .length;

test("it registers with b=U, is read, written and observed as without DTLS, and says how it is secured", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, meter } = world;
  assert.deepEqual(server.registrations.heard[0]?.query.slice(-2), ["lwm2m=1.2", "b=U"]);
  assert.equal((await server.read("/1/0/7")).text, "U");
  assert.equal((await server.read(TEMPERATURE)).values[TEMPERATURE], 21);
  assert.equal((await server.write(DIMMER, 55)).code, "2.04");
  assert.equal(meter.get(POINT.dimmer), 55);
  await server.observe(TEMPERATURE);
  const values = await measureValues(world, 6);
  assert.deepEqual(server.received(TEMPERATURE), values);
  const suite = "PSK_WITH_AES_128_CCM_8";
  const expected = { provider: "openssl", mode: "psk", suite, resumed: false, connectionId: false };
  assert.deepEqual(standing(world)?.security, expected);
  const said = JSON.stringify([world.lines, world.gateway.status()]);
  assert.doesNotMatch(said, /0123456789abcdef|30313233343536/, "no key");
});

test("a NAT forgets it: the session is taken up again, the registration by an Update; all arrives in order, once", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 4);
  server.dtls.remap();
  const after = await measureValues(world, 20, 40);
  await clock.advance(MINUTE);
  assert.deepEqual(resumed(world), [false, true]);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
  assert.equal(standing(world)?.security?.resumed, true);
  assert.equal(standing(world)?.reports.waiting, 0);
});

test("with a Connection ID the same NAT is not even noticed", async (t) => {
  const world = await withId(t);
  if (world === undefined) return;
  const { server } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 4);
  server.dtls.remap();
  const after = await measureValues(world, 12, 40);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
  assert.deepEqual([resumed(world), kinds(world)], [[false], ["register"]]);
  assert.equal(standing(world)?.security?.connectionId, true);
});

test("a server that forgot its associations, with Connection IDs too, is missed by its silence, and found again", async (t) => {
  const world = await withId(t);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 4);
  server.dtls.restart({ keepsSessions: true });
  const after = await measureValues(world, 30, 40);
  await clock.advance(MINUTE);
  assert.deepEqual(resumed(world), [false, true]);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
});

test("a server that knows nothing any more: a new session, a new Register, and what was due comes when it observes again", async (t) => {
  const world = await overDtls(t, `${NO_ID}, mute_send: true`);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 4);
  server.dtls.restart();
  server.registrations.forget();
  const after = await measureValues(world, 9, 40);
  await clock.advance(20 * SECOND);
  assert.deepEqual(resumed(world), [false, false]);
  assert.deepEqual(kinds(world), ["register", "register"], "no Update in a session that is new");
  assert.deepEqual(standing(world)?.observations, []);
  assert.equal((await server.observe(TEMPERATURE)).code, "2.05");
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...after]);
});

test("a server that still has the session and no registration answers the Update by 4.04: it registers", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, clock } = world;
  server.dtls.restart({ keepsSessions: true });
  server.registrations.forget();
  await clock.advance(HOUR);
  assert.deepEqual(kinds(world).slice(0, 3), ["register", "update", "register"]);
  assert.deepEqual(resumed(world), [false, true]);
});

test("a server that closes the association is back at once; one that closes every one is not called again and again", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  await measureValues(world, 3);
  server.dtls.closeAll();
  const values = await measureValues(world, 3, 40);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.received(TEMPERATURE).slice(-3), values);
  server.hold = (answer) => {
    answer();
    clock.at(clock.monotonic() + 5, () => server.dtls.closeAll());
  };
  server.dtls.closeAll();
  const before = server.dtls.handshakes.length;
  await clock.advance(10 * MINUTE);
  const tries = server.dtls.handshakes.length - before;
  assert.ok(tries > 5 && tries < 120, `${tries} handshakes in 10 minutes`);
});

test("while nobody answers it tries again, less and less often, with an Update as long as it may be known", async (t) => {
  const world = await overDtls(t, `${NO_ID}, lifetime: 1h`);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 2);
  server.wire.cut = true;
  const away = await measureValues(world, 45, 40);
  assert.equal(standing(world)?.state, "retrying");
  assert.match(standing(world)?.reason ?? "", /^Update: no DTLS association with server-101 port 5684: no answer/);
  const warnings = world.log("101").filter((line) => line.startsWith("warn"));
  assert.equal(warnings.length, 1, "told once");
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(resumed(world), [false, true]);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...away]);
});

test("a longer absence than the lifetime ends in a Register, of a session that is taken up all the same", async (t) => {
  const world = await overDtls(t, `${NO_ID}, lifetime: 5m`);
  if (world === undefined) return;
  const { server, clock } = world;
  server.wire.cut = true;
  await clock.advance(HOUR);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(kinds(world).slice(0, 2), ["register", "register"]);
  assert.deepEqual(resumed(world), [false, true]);
});

test("another network: the next Update goes over the same session, and the registration stays", async (t) => {
  const world = await overDtls(t, `${NO_ID}, lifetime: 5m`);
  if (world === undefined) return;
  const { server, clock } = world;
  server.dtls.move();
  await clock.advance(5 * MINUTE);
  assert.deepEqual(
    [resumed(world), [...new Set(kinds(world))]],
    [
      [false, true],
      ["register", "update"],
    ],
  );
  assert.equal(kinds(world).filter((kind) => kind === "register").length, 1);
});

test("keep_alive: silence is broken in time, and a server that does not answer is found again at once", async (t) => {
  const world = await overDtls(t, "dtls: { connection_id: off, keep_alive: 25s }, lifetime: 1d");
  if (world === undefined) return;
  const { server, clock } = world;
  await clock.advance(10 * MINUTE);
  assert.ok(pings(world) >= 22 && pings(world) <= 25, `${pings(world)} in 10 minutes`);
  assert.deepEqual(kinds(world), ["register"]);
  server.dtls.remap();
  await clock.advance(3 * MINUTE);
  assert.deepEqual(
    [resumed(world), kinds(world)],
    [
      [false, true],
      ["register", "update"],
    ],
  );
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
});

test("a server that gives a Connection ID is not asked whether it is there", async (t) => {
  const world = await withId(t, "dtls: { keep_alive: 25s }, lifetime: 1d");
  if (world === undefined) return;
  await world.clock.advance(10 * MINUTE);
  assert.equal(pings(world), 0);
});

test("killed and started: the session was the process's own, so that it registers", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  await clock.advance(2 * SECOND);
  await world.kill();
  await world.start();
  await clock.advance(5 * SECOND);
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.deepEqual(resumed(world), [false, false]);
});

test("disabled, it closes the association, and is back in the same session", async (t) => {
  const world = await overDtls(t, NO_ID);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.write("/1/0/5", 60);
  await server.execute("/1/0/4");
  await clock.advance(30 * SECOND);
  assert.equal(standing(world)?.state, "disabled");
  assert.equal(standing(world)?.security, undefined);
  await clock.advance(MINUTE);
  assert.equal(standing(world)?.state, "registered");
  assert.deepEqual(kinds(world), ["register", "deregister", "register"]);
  assert.deepEqual(resumed(world), [false, true]);
});

test("asleep it hears nothing, and what it then sends wakes it, over the same association", async (t) => {
  const world = await overDtls(t, `${NO_ID}, queue_mode: true, awake: 20s`);
  if (world === undefined) return;
  const { server, clock } = world;
  await server.observe(TEMPERATURE, { pmin: 60 });
  await clock.advance(MINUTE);
  void server.read(TEMPERATURE).catch(() => {});
  await clock.advance(30 * SECOND);
  assert.ok((standing(world)?.queueMode?.unheard ?? 0) > 0);
  await measureValues(world, 12);
  assert.ok(server.received(TEMPERATURE).length > 0);
  assert.deepEqual(resumed(world), [false]);
});

test("over a line that loses and doubles, and turns the order round, nothing is lost and nothing comes twice", async (t) => {
  const wire = { seed: 7, loss: 0.1, duplicates: 0.1, delay: [5, 400] as const };
  const world = await overDtls(t, NO_ID, { wire, run: 5 * MINUTE });
  if (world === undefined) return;
  const { server, clock } = world;
  assert.equal((await server.observe(TEMPERATURE)).code, "2.05");
  const values = await measureValues(world, 60, 40);
  await clock.advance(3 * MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), values);
});

test("one server that cannot be reached by DTLS keeps no other waiting", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const servers = [NO_ID, "psk: { identity: nobody, key: !secret psk }"];
  const world = await aGateway(t, { ...CLIMATE_SETUP, scheme: "coaps", servers });
  const [first, second] = world.gateway.status().servers;
  assert.equal(first?.state, "registered");
  assert.equal(second?.state, "retrying");
  assert.match(second?.reason ?? "", /the server does not know our PSK identity/);
  assert.equal((await world.server.read(TEMPERATURE)).code, "2.05");
});
