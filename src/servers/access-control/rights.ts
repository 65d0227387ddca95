/** What servers may do with the gateway's own objects where there is more than one: Core 1.2 §8.1 and E.3, object 2. */
import { MAX_ID } from "../../lwm2m/path.ts";

/** The bits of an access right; read also stands for observing and for attributes. */
export const RIGHT = { read: 1, write: 2, execute: 4, delete: 8, create: 16 } as const;
export const ALL_RIGHTS = 31;
/** Access Control Owner: nobody but a bootstrap, which here is the configuration. */
export const NO_OWNER = MAX_ID;
/** Object Instance ID of what is about an object, and not about an instance. */
export const WHOLE_OBJECT = MAX_ID;
/** In an ACL: whoever is not named. */
export const DEFAULT_SERVER = 0;

/** Who may do what with one object instance, or who may make instances of an object. */
export interface AccessEntry {
  /** Short Server ID, or NO_OWNER. */
  readonly owner: number;
  /** By Short Server ID, or DEFAULT_SERVER. */
  readonly acl: ReadonlyMap<number, number>;
}

/** An owner has every right while it is not named itself; others have their own, else the default, else none. */
export function rightsOf({ owner, acl }: AccessEntry, server: number): number {
  const own = acl.get(server);
  if (own !== undefined) return own;
  return owner === server ? ALL_RIGHTS : (acl.get(DEFAULT_SERVER) ?? 0);
}
