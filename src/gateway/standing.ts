/** How the gateway stands, in five numbers that cost next to nothing: for whoever looks every few seconds. */
import type { Devices } from "../devices/devices.ts";
import type { History } from "../store/store.ts";
import type { North } from "./north.ts";

export interface Standing {
  readonly servers: { readonly registered: number; readonly all: number };
  readonly devices: { readonly online: number; readonly all: number };
  /** Reports that servers do not have yet. */
  readonly waiting: number;
}

export function standingOf(north: North, devices: Devices, history: History): Standing {
  const list = devices.list();
  const waiting = history.observations().reduce((sum, id) => sum + history.waiting(id), 0);
  return {
    servers: north.registrations(),
    devices: { online: list.filter(({ state }) => state === "online").length, all: list.length },
    waiting,
  };
}
