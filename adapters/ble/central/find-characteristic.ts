import { DeviceError } from "../../../src/adapter.ts";
import type { Characteristic, Service } from "../radio/radio.ts";
import type { CharacteristicRef } from "./session-types.ts";

/** A person reads no more of them. */
const MOST_NAMED = 8;

/** Throws DeviceError `rejected` where there is none, or more than one: with what there is instead. */
export function findCharacteristic(services: readonly Service[], ref: CharacteristicRef): Characteristic {
  const all = services.flatMap(({ characteristics }) => characteristics);
  const ofUuid = all.filter(({ uuid }) => uuid === ref.uuid);
  const fitting = ofUuid.filter(({ service }) => ref.service === undefined || service === ref.service);
  const found = ref.index === undefined ? only(fitting, ref) : fitting[ref.index];
  if (found !== undefined) return found;
  throw new DeviceError("rejected", `it has no ${refText(ref)}: ${instead(services, ref, { ofUuid, fitting })}`);
}

/** "2a6e", "180f/2a19", "180f/2a19, index 1" */
export function refText({ service, uuid, index }: CharacteristicRef): string {
  const place = service === undefined ? uuid : `${service}/${uuid}`;
  return index === undefined ? place : `${place}, index ${index}`;
}

function only(fitting: readonly Characteristic[], ref: CharacteristicRef): Characteristic | undefined {
  const [first, ...others] = fitting;
  if (others.length === 0) return first;
  const services = new Set(fitting.map(({ service }) => service));
  const what =
    services.size === fitting.length
      ? `in the services ${list(services)}: say which service`
      : "say which by index, from 0";
  throw new DeviceError("rejected", `it has ${fitting.length} of ${refText(ref)}, ${what}`);
}

function instead(
  services: readonly Service[],
  ref: CharacteristicRef,
  { ofUuid, fitting }: { readonly ofUuid: readonly Characteristic[]; readonly fitting: readonly Characteristic[] },
): string {
  if (fitting.length > 0)
    return `there ${fitting.length === 1 ? "is one" : `are ${fitting.length}`}, and index counts from 0`;
  if (ofUuid.length > 0) return `${ref.uuid} is in ${list(new Set(ofUuid.map(({ service }) => service)))}`;
  const own = services.filter(({ uuid }) => uuid === ref.service);
  if (own.length > 0) {
    return `service ${ref.service} has ${list(own.flatMap(({ characteristics }) => characteristics.map(({ uuid }) => uuid)))}`;
  }
  return `its services are ${list(services.map(({ uuid }) => uuid))}`;
}

function list(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "none";
  const more = all.length - MOST_NAMED;
  return more > 0 ? `${all.slice(0, MOST_NAMED).join(", ")} and ${more} more` : all.join(", ");
}
