/** A kept configuration on the disk again: what that changes, and doing it. */
import { access, constants, lstat, mkdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ReadRecord } from "../../config/read-record.ts";
import { ConfigError, type Problem, systemCode } from "../../errors.ts";
import { readConfig } from "../read-config.ts";
import { filesToKeep, isPackaged } from "./configuration-files.ts";
import { type KeptConfiguration, type KeptFile, syncDirectory, writeDurably } from "./kept-configurations.ts";

export interface PutBack {
  /**
   * Files that stay as they are: they lie outside the folder of config.yaml, and what stands there now does not read them. What is
   * kept is the gateway's own to write, and must not have root write wherever it says.
   */
  readonly foreign: readonly string[];
  /** What differs: `before` is what stands there now, absent where there is no such file; `after` absent: it goes. */
  readonly changes: readonly FileChange[];
  /** What `check` would say of the kept one now. */
  readonly problems: readonly Problem[];
  /** Whether the gateway would run with it. */
  readonly runs: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
  readonly mode: number;
}

/** The files of the configuration as they are now, and whether the gateway would run with them. */
export async function presentFiles(
  configFile: string,
): Promise<{ readonly files: readonly KeptFile[]; readonly runs: boolean }> {
  const record = new ReadRecord();
  const { runs } = await tried(record, configFile);
  return { files: await filesToKeep(record), runs };
}

/**
 * What would be done. Beside what is written, files go that were not there: one more in devices.d, or a mapping that hides a
 * packaged one, would make another configuration of it.
 */
export async function planPutBack(kept: KeptConfiguration, present: readonly KeptFile[]): Promise<PutBack> {
  const folder = dirname(kept.config) + sep;
  const own = new Set(present.map(({ path }) => path));
  const isOwn = ({ path }: KeptFile): boolean => path === resolve(path) && (path.startsWith(folder) || own.has(path));
  const files = kept.files.filter(isOwn);
  const foreign = kept.files.filter((file) => !isOwn(file)).map(({ path }) => path);
  const inPlace = new Map<string, string | undefined>(files.map(({ path, text }) => [path, text]));
  const removed = new Map<string, KeptFile>();
  for (;;) {
    const record = new ReadRecord(inPlace);
    const { runs, problems } = await tried(record, kept.config);
    const surplus = (await filesToKeep(record)).filter(({ path }) => !inPlace.has(path) && path.startsWith(folder));
    for (const file of surplus) {
      removed.set(file.path, file);
      inPlace.set(file.path, undefined);
    }
    if (surplus.length > 0) continue;
    const goes = [...removed.values()].map(({ path, text, mode }) => ({ path, before: text, mode }));
    return { changes: [...(await changesTo(files, present)), ...goes], foreign, problems, runs };
  }
}

/** config.yaml last, then what goes. Rejects with the system's error, before anything is written where that can be known. */
export async function putBack({ changes }: Pick<PutBack, "changes">, config: string): Promise<void> {
  const written = changes.filter(({ after }) => after !== undefined);
  for (const { path } of changes) await mayWrite(path);
  const ordered = [...written.filter(({ path }) => path !== config), ...written.filter(({ path }) => path === config)];
  for (const { path, after = "", mode } of ordered) await replace(path, after, mode);
  for (const { path, after } of changes) if (after === undefined) await rm(path);
}

async function tried(
  record: ReadRecord,
  configFile: string,
): Promise<{ readonly runs: boolean; readonly problems: readonly Problem[] }> {
  try {
    const { problems } = await record.during(() => readConfig(configFile));
    return { runs: true, problems };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { runs: false, problems: error.problems };
  }
}

async function changesTo(kept: readonly KeptFile[], present: readonly KeptFile[]): Promise<readonly FileChange[]> {
  const known = new Map(present.map(({ path, text }) => [path, text]));
  const changes: FileChange[] = [];
  for (const { path, text: after, mode } of kept) {
    const before = known.get(path) ?? (await textOf(path));
    if (isPackaged(path) || before === after) continue;
    changes.push({ path, after, mode, ...(before === undefined ? {} : { before }) });
  }
  return changes;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** The directory must take a new file: each is written beside the old one. */
async function mayWrite(path: string): Promise<void> {
  const target = await realOf(path);
  await mkdir(dirname(target), { recursive: true });
  await access(dirname(target), constants.W_OK);
}

/** By a rename, so that whoever reads finds the old or the new. Whoever owned it still does. */
async function replace(path: string, text: string, mode: number): Promise<void> {
  const target = await realOf(path);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.draft`);
  try {
    const owner = await stat(target).catch(() => stat(dirname(target)));
    await writeDurably(draft, text, { mode: mode & PLAIN, owner });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** No configuration is a program. */
const PLAIN = 0o666;

/** A link to a file elsewhere stays one. */
async function realOf(path: string): Promise<string> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await realpath(path) : path;
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return resolve(path);
  }
}
