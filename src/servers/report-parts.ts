/** What the report entries of a server name of what there is: parts, one for each entry and device. */
import { datedFrom, type UnixMillis } from "../clock.ts";
import { Lwm2mError } from "../errors.ts";
import { type ObservationId, reportId } from "../lwm2m/observation-id.ts";
import { LEVEL, makePath, type Path, pathDepth, pathParts } from "../lwm2m/path.ts";
import { meansIds, meansPrefix, type PathPattern } from "../lwm2m/path-pattern.ts";
import type { ReportEntry } from "../lwm2m/report-entry.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";

/** What one entry reports of one device, or with the prefix "" of the gateway itself. It has a queue of its own. */
export class ReportPart {
  readonly id: ObservationId;
  readonly entry: ReportEntry;
  readonly prefix: string;
  private current: readonly Path[] = [];
  /** What was told last of each path. */
  private readonly told = new Map<Path, Sample>();

  constructor(server: number, entry: ReportEntry, prefix: string) {
    this.id = reportId(server, entry.name, prefix);
    this.entry = entry;
    this.prefix = prefix;
  }

  /** Resources, or the instances of multiple ones, that the server may read; in document order. */
  get leaves(): readonly Path[] {
    return this.current;
  }

  set leaves(leaves: readonly Path[]) {
    this.current = leaves;
    const kept = new Set(leaves);
    for (const path of this.told.keys()) if (!kept.has(path)) this.told.delete(path);
  }

  /** Those among the samples that have not been told. A measurement is told once: who is away is silent, not repeated. */
  news(samples: readonly Sample[]): readonly Sample[] {
    const news = samples.filter((sample) => {
      const before = this.told.get(sample.path);
      return before === undefined || before.time !== sample.time || !sameValue(before.value, sample.value);
    });
    for (const sample of news) this.told.set(sample.path, sample);
    return news;
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    for (const [path, sample] of this.told) this.told.set(path, { ...sample, time: datedFrom(started, sample.time) });
  }
}

export interface PartChange {
  readonly part: ReportPart;
  readonly added: readonly Path[];
  readonly gone: readonly Path[];
}

export class ReportParts {
  private readonly server: number;
  private readonly entries: readonly ReportEntry[];
  private readonly treeOf: TreeOf;
  private readonly known = new Map<string, Known>();

  constructor(server: number, entries: readonly ReportEntry[], treeOf: TreeOf) {
    this.server = server;
    this.entries = entries;
    this.treeOf = treeOf;
  }

  /** Those of an entry, or of all; the gateway's own first, since that is read. */
  *of(entry?: ReportEntry): Iterable<ReportPart> {
    for (const { parts } of this.known.values()) {
      for (const part of parts) if (entry === undefined || part.entry === entry) yield part;
    }
  }

  /** Looks at what there is: under these prefixes, and no other. Returns what is different; one that is empty has ended. */
  look(prefixes: readonly string[]): readonly PartChange[] {
    const there = new Set(prefixes);
    const lost = [...this.known.keys()].filter((prefix) => !there.has(prefix));
    return [...lost, ...prefixes].flatMap((prefix) => this.lookAt(prefix, there.has(prefix)));
  }

  /** The same of one prefix whose tree has become another within itself. */
  lookAgain(prefix: string): readonly PartChange[] {
    const known = this.known.get(prefix);
    if (known !== undefined) known.tree = undefined;
    return this.lookAt(prefix, true);
  }

  private lookAt(prefix: string, there: boolean): readonly PartChange[] {
    const tree = there ? this.treeOf(prefix) : undefined;
    const known = this.known.get(prefix) ?? { tree: undefined, parts: [] };
    // A device that has not changed has the tree of before; of the gateway's own objects 25 follows the devices.
    if (tree !== undefined && tree === known.tree && prefix !== "") return [];
    known.tree = tree;
    const leaves = tree === undefined ? [] : leavesOf(tree);
    const changes = this.entries.flatMap((entry) => {
      const part = known.parts.find((other) => other.entry === entry) ?? new ReportPart(this.server, entry, prefix);
      return adopt(part, tree === undefined ? [] : named(entry.paths, tree, leaves));
    });
    known.parts = this.partsAfter(known.parts, changes);
    if (tree === undefined) this.known.delete(prefix);
    else this.known.set(prefix, known);
    return changes;
  }

  private partsAfter(before: readonly ReportPart[], changes: readonly PartChange[]): readonly ReportPart[] {
    const parts = new Set([...before, ...changes.map(({ part }) => part)]);
    return [...parts].filter(({ leaves }) => leaves.length > 0);
  }
}

interface Known {
  /** The tree that was looked at. */
  tree: ObjectTree | undefined;
  parts: readonly ReportPart[];
}

function adopt(part: ReportPart, leaves: readonly Path[]): readonly PartChange[] {
  const before = new Set(part.leaves);
  const after = new Set(leaves);
  const added = leaves.filter((path) => !before.has(path));
  const gone = part.leaves.filter((path) => !after.has(path));
  part.leaves = leaves;
  return added.length + gone.length === 0 ? [] : [{ part, added, gone }];
}

/** Resources, and of multiple ones their instances. */
function leavesOf(tree: ObjectTree): readonly Path[] {
  const links = tree.discover(makePath({ prefix: tree.prefix }), LEVEL.resourceInstance);
  return links.flatMap(({ path, dimension }) =>
    pathDepth(path) >= LEVEL.resource && dimension === undefined ? [path] : [],
  );
}

function named(patterns: readonly PathPattern[], tree: ObjectTree, leaves: readonly Path[]): readonly Path[] {
  const meant = patterns.filter((pattern) => meansPrefix(pattern, tree.prefix));
  if (meant.length === 0) return [];
  return leaves.filter((path) => {
    const parts = pathParts(path);
    return meant.some((pattern) => meansIds(pattern, parts)) && mayBeRead(tree, path);
  });
}

/** Core 1.2 §6.4.6: Send has nothing that the server could not read. */
function mayBeRead(tree: ObjectTree, path: Path): boolean {
  try {
    tree.check(path, "report");
    return true;
  } catch (error) {
    if (error instanceof Lwm2mError) return false;
    throw error;
  }
}
