/**
 * Whether the files of a version are as they were signed, each byte of them. That is done at each start, for some three thousand
 * files: one buffer for all, and of each no more than open, read and close.
 */
import { createHash, hash } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { join, relative } from "node:path";
import { systemCode } from "../../errors.ts";
import { foldersOf, HEAD_FILE, type ManifestFile } from "./manifest.ts";

/** Undefined: they are, and there is no other. Throws an Error of the file system. */
export function faultOfTree(root: string, files: readonly ManifestFile[]): string | undefined {
  const wanted = new Set(files.map(({ path }) => path));
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    const known = entry.isDirectory() ? folders.has(path) : entry.isFile() && (wanted.has(path) || path === HEAD_FILE);
    if (!known) return `${path} is not of it`;
  }
  const buffer = new Uint8Array(PIECE);
  for (const file of files) {
    const found = foundAt(join(root, file.path), file.size, buffer);
    if (found === undefined) return `${file.path} is missing`;
    if (found !== file.sha256) return `${file.path} was altered`;
  }
  return undefined;
}

/** All but a few files fit. */
const PIECE = 2 ** 20;

/** Its SHA-256, in hex; something else where it has another length; undefined: it is not there. */
function foundAt(file: string, size: number, buffer: Uint8Array): string | undefined {
  const descriptor = opened(file);
  if (descriptor === undefined) return undefined;
  try {
    return size < PIECE ? hashOfShort(descriptor, size, buffer) : hashOfLong(descriptor, size, buffer);
  } finally {
    closeSync(descriptor);
  }
}

const OTHER_LENGTH = "another length";

/** There is room for a byte that is too many. */
function hashOfShort(descriptor: number, size: number, buffer: Uint8Array): string {
  const read = readSync(descriptor, buffer, 0, size + 1, null);
  return read === size ? hash("sha256", buffer.subarray(0, size)) : OTHER_LENGTH;
}

function hashOfLong(descriptor: number, size: number, buffer: Uint8Array): string {
  const whole = createHash("sha256");
  for (let left = size; left >= 0; ) {
    const read = readSync(descriptor, buffer, 0, PIECE, null);
    if (read === 0) return left === 0 ? whole.digest("hex") : OTHER_LENGTH;
    whole.update(buffer.subarray(0, read));
    left -= read;
  }
  return OTHER_LENGTH;
}

function opened(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
