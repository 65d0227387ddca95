import assert from "node:assert/strict";
import { test } from "node:test";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, POINT } from "../support/climate-mapping.ts";

const ROOMS = [1, 2].map(
  (number) =>
    `{ id: room-${number}, mapping: climate, link: bus, unit_id: ${number}, device_id: urn:dev:os:32473-${number} }`,
);
const GATEWAY = "urn:dev:ops:32473-test";
const ROOM_1 = "urn:dev:os:32473-1";
const ROOM_2 = "urn:dev:os:32473-2";

async function rooms(t: Parameters<typeof aGateway>[0], setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, {
    devices: ROOMS,
    mappings: { climate: CLIMATE },
    servers: ["layout: clients"],
    prepare: ({ bus }) => {
      for (const unit of [1, 2])
        bus
          .unit(unit)
          .set(POINT.temperature, 20 + unit)
          .set(POINT.humidity, 40);
    },
    ...setup,
  });
}

test("each device registers by itself, with its own objects at the root, beside the gateway with its inventory", async (t) => {
  const world = await rooms(t);
  assert.deepEqual(world.endsOf(101).endpoints, [GATEWAY, ROOM_1, ROOM_2]);
  const objects = (endpoint: string): string => world.client(endpoint).registrations.heard[0]?.objects ?? "";
  assert.match(objects(GATEWAY), /<\/25\/0>,<\/25\/1>/);
  assert.doesNotMatch(objects(ROOM_1), /<\/25/);
  assert.match(objects(ROOM_1), /<\/1\/0>.*<\/3\/0>.*<\/3303\/0>/);
  assert.equal((await world.server.read("/25/1/0")).code, "2.05");
  assert.equal((await world.server.read("/room-1/3303/0/5700")).code, "4.04");
});
