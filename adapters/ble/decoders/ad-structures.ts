/**
 * Advertising data: a chain of AD structures (Core Specification, Vol. 3, Part C, 11; what is in each: Core Specification Supplement,
 * Part A), taken apart.
 */
import type { Advertisement } from "../radio/radio.ts";
import { normalUuid } from "../radio/uuid.ts";
import { AD_TYPE, adTypeName } from "./ad-types.ts";
import { hexOf } from "./parts.ts";

/** What of an Advertisement the device itself says. */
export type AdvertisedParts = Pick<Advertisement, "name" | "services" | "serviceData" | "manufacturerData">;

export interface AdvertisingData extends AdvertisedParts {
  /** Bit 1: discoverable; bit 2: no classic Bluetooth. */
  readonly flags?: number | undefined;
  /** In dBm. */
  readonly txPower?: number | undefined;
}

export interface AdStructure {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface ParsedAdvertisingData extends AdvertisingData {
  readonly structures: readonly AdStructure[];
  /** What is wrong with it, each a sentence; what is right was read all the same. */
  readonly problems: readonly string[];
}

/** The advertising data and, behind it, that of the scan response where there is one. Whatever comes, this never throws. */
export function parseAdvertisingData(bytes: Uint8Array): ParsedAdvertisingData {
  // A copy: what slices of a Buffer have in common with it would change with it.
  const { structures, problems } = structuresOf(Uint8Array.from(bytes));
  const parsing = new Parsing(problems);
  for (const structure of structures) parsing.take(structure);
  return { ...parsing.parts(), structures, problems };
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

export type AdvertisedBy = Pick<Advertisement, "address"> & Partial<Omit<Advertisement, keyof AdvertisedParts>>;

function structuresOf(bytes: Uint8Array): { readonly structures: AdStructure[]; readonly problems: string[] } {
  const structures: AdStructure[] = [];
  const problems: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    const type = bytes[at + 1];
    // Early termination: what follows is zero.
    if (length === 0) {
      if (bytes.subarray(at).some((byte) => byte !== 0)) problems.push(`something stands behind its end at byte ${at}`);
      break;
    }
    if (type === undefined || at + 1 + length > bytes.length) {
      problems.push(`the structure at byte ${at} says that it has ${length} bytes; ${bytes.length - at - 1} follow`);
      break;
    }
    structures.push({ type, data: bytes.slice(at + 2, at + 1 + length) });
    at += 1 + length;
  }
  return { structures, problems };
}

class Parsing {
  private flags: number | undefined;
  private txPower: number | undefined;
  private shortenedName: string | undefined;
  private name: string | undefined;
  private readonly services = new Set<string>();
  private readonly serviceData = new Map<string, Uint8Array>();
  private readonly manufacturerData = new Map<number, Uint8Array>();
  private readonly problems: string[];

  constructor(problems: string[]) {
    this.problems = problems;
  }

  parts(): AdvertisingData {
    const { flags, txPower, services, serviceData, manufacturerData } = this;
    const name = this.name ?? this.shortenedName;
    return {
      ...(flags === undefined ? {} : { flags }),
      ...(txPower === undefined ? {} : { txPower }),
      ...(name === undefined ? {} : { name }),
      services: [...services],
      serviceData,
      manufacturerData,
    };
  }

  take(structure: AdStructure): void {
    const { type, data } = structure;
    switch (type) {
      case AD_TYPE.flags:
        if (this.has(structure, 1)) this.flags = data[0];
        return;
      case AD_TYPE.txPower:
        if (this.has(structure, 1)) this.txPower = ((data[0] ?? 0) << 24) >> 24;
        return;
      case AD_TYPE.shortenedName:
        this.shortenedName = textOf(data);
        return;
      case AD_TYPE.name:
        this.name = textOf(data);
        return;
      case AD_TYPE.manufacturer:
        if (this.has(structure, 2)) this.manufacturerData.set((data[0] ?? 0) | ((data[1] ?? 0) << 8), data.slice(2));
        return;
      default:
        this.takeUuids(structure);
    }
  }

  private takeUuids(structure: AdStructure): void {
    const { type, data } = structure;
    const listed = LISTS.get(type);
    if (listed !== undefined) {
      for (let at = 0; at + listed <= data.length; at += listed)
        this.services.add(uuidOf(data.subarray(at, at + listed)));
      if (data.length % listed !== 0) this.problem(structure, `is no list of UUIDs of ${listed} bytes`);
    }
    const belongs = DATA.get(type);
    if (belongs !== undefined && this.has(structure, belongs))
      this.serviceData.set(uuidOf(data.subarray(0, belongs)), data.slice(belongs));
  }

  private has(structure: AdStructure, length: number): boolean {
    if (structure.data.length >= length) return true;
    this.problem(structure, `has ${structure.data.length} bytes; ${length} were expected`);
    return false;
  }

  private problem({ type }: AdStructure, text: string): void {
    this.problems.push(`${adTypeName(type)} ${text}`);
  }
}

/** The bytes of each UUID. */
const LISTS: ReadonlyMap<number, number> = new Map([
  [AD_TYPE.services16, 2],
  [AD_TYPE.allServices16, 2],
  [AD_TYPE.services32, 4],
  [AD_TYPE.allServices32, 4],
  [AD_TYPE.services128, 16],
  [AD_TYPE.allServices128, 16],
]);
const DATA: ReadonlyMap<number, number> = new Map([
  [AD_TYPE.serviceData16, 2],
  [AD_TYPE.serviceData32, 4],
  [AD_TYPE.serviceData128, 16],
]);

const utf8 = new TextDecoder();

/** Some devices end their name as C does. */
function textOf(data: Uint8Array): string {
  return utf8.decode(data).replace(/\0+$/, "");
}

/** On the air the least significant byte comes first. */
function uuidOf(bytes: Uint8Array): string {
  const digits = hexOf(bytes.toReversed());
  return normalUuid(digits) ?? digits;
}
