/** What one server may change: the word of the operator, above what servers grant each other by object 2. In own paths. */
import { type Millis, SECOND } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { formatDuration } from "../../duration.ts";
import { Lwm2mError } from "../../errors.ts";
import { type Path, type PathParts, pathParts } from "../../lwm2m/path.ts";
import { meansIds, meansPrefix, type PathPattern } from "../../lwm2m/path-pattern.ts";
import { notDone } from "../../lwm2m/refusals.ts";
import type { Act } from "../../lwm2m/tree.ts";
import { RIGHT } from "../access-control/rights.ts";

export interface WritePolicy {
  /** Short Server ID. */
  readonly server: number;
  /** Its instance of object 1, which is its own whatever the rest says. */
  readonly account: number;
  readonly write: "none" | "listed" | "all";
  /** With `listed`: what that is. */
  readonly writable: readonly PathPattern[];
  /** Of each device, and of the gateway itself; absent: as often as it likes. */
  readonly limit?: WriteLimit;
}

export interface WriteLimit {
  /** Values written, resources executed, instances made and removed. */
  readonly writes: number;
  readonly per: Millis;
}

/** Whether all that is at the path and below may be changed. */
export function mayChange(policy: WritePolicy, path: Path): boolean {
  const { write, writable } = policy;
  if (write === "all") return true;
  const parts = pathParts(path);
  return isOwn(policy, parts) || writable.some((pattern) => isOf(pattern, parts) && meansIds(pattern, parts));
}

/** Whether anything at the path or below may be changed. */
export function mayChangeWithin(policy: WritePolicy, path: Path): boolean {
  const parts = pathParts(path);
  if (mayChange(policy, path) || isAboveOwn(policy, parts)) return true;
  const depth = idsOf(parts).length;
  return policy.writable.some(
    (pattern) => isOf(pattern, parts) && meansIds({ ids: pattern.ids.slice(0, depth) }, parts),
  );
}

/** What it may do at most with an object instance, or with an object whose instances servers make, in the bits of object 2. */
export function rightsBy(policy: WritePolicy, target: Path): number {
  const some = mayChangeWithin(policy, target) ? RIGHT.write | RIGHT.execute | RIGHT.create : 0;
  return RIGHT.read | some | (mayChange(policy, target) ? RIGHT.delete : 0);
}

/** Its account and, under the eye of the owner of each, the rights: they are not the operator's concern. */
export function isOwn({ account }: WritePolicy, { prefix, object, instance }: PathParts): boolean {
  return prefix === "" && ((object === SERVER && instance === account) || object === ACCESS_CONTROL);
}

/** 4.01 (Transport 1.2 §6.4: no access right). */
export function forbidden({ server, write }: WritePolicy, path: Path, act: Act): Lwm2mError {
  const why = write === "listed" ? "that is not under access.writable" : "access.write is none";
  return new Lwm2mError(
    CODE.unauthorized,
    (as) => `server ${server} may not ${act} ${as(path)}: in the gateway's configuration ${why}`,
  );
}

/**
 * What is too much for now is 5.00: no other code of that kind is an answer to every server. What will be too much at any time
 * is 4.01.
 */
export function tooOften({ server, limit }: WritePolicy, prefix: string, wait: Millis): Lwm2mError {
  const { writes = 0, per = 0 } = limit ?? {};
  const where = prefix === "" ? "the gateway itself" : `/${prefix}`;
  const allowed = `server ${server} may change ${where} ${writes} times in ${formatDuration(per)} (access.limit)`;
  if (wait === Number.POSITIVE_INFINITY) {
    return new Lwm2mError(CODE.unauthorized, `${allowed}: these are more at once`);
  }
  return notDone(`${allowed}: nothing is changed; try again in ${Math.max(1, Math.ceil(wait / SECOND))} s`);
}

const SERVER = 1;
const ACCESS_CONTROL = 2;

function isAboveOwn({ account }: WritePolicy, { prefix, object, instance = account }: PathParts): boolean {
  return prefix === "" && (object === undefined || (object === SERVER && instance === account));
}

function isOf(pattern: PathPattern, { prefix }: PathParts): boolean {
  return meansPrefix(pattern, prefix);
}

function idsOf({ object, instance, resource, resourceInstance }: PathParts): readonly number[] {
  return [object, instance, resource, resourceInstance].filter((id) => id !== undefined);
}
