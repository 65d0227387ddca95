import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, reasonOf, systemCode } from "../errors.ts";
import { currentRecord } from "./read-record.ts";

/** Ten thousand devices need less; what is larger is another file, and would hold up everything while it is read. */
const MOST_MEGABYTES = 4;

/** The text of a file. Rejects with ConfigError where it cannot be read, is too large or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  const record = currentRecord();
  record?.note(file, undefined);
  try {
    const bytes = await textBytes(file);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // With the mark of byte order where it has one: the file as it is.
    record?.note(file, bytes.toString());
    return text;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The same of a file with secrets: nobody records what stands there. */
export async function readSecretText(file: string): Promise<string> {
  currentRecord()?.noteSecret(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await bytesOf(file));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The bytes of a key or a certificate. Rejects with ConfigError where it cannot be read or is too large. */
export async function readBytes(file: string): Promise<Uint8Array> {
  currentRecord()?.noteSecret(file);
  try {
    return await bytesOf(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG213", message: `cannot read ${file}: ${reason(error)}` }], {
    cause: error,
  });
}

/** The same of a file with a private key, which others must not read. */
export async function readPrivateKey(file: string): Promise<Uint8Array> {
  const exposure = await exposureOf(file).catch((error: unknown) => {
    // Whether it is there at all, reading tells.
    if (systemCode(error) === undefined) throw error;
    return undefined;
  });
  if (exposure !== undefined) throw new ConfigError([{ severity: "error", code: "LG214", message: exposure }]);
  return readBytes(file);
}

/** Why nothing secret is taken from that file, as a sentence; undefined: it may. Rejects where there is no such file. */
export async function exposureOf(file: string): Promise<string | undefined> {
  currentRecord()?.noteSecret(file);
  const { mode } = await stat(file);
  if ((mode & EXPOSED) === 0) return undefined;
  const found = (mode & 0o777).toString(8).padStart(4, "0");
  const others = (mode & OTHERS_READ) === 0 ? "change" : "read";
  return `others may ${others} ${file} (mode ${found}), so nothing of it is taken: chmod 600 ${file}`;
}

/** Its group may read it (0640), as where root gives keys to a service. */
const EXPOSED = 0o026;
const OTHERS_READ = 0o004;

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

async function textBytes(file: string): Promise<Buffer> {
  const instead = currentRecord()?.instead(file);
  if (instead === undefined) return bytesOf(file);
  if (instead.text === undefined) throw Object.assign(new Error("there is no such file"), { code: "ENOENT" });
  return Buffer.from(instead.text);
}

async function bytesOf(file: string): Promise<Buffer> {
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
  const found = await namesIn(directory);
  const names = currentRecord()?.names(directory, found) ?? found;
  return names.filter((name) => name.endsWith(ending) && !name.startsWith(".")).sort();
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return [];
    const message = `cannot read the directory ${directory}: ${reason(error)}`;
    throw new ConfigError([{ severity: "error", code: "LG213", message }], { cause: error });
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
