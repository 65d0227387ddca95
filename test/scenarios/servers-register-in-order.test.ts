import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP } from "../support/climate-mapping.ts";

/** When each server heard its first Register, in seconds from the start. */
function firstRegisters({ servers }: AGateway, started: number): (number | undefined)[] {
  return servers.map(({ registrations }) => {
    const first = registrations.heard.find(({ type }) => type === "register");
    return first === undefined ? undefined : Math.round((first.at - started) / SECOND);
  });
}

/** A gateway before it is run: the clock stands at the moment of its start. */
async function started(t: TestContext, servers: readonly string[], prepare: (world: AGateway) => void = () => {}) {
  let start = 0;
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    servers,
    run: 0,
    prepare: (each) => {
      start = each.clock.wall();
      prepare(each);
    },
  });
  return { world, start };
}

test("servers with a priority register one after the other, each after its delay; the others at once", async (t) => {
  const { world, start } = await started(t, [
    "priority: 2, initial_delay: 30s",
    "priority: 1, initial_delay: 10s",
    "",
    "initial_delay: 20s",
  ]);
  await world.clock.advance(SECOND);
  assert.deepEqual(firstRegisters(world, start), [undefined, undefined, 0, undefined]);
  const [first, second] = world.gateway.status().servers;
  assert.deepEqual([first?.state, first?.reason], ["waiting", "server 102 has its turn first (priority)"]);
  assert.deepEqual([second?.state, second?.reason], ["waiting", "the initial delay (/1/x/14)"]);
  await world.clock.advance(MINUTE);
  assert.deepEqual(firstRegisters(world, start), [40, 10, 0, 20]);
});

test("one that fails lets the next go, and goes on trying by itself", async (t) => {
  const { world, start } = await started(t, ["priority: 1", "priority: 2"]);
  const [first] = world.servers;
  assert.ok(first !== undefined);
  first.registrations.refuse.register = CODE.internalServerError;
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(firstRegisters(world, start), [0, 0]);
  first.registrations.refuse.register = undefined;
  await world.clock.advance(15 * SECOND);
  assert.deepEqual(
    world.gateway.status().servers.map(({ state }) => state),
    ["registered", "registered"],
  );
});

test("one that fails and blocks holds up those after it until it is registered", async (t) => {
  const cut = ({ server }: AGateway): void => {
    server.wire.cut = true;
  };
  const { world, start } = await started(t, ["priority: 1, failure_block: true", "priority: 2", ""], cut);
  await world.clock.advance(20 * MINUTE);
  assert.deepEqual(firstRegisters(world, start), [undefined, undefined, 0]);
  const { state, reason } = world.gateway.status().servers[1] ?? assert.fail();
  const expected = "server 101 is not registered, and the others wait (failure_block)";
  assert.deepEqual([state, reason], ["waiting", expected]);
  world.server.wire.cut = false;
  await world.clock.advance(6 * MINUTE);
  assert.deepEqual(
    world.gateway.status().servers.map((server) => server.state),
    ["registered", "registered", "registered"],
  );
});

test("after a restart registrations go on at once, whatever the order; a delay is for the first one", async (t) => {
  const { world } = await started(t, ["priority: 1, initial_delay: 30s", "priority: 2, initial_delay: 30s"]);
  await world.clock.advance(2 * MINUTE);
  await world.kill();
  const heard = world.servers.map(({ registrations }) => registrations.heard.length);
  await world.start();
  await world.clock.advance(5 * SECOND);
  const since = world.servers.map(({ registrations }, i) =>
    registrations.heard.slice(heard[i]).map(({ type }) => type),
  );
  assert.deepEqual(since, [["update"], ["update"]]);
});

test("the Server object shows the order, and lets a server write the delay alone", async (t) => {
  const { world } = await started(t, ["priority: 3, initial_delay: 5s, failure_block: true"]);
  await world.clock.advance(10 * SECOND);
  const { server } = world;
  const { values } = await server.read("/1/0");
  assert.deepEqual([values["/1/0/13"], values["/1/0/14"], values["/1/0/15"]], [3, 5, true]);
  assert.equal((await server.write("/1/0/14", 60)).code, "2.04");
  assert.equal((await server.read("/1/0/14")).text, "60");
  for (const [path, value] of [
    ["/1/0/13", 1],
    ["/1/0/15", false],
  ] as const) {
    assert.equal((await server.write(path, value)).code, "4.05", path);
  }
});

test("in layout clients the devices come after the gateway itself, and both after the server before", async (t) => {
  const { world, start } = await started(t, [
    "priority: 1, initial_delay: 10s",
    "priority: 2, initial_delay: 20s, layout: clients",
  ]);
  const [, second] = world.servers;
  assert.ok(second !== undefined);
  await world.clock.advance(25 * SECOND);
  assert.deepEqual(firstRegisters(world, start), [10, undefined]);
  const { clients = [] } = world.gateway.status().servers[1] ?? {};
  const reason = "the gateway itself has its turn first (priority, initial_delay)";
  assert.deepEqual(
    clients.map((client) => [client.state, client.reason]),
    [["waiting", reason]],
  );
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(firstRegisters(world, start), [10, 30]);
  const { state } = world.gateway.status().servers[1]?.clients?.[0] ?? {};
  assert.equal(state, "registered");
});
