/**
 * Advertising data for somebody who looks at it: the chain of AD structures (Core Specification, Vol. 3, Part C, 11; what is in each: Core
 * Specification Supplement, Part A), what they say, and what is wrong with them.
 */
import { type AdvertisingData, readAdvertisingData } from "../radio/advertising-data.ts";
import type { Advertisement } from "../radio/radio.ts";
import { AD_TYPE, adTypeName } from "./ad-types.ts";

export interface AdStructure {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface ParsedAdvertisingData extends AdvertisingData {
  readonly structures: readonly AdStructure[];
  /** Bit 1: discoverable; bit 2: no classic Bluetooth. */
  readonly flags?: number | undefined;
  /** In dBm. */
  readonly txPower?: number | undefined;
  /** What is wrong with it, each a sentence; what is right was read all the same. */
  readonly problems: readonly string[];
}

/** The advertising data and, behind it, that of the scan response where there is one. Whatever comes, this never throws. */
export function parseAdvertisingData(bytes: Uint8Array): ParsedAdvertisingData {
  // A copy: what slices of a Buffer have in common with it would change with it.
  const copy = Uint8Array.from(bytes);
  const { structures, problems } = structuresOf(copy);
  const [flags, txPower] = [AD_TYPE.flags, AD_TYPE.txPower].map(
    (wanted) => structures.findLast(({ type, data }) => type === wanted && data.length > 0)?.data[0],
  );
  const { name, services, serviceData, manufacturerData } = readAdvertisingData(copy);
  return {
    structures,
    ...(flags === undefined ? {} : { flags }),
    ...(txPower === undefined ? {} : { txPower: (txPower << 24) >> 24 }),
    ...(name === undefined ? {} : { name }),
    services,
    serviceData,
    manufacturerData,
    problems: [...problems, ...structures.flatMap((structure) => faultOf(structure) ?? [])],
  };
}

/** The bytes as a radio would hand them over that heard them from `from`. */
export function advertisementOf(bytes: Uint8Array, from: AdvertisedBy): Advertisement {
  const { name, services, serviceData, manufacturerData } = parseAdvertisingData(bytes);
  return {
    connectable: false,
    ...from,
    ...(name === undefined ? {} : { name }),
    services,
    serviceData,
    manufacturerData,
  };
}

export type AdvertisedBy = Pick<Advertisement, "address"> & Partial<Omit<Advertisement, keyof AdvertisingData>>;

function structuresOf(bytes: Uint8Array): Pick<ParsedAdvertisingData, "structures" | "problems"> {
  const structures: AdStructure[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    const type = bytes[at + 1];
    // Early termination: what follows is zero.
    if (length === 0) {
      const isPadding = bytes.subarray(at).every((byte) => byte === 0);
      return { structures, problems: isPadding ? [] : [`something stands behind its end at byte ${at}`] };
    }
    if (type === undefined || at + 1 + length > bytes.length) {
      const follow = bytes.length - at - 1;
      return {
        structures,
        problems: [`the structure at byte ${at} says that it has ${length} bytes; ${follow} follow`],
      };
    }
    structures.push({ type, data: bytes.slice(at + 2, at + 1 + length) });
    at += 1 + length;
  }
  return { structures, problems: [] };
}

/** The bytes of each UUID in a list of them. */
const LISTS: ReadonlyMap<number, number> = new Map([
  [AD_TYPE.services16, 2],
  [AD_TYPE.allServices16, 2],
  [AD_TYPE.services32, 4],
  [AD_TYPE.allServices32, 4],
  [AD_TYPE.services128, 16],
  [AD_TYPE.allServices128, 16],
]);

/** The bytes that a structure has at least. */
const SHORTEST: ReadonlyMap<number, number> = new Map([
  [AD_TYPE.flags, 1],
  [AD_TYPE.txPower, 1],
  [AD_TYPE.manufacturer, 2],
  [AD_TYPE.serviceData16, 2],
  [AD_TYPE.serviceData32, 4],
  [AD_TYPE.serviceData128, 16],
]);

function faultOf({ type, data }: AdStructure): string | undefined {
  const listed = LISTS.get(type);
  if (listed !== undefined && data.length % listed !== 0)
    return `${adTypeName(type)} is no list of UUIDs of ${listed} bytes`;
  const shortest = SHORTEST.get(type) ?? 0;
  return data.length < shortest ? `${adTypeName(type)} has ${data.length} bytes; ${shortest} were expected` : undefined;
}
