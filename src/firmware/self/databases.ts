/** gateway.db and history.db, copied before a version brings them to another schema, and put back. Nobody has them open then. */
import { existsSync, mkdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { copyDurably, moveFile, removeDurably, syncPath } from "./durable.ts";

/** With their logs, which have what is not in them yet; the shared memory of a log is made anew. */
const FILES = ["gateway.db", "gateway.db-wal", "history.db", "history.db-wal"];
const SHARED_MEMORY = ["gateway.db-shm", "history.db-shm"];

/** How long copies of them are. */
export function sizeOfDatabases(directory: string): number {
  return present(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** Replaces what was copied before. Throws an Error of the file system. */
export function copyDatabases(directory: string, copies: string): void {
  rmSync(copies, { recursive: true, force: true });
  mkdirSync(copies, { mode: 0o700 });
  for (const name of present(directory)) copyDurably(join(directory, name), join(copies, name));
  syncPath(copies);
}

/** Out of the way: what was measured meanwhile is in them. May be done again where it broke off. */
export function setDatabasesAside(directory: string, aside: string): void {
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  for (const name of present(directory)) moveFile(join(directory, name), join(aside, name));
  for (const name of SHARED_MEMORY) rmSync(join(directory, name), { force: true });
  syncPath(aside);
  syncPath(directory);
}

/** May be done again where it broke off; takes no room on a disk that may be full. */
export function putDatabasesBack(directory: string, copies: string): void {
  for (const name of present(copies)) moveFile(join(copies, name), join(directory, name));
  syncPath(directory);
  if (existsSync(copies)) syncPath(copies);
}

export function dropCopies(copies: string): void {
  if (existsSync(copies)) removeDurably(copies);
}

/** Bytes that this file system still takes. */
export function freeAt(directory: string): number {
  const { bsize, bavail } = statfsSync(directory);
  return bsize * bavail;
}

function present(directory: string): readonly string[] {
  return FILES.filter((name) => existsSync(join(directory, name)));
}
