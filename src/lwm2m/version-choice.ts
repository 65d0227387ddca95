/** Which version of LwM2M is spoken with one server: Core 1.2 §6.2.1 (4.12), Server object 25. */
import type { Lwm2mVersion } from "./objects/versions.ts";

/** Tried in this order; there is at least one. */
export type Versions = readonly [Lwm2mVersion, ...Lwm2mVersion[]];

const NONE: readonly Lwm2mVersion[] = [];

/** What the server has taken is kept, unless it says by /1/x/25 that it does not speak that any more. */
export class VersionChoice {
  private readonly versions: Versions;
  private readonly supported: () => readonly string[];
  private refused: readonly Lwm2mVersion[] = NONE;
  private kept: Lwm2mVersion | undefined;

  /** `supported` is /1/x/25, e.g. "1.1" or "1.1.1"; empty where nobody wrote it. */
  constructor(versions: Versions, supported: () => readonly string[] = () => []) {
    this.versions = versions;
    this.supported = supported;
  }

  /** For the next Register. */
  get next(): Lwm2mVersion {
    return this.order().find((version) => !this.refused.includes(version)) ?? this.versions[0];
  }

  /** The server does not speak it (4.12). Returns whether another one is left; else all begin anew. */
  refuse(version: Lwm2mVersion): boolean {
    this.refused = [...this.refused, version];
    if (this.versions.some((other) => !this.refused.includes(other))) return true;
    this.refused = NONE;
    return false;
  }

  keep(version: Lwm2mVersion): void {
    this.kept = version;
    this.refused = NONE;
  }

  /** What the server says of itself goes before what we would try. */
  private order(): readonly Lwm2mVersion[] {
    const { kept } = this;
    const told = new Set(this.supported().map((version) => version.split(".").slice(0, 2).join(".")));
    const known = this.versions.filter((version) => told.has(version));
    const first = kept !== undefined && (known.length === 0 || known.includes(kept)) ? [kept] : [];
    return [...first, ...known, ...this.versions];
  }
}
