import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, reasonOf, systemCode } from "../errors.ts";

/** The text of a file. Rejects with ConfigError where it cannot be read or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new ConfigError([{ severity: "error", message: `cannot read ${file}: ${reason(error)}` }], { cause: error });
  }
}

/** The names of the files in a directory that end in `.yaml`, in order; none where there is no directory. */
export async function listYaml(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(".yaml") && !name.startsWith(".")).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return [];
    const message = `cannot read the directory ${directory}: ${reason(error)}`;
    throw new ConfigError([{ severity: "error", message }], { cause: error });
  }
}

/** A path in a file of the user, relative to that file's directory. */
export function besides(directory: string, path: string): string {
  return path.startsWith("/") ? path : join(directory, path);
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
