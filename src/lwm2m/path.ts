/** Paths of LwM2M (Core 1.2 §6.1, §7.3) with the prefix of an end device before them (Gateway TS §10). */
declare const path: unique symbol;
/** "/3303/0/5700" on the gateway itself, "/meter-1/3303/0/5700" on a device behind it. Made only in this file. */
export type Path = string & { readonly [path]: true };

export interface PathParts {
  /** "" is the gateway itself. */
  readonly prefix: string;
  readonly object?: number;
  readonly instance?: number;
  readonly resource?: number;
  readonly resourceInstance?: number;
}

/** How many IDs the path of each has: see pathDepth. */
export const LEVEL = { object: 1, instance: 2, resource: 3, resourceInstance: 4 } as const;

/** 65535 is MAX_ID: reserved, never a real ID (Core §6.1). */
export const MAX_ID = 65535;

/** What a prefix may be: one Uri-Path segment that never reads as a number (Gateway TS §10). */
export const PREFIX = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** "/", "/3", "/3303/0", "/meter-1/3303/0/5700", "/meter-1". Throws RangeError where the text is no path. */
export function parsePath(text: string): Path {
  const path = text as Path;
  // Not looked up: a path from outside is a string of its own each time, and a thousand devices are found only in far memory.
  if (path !== lastPath) remember(path, takeApart(path));
  return path;
}

/** The path of Uri-Path segments: `["meter-1", "3303", "0"]`. Throws RangeError as parsePath does. */
export function pathOfSegments(segments: readonly string[]): Path {
  return parsePath(`/${segments.join("/")}`);
}

export function makePath(parts: PathParts): Path {
  let text = parts.prefix === "" ? "" : `/${parts.prefix}`;
  if (parts.object !== undefined) {
    text += `/${parts.object}`;
    if (parts.instance !== undefined) {
      text += `/${parts.instance}`;
      if (parts.resource !== undefined) {
        text += `/${parts.resource}`;
        if (parts.resourceInstance !== undefined) text += `/${parts.resourceInstance}`;
      }
    }
  }
  return (text === "" ? "/" : text) as Path;
}

/** The path of what lies one level below: `childPath("/3303/0", 5700)` is "/3303/0/5700". The caller vouches for the ID. */
export function childPath(parent: Path, id: number): Path {
  return (parent === "/" ? `/${id}` : `${parent}/${id}`) as Path;
}

/** The same paths come again with every poll and every request: to look one up costs a fifth of taking it apart. */
const known = new Map<Path, PathParts>();
/** Some two megabytes. */
const MAX_KNOWN = 16_384;
let lastPath = "/" as Path;
let lastParts: PathParts = { prefix: "" };

export function pathParts(path: Path): PathParts {
  if (path === lastPath) return lastParts;
  let parts = known.get(path);
  if (parts === undefined) {
    parts = takeApart(path);
    if (known.size === MAX_KNOWN) known.clear();
    known.set(path, parts);
  }
  remember(path, parts);
  return parts;
}

/** While one request is served, the same path is taken apart many times. */
function remember(path: Path, parts: PathParts): void {
  lastPath = path;
  lastParts = parts;
}

/** "meter-1" of "/meter-1/3303/0"; "" where the path has no prefix. */
export function prefixOf(path: Path): string {
  if (!isLetter(path.charCodeAt(1))) return "";
  let end = 2;
  while (end < path.length && path.charCodeAt(end) !== SLASH) {
    if (!isPrefixCharacter(path.charCodeAt(end))) return "";
    end++;
  }
  return end - 1 > MAX_PREFIX ? "" : path.slice(1, end);
}

/** "/meter-1/3303/0" of "/3303/0", "/meter-1" of "/". The path has no prefix. */
export function underPrefix(path: Path, prefix: string): Path {
  return (path === "/" ? `/${prefix}` : `/${prefix}${path}`) as Path;
}

/** "/3303/0" of "/meter-1/3303/0", "/" of "/meter-1". The path has a prefix. */
export function withoutPrefix(path: Path): Path {
  const end = path.indexOf("/", 1);
  return (end < 0 ? "/" : path.slice(end)) as Path;
}

/** How many IDs a path has: 0 for "/" and "/meter-1", 1 for an object, … 4 for a resource instance. */
export function pathDepth(path: Path): number {
  if (path === "/") return 0;
  let slashes = 0;
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) === SLASH) slashes++;
  return isLetter(path.charCodeAt(1)) ? slashes - 1 : slashes;
}

/** "/meter-1/3303/0" of "/meter-1/3303/0/5700"; undefined above an object. */
export function parentPath(path: Path): Path | undefined {
  if (pathDepth(path) === 0) return undefined;
  const end = path.lastIndexOf("/");
  return (end === 0 ? "/" : path.slice(0, end)) as Path;
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  if (ancestor === "/") return !isLetter(path.charCodeAt(1));
  if (!path.startsWith(ancestor)) return false;
  return path.length === ancestor.length || path.charCodeAt(ancestor.length) === SLASH;
}

const SLASH = 0x2f;
const ZERO = 0x30;
/** The longest prefix: see PREFIX, which prefixOf follows character by character, since every path comes through it. */
const MAX_PREFIX = 32;

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isPrefixCharacter(code: number): boolean {
  return isLetter(code) || (code >= ZERO && code <= ZERO + 9) || code === 0x5f || code === 0x2d;
}

function takeApart(path: Path): PathParts {
  if (path === "/") return { prefix: "" };
  if (path.charCodeAt(0) !== SLASH) throw new RangeError(`path ${quoted(path)} does not begin with "/"`);
  const prefix = prefixOf(path);
  const start = prefix === "" ? 1 : prefix.length + 2;
  const ids = start > path.length ? [] : parseIds(path, start);
  const object = ids[0];
  const instance = ids[1];
  const resource = ids[2];
  const resourceInstance = ids[3];
  if (object === undefined) return { prefix };
  if (instance === undefined) return { prefix, object };
  if (resource === undefined) return { prefix, object, instance };
  if (resourceInstance === undefined) return { prefix, object, instance, resource };
  return { prefix, object, instance, resource, resourceInstance };
}

/** Every notification and every read comes through here: character by character, no regular expression. */
function parseIds(path: string, start: number): number[] {
  const ids: number[] = [];
  let id = 0;
  let digits = 0;
  for (let i = start; i <= path.length; i++) {
    const code = i === path.length ? SLASH : path.charCodeAt(i);
    if (code === SLASH) {
      ids.push(checkedId(id, digits, path));
      id = 0;
      digits = 0;
    } else if (code >= ZERO && code <= ZERO + 9 && digits < 5 && (digits === 0 || id > 0)) {
      id = id * 10 + code - ZERO;
      digits++;
    } else {
      const end = path.indexOf("/", i);
      const segment = path.slice(i - digits, end < 0 ? path.length : end);
      throw new RangeError(`${quoted(segment)} in path ${quoted(path)} is no ID`);
    }
  }
  if (ids.length > 4) throw new RangeError(`path ${quoted(path)} has more than four IDs`);
  return ids;
}

function checkedId(id: number, digits: number, path: string): number {
  if (digits === 0) throw new RangeError(`"" in path ${quoted(path)} is no ID`);
  if (id >= MAX_ID) throw new RangeError(`ID ${id} in path ${quoted(path)} is above 65534`);
  return id;
}

/** What somebody else wrote may be of any length; a message is read by a person. */
function quoted(text: string): string {
  return `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}"`;
}

const LONGEST_QUOTE = 80;
