/** AD structures: what an advertisement says, as bytes (Core Specification 5.4, Vol. 3, Part C, 11; Supplement, Part A). */
import type { Advertisement } from "../radio/radio.ts";
import { u16 } from "./little-endian.ts";
import { uuidBytes } from "./uuid-bytes.ts";

/** Legacy advertising (Vol. 6, Part B, 2.3.1.1). */
export const LONGEST_ADVERTISING_DATA = 31;

/** AD types of the Assigned Numbers, 2.3. */
const TYPE = {
  flags: 0x01,
  services: { 2: 0x03, 16: 0x07 },
  completeName: 0x09,
  serviceData: { 2: 0x16, 16: 0x21 },
  manufacturerData: 0xff,
} as const;

/** LE General Discoverable, and no BR/EDR. */
const USUAL_FLAGS = 0x06;

export type AdvertisedContent = Partial<
  Pick<Advertisement, "name" | "services" | "serviceData" | "manufacturerData">
> & {
  /** Whether the usual flags are there. */
  readonly flags?: boolean | undefined;
};

/** The structures of a content, each by itself, so that they can be put where there is room. */
export function adStructures(content: AdvertisedContent): readonly Uint8Array[] {
  const { name, services = [], serviceData = new Map(), manufacturerData = new Map() } = content;
  return [
    ...(content.flags === true ? [structure(TYPE.flags, [USUAL_FLAGS])] : []),
    ...serviceLists(services),
    ...[...serviceData].map(([uuid, data]) => {
      const bytes = uuidBytes(uuid);
      return structure(TYPE.serviceData[sizeOf(bytes)], bytes, data);
    }),
    ...[...manufacturerData].map(([company, data]) => structure(TYPE.manufacturerData, u16(company), data)),
    ...(name === undefined ? [] : [structure(TYPE.completeName, Buffer.from(name, "utf8"))]),
  ];
}

/** All of it in one packet. Throws RangeError where it has no room. */
export function advertisingData(content: AdvertisedContent): Uint8Array {
  const data = Buffer.concat(adStructures(content));
  if (data.length <= LONGEST_ADVERTISING_DATA) return data;
  throw new RangeError(`advertising data of ${data.length} bytes: expected at most ${LONGEST_ADVERTISING_DATA}`);
}

function serviceLists(services: readonly string[]): readonly Uint8Array[] {
  const uuids = services.map(uuidBytes);
  return ([2, 16] as const).flatMap((size) => {
    const same = uuids.filter((uuid) => sizeOf(uuid) === size);
    return same.length === 0 ? [] : [structure(TYPE.services[size], ...same)];
  });
}

function sizeOf(uuid: Uint8Array): 2 | 16 {
  return uuid.length === 2 ? 2 : 16;
}

function structure(type: number, ...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const data = parts.flatMap((part) => [...part]);
  return Uint8Array.from([data.length + 1, type, ...data]);
}
