/** Profile IDs: a name that a server knows for a list of objects, so that a Register need not carry it. Core 1.2 §6.2.1. */
import { CODE } from "../coap/codes.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";

/** What a Register says of our objects. */
export interface ListParts {
  /** Uri-Query arguments: `pid=oma:name`, `pid="oma:name,v:other"`, or none. */
  readonly query: readonly string[];
  readonly withObjects: boolean;
}

/** A server that cannot resolve a profile answers 4.09, one that does not know the parameter 4.00 or 4.02. */
const NOT_UNDERSTOOD: readonly (number | undefined)[] = [CODE.badRequest, CODE.badOption, CODE.conflict];

/** The profile is `beside` the list until the server took both, then goes `alone`; `without` it goes where it was refused. */
export class Profile {
  private readonly ids: readonly string[];
  private form: "beside" | "alone" | "without" = "beside";

  /** As configured: `oma:name`, `v:name` or `suite:hash`; none: every Register carries the list. */
  constructor(ids: readonly string[] = []) {
    this.ids = ids;
  }

  /** Of the next Register in this version. */
  parts(version: Lwm2mVersion): ListParts {
    if (!this.counts(version) || this.form === "without") return { query: [], withObjects: true };
    const ids = this.ids.join(",");
    return { query: [this.ids.length === 1 ? `pid=${ids}` : `pid="${ids}"`], withObjects: this.form === "beside" };
  }

  /** Our objects are others than those that the server has taken with it. */
  forget(): void {
    if (this.form === "alone") this.form = "beside";
  }

  /** A Register of this version was taken. */
  accept(version: Lwm2mVersion): void {
    if (this.counts(version) && this.form === "beside") this.form = "alone";
  }

  /** A Register of this version failed; without code: nothing answered. Returns whether another one must follow at once. */
  fail(version: Lwm2mVersion, code: number | undefined): boolean {
    if (!this.counts(version)) return false;
    const { form } = this;
    const misunderstood = NOT_UNDERSTOOD.includes(code);
    this.form = form === "beside" && misunderstood ? "without" : "beside";
    return form !== "without" && misunderstood;
  }

  private counts(version: Lwm2mVersion): boolean {
    return version === "1.2" && this.ids.length > 0;
  }
}
