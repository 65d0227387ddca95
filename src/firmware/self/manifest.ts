/** What an artefact says of itself: a version of this program for one processor, and each of its files. */

/** The schemas of gateway.db and history.db that a version knows. */
export interface StateSchemas {
  readonly gateway: number;
  readonly history: number;
}

export interface ManifestFile {
  /** From the folder of the version, e.g. "dist/src/main.js". */
  readonly path: string;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
  readonly executable: boolean;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** As Node calls processors. */
  readonly arch: string;
  readonly state: StateSchemas;
  /** In the order of the body. */
  readonly files: readonly ManifestFile[];
}

/** What an artefact must be to be taken at all. */
export const PROGRAM_NAME = "lwm2m-gateway";
/** What is started. */
export const MAIN = "dist/src/main.js";
/** Its own Node, where it brings one. */
export const NODE = "bin/node";
/** In the folder of a version: the head of its artefact, by which it is checked at each start. */
export const HEAD_FILE = ".artefact";

export type ArtefactErrorKind =
  /** Cut off, altered, or no artefact at all. */
  | "damaged"
  /** Signed by nobody whose key is pinned. */
  | "untrusted"
  /** For another processor, another program, or in a format of later. */
  | "unsuitable"
  /** The state was written by a later version than this one. */
  | "older"
  /** The disk has no room for it, or refuses. */
  | "disk";

/** Why an artefact is not taken, as a sentence. */
export class ArtefactError extends Error {
  readonly kind: ArtefactErrorKind;

  constructor(kind: ArtefactErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArtefactError";
    this.kind = kind;
  }
}

const FORMAT = 1;
/** A version has some three thousand files, of some 150 MB. */
const MOST_FILES = 20_000;
const MOST_BYTES = 2 ** 30;
const LONGEST_PATH = 400;
const LONGEST_NAME = 200;
const LONGEST_TOLD = 60;
/** It becomes the name of a folder. */
const VERSION = /^\d[A-Za-z0-9.+~]{0,99}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Reads what was signed; whoever signed it may have erred all the same. Throws ArtefactError. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parsed(bytes);
  if (!isRecord(value)) throw damaged("the manifest is no object");
  const { format, name, version, arch, state, files } = value;
  if (format !== FORMAT) throw new ArtefactError("unsuitable", `its format is ${told(format)}; expected ${FORMAT}`);
  if (name !== PROGRAM_NAME) {
    throw new ArtefactError("unsuitable", `it is of ${told(name)}; expected ${PROGRAM_NAME}`);
  }
  if (typeof version !== "string" || !VERSION.test(version)) throw damaged("the manifest has no version, e.g. 1.2.0");
  if (typeof arch !== "string" || !/^[a-z0-9]{1,20}$/.test(arch)) throw damaged("the manifest has no processor");
  return { name, version, arch, state: schemasOf(state), files: filesOf(files) };
}

function told(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, LONGEST_TOLD);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ArtefactError("damaged", "the manifest is no JSON in UTF-8", { cause: error });
  }
}

function schemasOf(state: unknown): StateSchemas {
  const { gateway, history } = isRecord(state) ? state : {};
  if (isCount(gateway) && isCount(history)) return { gateway, history };
  throw damaged("the manifest does not say which state it knows");
}

function filesOf(value: unknown): readonly ManifestFile[] {
  if (!Array.isArray(value)) throw damaged("the manifest has no files");
  if (value.length > MOST_FILES) throw damaged(`more than ${MOST_FILES} files`);
  const files = value.map(fileOf);
  let total = 0;
  for (const { size } of files) total += size;
  if (total > MOST_BYTES) throw damaged(`more than ${MOST_BYTES} bytes when unpacked`);
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) throw damaged("a file stands twice in the manifest");
  for (const path of paths) {
    const inside = foldersOf(path).find((folder) => paths.has(folder));
    if (inside !== undefined) throw damaged(`${inside} is a file and a folder`);
  }
  for (const needed of [MAIN, "package.json"]) if (!paths.has(needed)) throw damaged(`there is no ${needed} in it`);
  return files;
}

function fileOf(value: unknown): ManifestFile {
  if (!isRecord(value)) throw damaged("a file of the manifest is no object");
  const { path, size, sha256, executable = false } = value;
  if (typeof path !== "string" || !isInside(path)) throw damaged(`a file with the path ${told(path)}`);
  if (!isCount(size)) throw damaged(`${path} has no size`);
  if (typeof sha256 !== "string" || !SHA256.test(sha256)) throw damaged(`${path} has no SHA-256`);
  if (typeof executable !== "boolean") throw damaged(`${path}: executable is true or false`);
  return { path, size, sha256, executable };
}

/** Whether it stays in the folder of its version, whatever it is joined to, and is not what we put there. */
function isInside(path: string): boolean {
  if (path.length > LONGEST_PATH || path === HEAD_FILE || !/^[\x20-\x7e]+$/.test(path) || path.includes("\\"))
    return false;
  return path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && name.length <= LONGEST_NAME);
}

/** "a/b/c" lies in "a" and "a/b". */
export function foldersOf(path: string): readonly string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function damaged(message: string): ArtefactError {
  return new ArtefactError("damaged", message);
}
