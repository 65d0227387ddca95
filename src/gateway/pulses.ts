/** What must go on for the gateway to do its work, beside its event loop: the watchdog is fed when each has moved. */
import { type Clock, type Millis, paused, SECOND } from "../clock.ts";
import type { Devices } from "../devices/devices.ts";
import type { Pulse } from "../service/watchdog.ts";
import { type Store, StoreError } from "../store/store.ts";

export interface Living {
  readonly clock: Clock;
  readonly devices: Pick<Devices, "overdue">;
  readonly store: Pick<Store, "pulse">;
}

/** A busy machine is late by less. */
const LATE: Millis = 5 * SECOND;

export function pulsesOf({ clock, devices, store }: Living): readonly Pulse[] {
  return [
    { name: "the schedule of the devices", moved: () => inTime(clock, devices) },
    { name: "the store", moved: () => answered(store) },
  ];
}

/** Nothing is due, or what was due has had its turn. */
async function inTime(clock: Clock, devices: Living["devices"]): Promise<void> {
  while (devices.overdue() > LATE) await paused(clock, SECOND);
}

/** A store that cannot write says so elsewhere, and does not get better by a new start: its thread goes on. */
async function answered(store: Living["store"]): Promise<void> {
  try {
    await store.pulse();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
