import assert from "node:assert/strict";
import { test } from "node:test";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";

const DEVICE = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const SECOND_DEVICE = "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }";

const kinds = ({ servers }: AGateway, from = 0): string[][] =>
  servers.map(({ registrations }) => registrations.heard.slice(from).map(({ type }) => type));

test("a device that comes is told by an Update, and by a Register to a server that looks only then", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "reregister_on_change: true"] });
  const [, other] = world.servers;
  assert.ok(other !== undefined);
  await other.observe(TEMPERATURE);
  world.configure([DEVICE, SECOND_DEVICE]);
  assert.ok(await world.reload());
  assert.deepEqual(kinds(world, 1), [["update"], ["register"]]);
  const objects = world.servers.map(({ registrations }) => registrations.heard[1]?.objects ?? "");
  for (const list of objects) assert.match(list, /<\/25\/0>,<\/25\/1>$/);
  const [one, two] = world.gateway.status().servers;
  assert.deepEqual([one?.state, two?.state, two?.observations], ["registered", "registered", []]);
  assert.equal((await other.read("/25/1/1")).text, "meter-2");
});
