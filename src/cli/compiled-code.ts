/** Compiled code is kept from one start to the next: a good part of a start is the types that Node takes away from the sources. */
import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { isAbsolute, join } from "node:path";

/**
 * Has Node keep what it compiles, and take it from there the next time. Never fails. What the user says by NODE_COMPILE_CACHE
 * or NODE_DISABLE_COMPILE_CACHE stands over it: Node itself sees to that.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv, installation: string): void {
  const directory = cacheDirectory(env, installation);
  if (directory !== undefined) enableCompileCache(directory);
}

/**
 * Where: what lies there would run, so it is a directory that belongs to the user of this process and to which not everybody
 * may write. A service has one for such things (systemd.exec(5), CacheDirectory=); else it is among the packages of the
 * installation. Never Node's own choice, which is in /tmp. Undefined where there is none.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv, installation: string): string | undefined {
  const { CACHE_DIRECTORY = "" } = env;
  // Of several directories with colons between them any will do.
  const [given = ""] = CACHE_DIRECTORY.split(":");
  if (given !== "") return isAbsolute(given) ? ownDirectory(given, "compiled") : undefined;
  return ownDirectory(join(installation, "node_modules"), ".cache", "lwm2m-gateway");
}

/** A directory below one that is there, made where it is missing; undefined where one on the way is not our own. */
function ownDirectory(top: string, ...below: readonly string[]): string | undefined {
  let directory = top;
  try {
    if (!isOwn(directory)) return undefined;
    for (const name of below) {
      directory = join(directory, name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (!isOwn(directory)) return undefined;
    }
    return directory;
  } catch {
    // Missing, or on a disk that takes nothing: a start without kept code is only slower.
    return undefined;
  }
}

const WRITABLE_BY_ALL = 0o002;

function isOwn(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  return uid === process.getuid?.() && (mode & WRITABLE_BY_ALL) === 0;
}
