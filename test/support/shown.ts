/** What servers of configurations by hand see: rooms with one temperature each. */
import assert from "node:assert/strict";
import type { Body, Shown } from "../../src/gateway/shown/shown.ts";
import { type Showing, shownByConfig } from "../../src/gateway/shown/shown-by-config.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { aPlan, point } from "./device-plan.ts";

export type ShowingServer = Showing["servers"][number];

/** The only server of its configuration, with the defaults of a first one. */
export const SHOWING_SERVER: ShowingServer = {
  ...{ id: 101, uri: "coap://h", version: "auto", layout: "gateway", gatewayObject: "2.0", profileIds: [] },
  access: { devices: ["*"], write: "all", writable: [], audit: true },
};

/** What it sees of so many devices, room-0 and so on. */
export function shownRooms(
  devices: number,
  server: Partial<ShowingServer> = {},
  clients: Showing["clients"] = new Map(),
): Shown {
  const gateway = { endpoint: "gw", storedObjects: [] };
  const plans = Array.from({ length: devices }, (_, i) => aPlan({ "3303/0/5700": point() }, { id: `room-${i}` }));
  const servers = [{ ...SHOWING_SERVER, ...server }];
  const [only] = shownByConfig({ devices: plans, catalogue, clients, gateway, servers });
  return only ?? assert.fail();
}

export function bodyOf({ bodies }: Shown, name: Body["name"]): Body {
  return bodies.find((each) => each.name === name) ?? assert.fail(name);
}
