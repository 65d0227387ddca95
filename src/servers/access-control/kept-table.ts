/** Object 2 as text that outlives the process. */
import { LEVEL, MAX_ID, type Path, parsePath, pathDepth } from "../../lwm2m/path.ts";
import { type AccessEntry, ALL_RIGHTS } from "./rights.ts";

export interface TableRow {
  /** An own path. */
  readonly target: Path;
  /** Instance of object 2. */
  readonly id?: number;
  /** Absent: as configured. */
  readonly entry?: AccessEntry;
  /** Short Server IDs of the servers that there were then. */
  readonly servers?: readonly number[];
}

/** JSON: `[target, id, owner, [[server, rights], …], [servers]]`, `[target, id]` where all is as configured; id null: none yet. */
export function tableText(rows: readonly TableRow[]): string {
  return JSON.stringify(
    rows.map(({ target, id = null, entry, servers = [] }) =>
      entry === undefined ? [target, id] : [target, id, entry.owner, [...entry.acl], servers],
    ),
  );
}

/** Throws SyntaxError or RangeError where the text is none of `tableText`. */
export function readTable(text: string): readonly TableRow[] {
  const rows = listOf(JSON.parse(text), "rows").map(readRow);
  if (new Set(rows.map(({ target }) => target)).size < rows.length) throw new RangeError("one target stands twice");
  const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (new Set(ids).size < ids.length) throw new RangeError("one instance stands twice");
  return rows;
}

function readRow(row: unknown): TableRow {
  const [path, number, owner, acl, servers] = listOf(row, "a row");
  if (typeof path !== "string") throw new RangeError("a row without target");
  const target = parsePath(path);
  const depth = pathDepth(target);
  if (depth !== LEVEL.object && depth !== LEVEL.instance) throw new RangeError(`${path} is no instance of an object`);
  const id = number === null ? {} : { id: within(number, MAX_ID - 1) };
  if (owner === undefined) return { target, ...id };
  const entries = listOf(acl, "an ACL").map((pair): [number, number] => {
    const [server, rights] = listOf(pair, "rights");
    return [within(server, MAX_ID - 1), within(rights, ALL_RIGHTS)];
  });
  return {
    target,
    ...id,
    entry: { owner: within(owner, MAX_ID), acl: new Map(entries) },
    servers: listOf(servers, "servers").map((server) => within(server, MAX_ID - 1)),
  };
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`expected ${what}, found no list`);
  return value;
}

function within(value: unknown, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`expected a whole number from 0 to ${most}`);
  }
  return value;
}
