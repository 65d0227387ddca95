import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, reasonOf, systemCode } from "../errors.ts";

/** Ten thousand devices need less; what is larger is another file, and would hold up everything while it is read. */
const MOST_MEGABYTES = 4;

/** The text of a file. Rejects with ConfigError where it cannot be read, is too large or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await bytesOf(file));
  } catch (error) {
    throw new ConfigError([{ severity: "error", message: `cannot read ${file}: ${reason(error)}` }], { cause: error });
  }
}

/** The names of the files in a directory that end in `.yaml`, in order; none where there is no directory. */
export function listYaml(directory: string): Promise<readonly string[]> {
  return list(directory, ".yaml");
}

/** The same for `.yml`: somebody believes that they are read. */
export function listYml(directory: string): Promise<readonly string[]> {
  return list(directory, ".yml");
}

/** A path in a file of the user, relative to that file's directory. */
export function besides(directory: string, path: string): string {
  return path.startsWith("/") ? path : join(directory, path);
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const most = MOST_MEGABYTES * 1024 * 1024;
  const chunks: Uint8Array[] = [];
  let length = 0;
  // One byte more than allowed tells a file that is too large, even one without an end.
  for await (const chunk of createReadStream(file, { end: most })) {
    chunks.push(chunk);
    length += chunk.length;
  }
  if (length > most) throw new RangeError(`it is larger than ${MOST_MEGABYTES} MB`);
  return Buffer.concat(chunks);
}

async function list(directory: string, ending: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(ending) && !name.startsWith(".")).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return [];
    const message = `cannot read the directory ${directory}: ${reason(error)}`;
    throw new ConfigError([{ severity: "error", message }], { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

function reason(error: unknown): string {
  if (error instanceof TypeError) return "it is not UTF-8 text";
  return REASONS[systemCode(error) ?? ""] ?? reasonOf(error);
}
