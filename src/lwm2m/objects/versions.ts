/**
 * Which object versions a version of LwM2M implies, and so which must be announced by `ver`.
 * Core 1.2 §6.2 and §7.2.2 with Table E-1 (1.2.2); the sets of 1.1.1 and 1.0 are those of the earlier enablers.
 */

/** The values of `lwm2m=` that we speak; 1.2 stands for 1.2, 1.2.1 and 1.2.2. */
export type Lwm2mVersion = "1.0" | "1.1" | "1.2";

/** Core objects whose implied version is not 1.0. Every other object, core or not, is implied as 1.0. */
const IMPLIED: Readonly<Record<Lwm2mVersion, ReadonlyMap<number, string>>> = {
  "1.0": new Map(),
  "1.1": new Map([
    [0, "1.1"],
    [1, "1.1"],
    [3, "1.1"],
    [4, "1.2"],
  ]),
  "1.2": new Map([
    [0, "1.2"],
    [1, "1.2"],
    [2, "1.1"],
    [3, "1.2"],
    [4, "1.3"],
    [5, "1.1"],
    [21, "2.0"],
  ]),
};

/** The version that a server assumes for an object without `ver`: object 3 under 1.1 is "1.1", object 3303 always "1.0". */
export function impliedVersion(lwm2m: Lwm2mVersion, object: number): string {
  return IMPLIED[lwm2m].get(object) ?? "1.0";
}

/**
 * Objects that are told to an older server as the version that it knows: what came later is an addition that it does not ask
 * for, while without a definition of a newer version it cannot read any of it.
 */
const TOLD_AS_KNOWN: ReadonlySet<number> = new Set([1]);

/** What `ver` must say of this object, or undefined where the server assumes the right version by itself. */
export function announcedVersion(lwm2m: Lwm2mVersion, object: number, version: string): string | undefined {
  const implied = impliedVersion(lwm2m, object);
  if (version === implied) return undefined;
  return TOLD_AS_KNOWN.has(object) && compareVersions(version, implied) > 0 ? undefined : version;
}

/** Orders "1.9" before "1.10" before "2.0". */
export function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
