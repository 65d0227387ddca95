/**
 * Composite operations, made of what each tree can do: Core 1.2 §6.3.8 Read-Composite, §6.3.9 Write-Composite. One request may
 * name the gateway and any of its devices (Gateway TS 1.1 §8.3.2).
 */
import { Lwm2mError } from "../errors.ts";
import type { TypeOf } from "../lwm2m/formats/codec.ts";
import type { CompositeRecord } from "../lwm2m/formats/composite.ts";
import { LEVEL, type Path, parentPath, pathDepth, prefixOf } from "../lwm2m/path.ts";
import { notAllowed, notDone } from "../lwm2m/refusals.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Commit, TreeOf } from "../lwm2m/tree.ts";
import { knownTree } from "./known-tree.ts";

/** Devices that are read at the same time: each waits for its own bus, but none of them for a thousand others. */
const READ_AT_ONCE = 32;
/** Devices that an error names: it has to fit one datagram. */
const MOST_NAMED = 5;

/** What can be read of the paths, each value once, device by device. What is missing, unreadable or away is left out. */
export async function readComposite(treeOf: TreeOf, paths: readonly Path[]): Promise<readonly Sample[]> {
  const reads = [...byPrefix(paths, (path) => path)].flatMap(([prefix, own]) => {
    const tree = treeOf(prefix);
    return tree === undefined ? [] : [() => tree.readComposite(own)];
  });
  const samples = (await sideBySide(reads)).flat();
  // A slow device gives others the time to go.
  return samples.filter(({ path }) => treeOf(prefixOf(path)) !== undefined);
}

/**
 * Writes and removes all, or nothing: everything is checked before anything is done. Then one device after the other, and the
 * gateway's own objects last, since they do not fail on the way. Where a device fails after others have confirmed, nobody
 * can take back what they did: 5.00, which says what was written and what was not.
 */
export async function writeComposite(treeOf: TreeOf, records: readonly CompositeRecord[]): Promise<void> {
  await committed([...byPrefix(records, ({ path }) => path)].map(([, own]) => prepared(treeOf, own)));
}

/** What concerns one device, or the gateway itself (""), checked before. */
export interface Share {
  readonly prefix: string;
  readonly commit: Commit;
}

/** One share after the other, as writeComposite does it. */
export async function committed(shares: readonly Share[]): Promise<void> {
  const own = ({ prefix }: Share): number => Number(prefix === "");
  const ordered = [...shares].sort((a, b) => own(a) - own(b));
  for (const [i, { commit }] of ordered.entries()) {
    try {
      await commit();
    } catch (error) {
      throw halfDone(error, ordered.slice(0, i), ordered.slice(i + 1));
    }
  }
}

/** The results, in the order of the tasks, a bounded number of which run at the same time. */
export async function sideBySide<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const waiting = tasks.entries();
  const work = async (): Promise<void> => {
    for (const [i, task] of waiting) results[i] = await task();
  };
  await Promise.all(Array.from({ length: Math.min(READ_AT_ONCE, tasks.length) }, work));
  return results;
}

/** Types wherever there is something; for answers. */
export function typesIn(treeOf: TreeOf): TypeOf {
  return (path) => treeOf(prefixOf(path))?.typeOf(path);
}

/** Types of what a Write-Composite may name; throws Lwm2mError: 4.04, 4.01, and 4.05 for what holds no value. */
export function writableTypesIn(treeOf: TreeOf): TypeOf {
  return (path) => {
    const tree = knownTree(treeOf, path);
    const type = tree.typeOf(path);
    // Whether an instance of a resource can be made its tree knows when it is to write it.
    const isInstance = type?.multiple === true && pathDepth(path) === LEVEL.resourceInstance;
    tree.check(isInstance ? (parentPath(path) ?? path) : path, "write");
    if (type === undefined) throw notAllowed(`${path} holds no value: it cannot be written`);
    return type;
  };
}

/** Of several records for one path the last is done (RFC 8790 §3.2: they apply in order), but each has to be right. */
function prepared(treeOf: TreeOf, records: readonly CompositeRecord[]): Share {
  const last = new Map(records.map((record) => [record.path, record]));
  const [first] = last.keys();
  if (first === undefined) throw new RangeError("a share without a record");
  const tree = knownTree(treeOf, first);
  if (last.size < records.length) tree.prepareWrite(records);
  const standing = records.filter((record) => last.get(record.path) === record);
  return { prefix: tree.prefix, commit: tree.prepareWrite(standing) };
}

/**
 * The device that failed says itself how far it came; of the others all is done, or nothing. A bug stays what it is.
 */
function halfDone(error: unknown, done: readonly Share[], undone: readonly Share[]): unknown {
  if (!(error instanceof Lwm2mError) || done.length + undone.length === 0) return error;
  const written = done.length === 0 ? "" : `; written: all of ${listed(done)}`;
  const unwritten = undone.length === 0 ? "" : `; not written: all of ${listed(undone)}`;
  return notDone(`${error.message}${written}${unwritten}`, { cause: error });
}

function listed(shares: readonly Share[]): string {
  const named = shares.slice(0, MOST_NAMED).map(({ prefix }) => (prefix === "" ? "the gateway itself" : `/${prefix}`));
  const more = shares.length > MOST_NAMED ? ` and ${shares.length - MOST_NAMED} more` : "";
  return `${named.join(", ")}${more}`;
}

/** In the order in which the prefixes are first named. */
export function byPrefix<T>(items: readonly T[], pathOf: (item: T) => Path): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const prefix = prefixOf(pathOf(item));
    const group = groups.get(prefix);
    if (group === undefined) groups.set(prefix, [item]);
    else group.push(item);
  }
  return groups;
}
