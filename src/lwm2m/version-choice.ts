import type { Lwm2mVersion } from "./objects/versions.ts";

/** Tried in this order; there is at least one. */
export type Versions = readonly [Lwm2mVersion, ...Lwm2mVersion[]];

/** Which version of LwM2M is spoken with one server: what it has taken is kept. */
export class VersionChoice {
  private readonly versions: Versions;
  private index = 0;

  constructor(versions: Versions) {
    this.versions = versions;
  }

  get current(): Lwm2mVersion {
    return this.versions[this.index] ?? this.versions[0];
  }

  /** The server does not speak the current one (4.12): goes to the next; false: all were refused, the first is next. */
  lower(): boolean {
    this.index = (this.index + 1) % this.versions.length;
    return this.index !== 0;
  }
}
