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

/** 65535 is MAX_ID: reserved, never a real ID (Core §6.1). */
export const MAX_ID = 65535;

/** What a prefix may be: one Uri-Path segment that never reads as a number (Gateway TS §10). */
export const PREFIX = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** "/", "/3", "/3303/0", "/meter-1/3303/0/5700", "/meter-1". Throws RangeError where the text is no path. */
export function parsePath(text: string): Path {
  pathParts(text as Path);
  return text as Path;
}

/** The path of Uri-Path segments: `["meter-1", "3303", "0"]`. Throws RangeError as parsePath does. */
export function pathOfSegments(segments: readonly string[]): Path {
  return parsePath(`/${segments.join("/")}`);
}

export function makePath(parts: PathParts): Path {
  let text = parts.prefix === "" ? "" : `/${parts.prefix}`;
  for (const id of [parts.object, parts.instance, parts.resource, parts.resourceInstance]) {
    if (id === undefined) break;
    text += `/${id}`;
  }
  return (text === "" ? "/" : text) as Path;
}

export function pathParts(path: Path): PathParts {
  if (path === "/") return { prefix: "" };
  if (!path.startsWith("/")) throw new RangeError(`path "${path}" does not begin with "/"`);
  const segments = path.slice(1).split("/");
  const prefix = PREFIX.test(segments[0] ?? "") ? (segments.shift() ?? "") : "";
  if (segments.length > 4) throw new RangeError(`path "${path}" has more than four IDs`);
  const [object, instance, resource, resourceInstance] = segments.map((segment) => parseId(segment, path));
  return {
    prefix,
    ...(object === undefined ? {} : { object }),
    ...(instance === undefined ? {} : { instance }),
    ...(resource === undefined ? {} : { resource }),
    ...(resourceInstance === undefined ? {} : { resourceInstance }),
  };
}

/** How many IDs a path has: 0 for "/" and "/meter-1", 1 for an object, … 4 for a resource instance. */
export function pathDepth(path: Path): number {
  const { object, instance, resource, resourceInstance } = pathParts(path);
  return [object, instance, resource, resourceInstance].filter((id) => id !== undefined).length;
}

/** "/meter-1/3303/0" of "/meter-1/3303/0/5700"; undefined above an object. */
export function parentPath(path: Path): Path | undefined {
  if (pathDepth(path) === 0) return undefined;
  const end = path.lastIndexOf("/");
  return (end === 0 ? "/" : path.slice(0, end)) as Path;
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  return ancestor === "/" ? pathParts(path).prefix === "" : path === ancestor || path.startsWith(`${ancestor}/`);
}

function parseId(segment: string, path: string): number {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(segment)) throw new RangeError(`"${segment}" in path "${path}" is no ID`);
  const id = Number(segment);
  if (id >= MAX_ID) throw new RangeError(`ID ${id} in path "${path}" is above 65534`);
  return id;
}
