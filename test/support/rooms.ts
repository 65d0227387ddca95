/** Two rooms that are clients of their own: layout `clients`, mapping `climate`. */
import type { TestContext } from "node:test";
import { type AGateway, aGateway, type Setup } from "./a-gateway.ts";
import { CLIMATE, POINT } from "./climate-mapping.ts";

/** The entry of a device, with its unit on the bus and what else it says. */
export function room(number: number, more = ""): string {
  return `{ id: room-${number}, mapping: climate, link: bus, unit_id: ${number}, device_id: urn:dev:os:32473-${number}${more} }`;
}

export const GATEWAY = "urn:dev:ops:32473-test";
export const ROOM_1 = "urn:dev:os:32473-1";
export const ROOM_2 = "urn:dev:os:32473-2";

/** The temperatures are 21 and 22, the humidity 40. */
export function rooms(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, {
    devices: [room(1), room(2)],
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
