/** The whole gateway with a budget of bytes: `budget:` of a server. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { endOfMonth } from "../../src/servers/uplink/traffic.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, DIMMER, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { measureValues } from "../support/measured.ts";

const ETH0 = { name: "eth0", address: "192.0.2.10", family: 4 } as const;
const WWAN0 = { name: "wwan0", address: "198.51.100.20", family: 4 } as const;

async function withBudget(t: TestContext, rules: string, keys = "", setup: Setup = {}): Promise<AGateway> {
  const budget = `budget: { month: 100KB, degrade: [ ${rules} ] }${keys}`;
  return aGateway(t, { ...CLIMATE_SETUP, servers: [budget], ...setup });
}

const status = ({ gateway }: AGateway) => gateway.status().servers[0] ?? assert.fail();
const spentLines = (world: AGateway): string[] => world.log("101").filter((line) => /budget/.test(line));

/** The server reads so often that so many percent of the budget are spent. */
async function spend(world: AGateway, percent: number): Promise<void> {
  const { server, clock } = world;
  while ((status(world).budget?.used ?? 0) < percent * 1024) for (let i = 0; i < 8; i++) await server.discover("/3");
  await clock.advance(11 * SECOND);
}

test("every byte is counted with its headers, and status says what it comes to by the end of the month", async (t) => {
  const world = await withBudget(t, "{ at: 90%, reports: hold }");
  await world.clock.advance(2 * HOUR);
  const { traffic = [], budget } = status(world);
  const [{ name, month, sinceStart } = assert.fail()] = traffic;
  assert.equal(name, "");
  assert.deepEqual(month, sinceStart);
  const ours = world.server.packets.filter(({ from }) => from === "gateway").length;
  assert.ok(month.sent > ours * 28 && month.received > 0);
  assert.equal(budget?.used, month.sent + month.received);
  assert.equal(budget?.month, 100 * 1024);
  assert.ok((budget?.projected ?? 0) > 10 * (budget?.used ?? 0));
  assert.equal(budget?.until, endOfMonth(world.clock.wall()));
  assert.deepEqual(budget?.holding, []);
});

test("a floor under pmin: what is observed comes as seldom as the rule says, whatever the server asked for", async (t) => {
  const world = await withBudget(t, "{ at: 20%, pmin: 2m }");
  const { server } = world;
  await server.observe(TEMPERATURE, { pmin: 1 });
  assert.equal((await measureValues(world, 6)).length, server.received(TEMPERATURE).length);
  await spend(world, 20);
  const before = server.received(TEMPERATURE).length;
  await measureValues(world, 36, 50);
  assert.equal(server.received(TEMPERATURE).length - before, 3);
  assert.deepEqual(status(world).budget?.holding, ["from 20% on each value at most every 2m"]);
});

test("a floor under report entries, whatever makes them due", async (t) => {
  const entries = ["every: 10s, name: a", "every: change, name: b", "every: sample, name: c"];
  const report = entries.map((entry) => `{ paths: ["${TEMPERATURE}"], ${entry} }`).join(", ");
  const world = await withBudget(t, "{ at: 40%, pmin: 2m }", `, report: [ ${report} ]`);
  const { server } = world;
  await spend(world, 40);
  const before = server.sends.heard.flatMap(({ records }) => records).length;
  await measureValues(world, 36, 50);
  const told = server.sends.heard.flatMap(({ records }) => records).length - before;
  assert.ok(told >= 6 && told <= 12, `three entries, each at most every two minutes of six: ${told}`);
});

test("what watches a limit is told at once, also where everything else waits on the disk", async (t) => {
  const world = await withBudget(t, "{ at: 20%, pmin: 1h, reports: hold }");
  const { server, clock, meter } = world;
  meter.set(POINT.temperature, 20);
  await server.writeAttributes(TEMPERATURE, "gt=50");
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY);
  await spend(world, 20);
  const before = server.notifications.length;
  meter.set(POINT.humidity, 77);
  meter.set(POINT.temperature, 60);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), [60]);
  assert.deepEqual(
    server.notifications.slice(before).map(({ observed }) => observed),
    [TEMPERATURE],
  );
});

test("all reports are held: registration and answers go on, and with the next month everything arrives, in order, once", async (t) => {
  const world = await withBudget(t, "{ at: 50%, reports: hold }", "", {
    prepare: (made) => {
      made.clock.epoch = endOfMonth(made.clock.epoch) - HOUR;
    },
  });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const first = await measureValues(world, 3);
  await spend(world, 50);
  const held = await measureValues(world, 30, 60);
  assert.deepEqual(server.received(TEMPERATURE), first);
  assert.equal(status(world).reports.waiting, 30);
  assert.equal(status(world).state, "registered");
  assert.equal((await server.write(DIMMER, 40)).code, "2.04");
  assert.equal((await server.read(TEMPERATURE)).values[TEMPERATURE], held.at(-1));
  await clock.advance(endOfMonth(clock.wall()) - clock.wall() + 5 * MINUTE);
  const told = [
    ...server.received(TEMPERATURE),
    ...server.sends.heard.flatMap(({ records }) => records.map((r) => r.value)),
  ];
  assert.deepEqual(told, [...first, ...held]);
  assert.deepEqual(spentLines(world), [
    "warn the month's budget is spent so far that less goes to the server",
    "info the budget allows everything again: what waited is delivered",
  ]);
});

test("history is held: what is new goes on, and what an absence has left on the disk stays there until the month ends", async (t) => {
  const report = `, report: [ { paths: ["${TEMPERATURE}"], every: change } ]`;
  const world = await withBudget(t, "{ at: 30%, history: hold }", report, {
    prepare: (made) => {
      made.clock.epoch = endOfMonth(made.clock.epoch) - 2 * HOUR;
    },
  });
  const { server, clock } = world;
  await spend(world, 30);
  server.sends.heard.length = 0;
  const values = (): readonly unknown[] =>
    server.sends.heard.flatMap(({ records }) => records.map(({ value }) => value));
  server.wire.cut = true;
  const missed = await measureValues(world, 100);
  server.wire.cut = false;
  await clock.advance(5 * MINUTE);
  const live = await measureValues(world, 2, 100);
  const late = missed.slice(0, status(world).reports.waiting);
  assert.ok(late.length > 40 && late.length < 60, `memory holds the newest, the disk ${late.length}`);
  assert.deepEqual(values(), [...missed.slice(late.length), ...live]);
  await clock.advance(2 * HOUR);
  assert.deepEqual(values(), [...missed.slice(late.length), ...live, ...late]);
});

test("what was spent is known over a crash, and a rule that held holds from the start on", async (t) => {
  const world = await withBudget(t, "{ at: 50%, reports: hold }");
  await world.server.observe(TEMPERATURE);
  await spend(world, 50);
  await world.clock.advance(2 * MINUTE);
  const used = status(world).budget?.used ?? 0;
  await world.kill();
  await world.start();
  await world.clock.advance(30 * SECOND);
  assert.ok((status(world).budget?.used ?? 0) >= used);
  await measureValues(world, 3);
  assert.deepEqual(world.server.received(TEMPERATURE), []);
});

test("a budget of one interface holds nothing back while the server is reached by another", async (t) => {
  const keys = "via: [eth0, wwan0], budget: { month: 100KB, via: [wwan0], degrade: [ { at: 10%, reports: hold } ] }";
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    servers: [keys],
    prepare: (made) => {
      made.addresses = [WWAN0];
    },
  });
  const { server, clock } = world;
  await spend(world, 10);
  assert.deepEqual(status(world).budget?.holding, ["from 10% on reports wait on the disk"]);
  world.addresses = [ETH0, WWAN0];
  await clock.advance(20 * MINUTE);
  assert.equal(status(world).uplink?.current?.name, "eth0");
  assert.deepEqual(status(world).budget?.holding, []);
  await server.observe(TEMPERATURE);
  assert.deepEqual(await measureValues(world, 3), server.received(TEMPERATURE));
  const [wwan, eth] = status(world).traffic ?? [];
  assert.deepEqual([wwan?.name, eth?.name], ["wwan0", "eth0"]);
});
