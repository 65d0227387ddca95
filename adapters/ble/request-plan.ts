/** For `check`: what a poll of a device costs, and the adapter that all devices of a link share. */
import { type Millis, type PlannedRequest, type PlannedWire, type PointId, SECOND } from "../../src/adapter.ts";
import { nameOfRef } from "./characteristic.ts";
import { type BleOptions, nameOfBackend } from "./options.ts";
import type { BlePoint } from "./points.ts";
import type { BleDevice } from "./section.ts";

/** A device that advertises once a second is found, connected to, and its services are read in about that. */
const CONNECTING: Millis = 2 * SECOND;
/** Two meetings at the usual interval. */
const READING: Millis = 100;

/** The time is that in which nobody else can be connected to; a device that stays connected takes none of it. */
export function plannedRequests(
  { connect }: BleDevice,
  points: ReadonlyMap<PointId, BlePoint>,
): readonly PlannedRequest[] {
  const refs = [...points.values()].flatMap(({ source }) =>
    source.kind === "characteristic" && source.via === "read" ? [nameOfRef(source.ref)] : [],
  );
  const reads = [...new Set(refs)].map((ref): PlannedRequest => ({ text: `read ${ref}`, ...taking(connect, READING) }));
  if (reads.length === 0 || connect !== "poll") return reads;
  return [{ text: "connect", time: CONNECTING }, ...reads];
}

export function plannedWire({ backend }: BleOptions): PlannedWire<BleOptions> {
  const name = nameOfBackend(backend);
  return { key: `ble ${name}`, text: `Bluetooth adapter ${name}`, pause: 0 };
}

function taking(connect: BleDevice["connect"], time: Millis): { readonly time?: Millis } {
  return connect === "poll" ? { time } : {};
}
