/** The configurations that ran, as they were: ten in the state directory, one file each, for `rollback`. */
import { lchown, link, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { UnixMillis } from "../../clock.ts";
import { systemCode } from "../../errors.ts";

/** In the state directory. */
export const CONFIGURATIONS = "configurations";
const MOST_KEPT = 10;

/** A file of a configuration, as it was. Keys, certificates and secrets.yaml are none: they stay where they are. */
export interface KeptFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Its rights, e.g. 0o644. */
  readonly mode: number;
}

export interface Configuration {
  readonly time: UnixMillis;
  /** Why it was kept: "start", "SIGHUP", "reload", "before rollback to 3". */
  readonly by: string;
  /** Absolute path of config.yaml. */
  readonly config: string;
  /** Whether it ran; else it was on the disk when somebody went back to another. */
  readonly taken: boolean;
  /** For a person: "14 devices, 1 added". */
  readonly summary: string;
  readonly files: readonly KeptFile[];
}

export interface KeptConfiguration extends Configuration {
  readonly number: number;
}

export class KeptConfigurations {
  readonly directory: string;

  /** `state`: the state directory. */
  constructor(state: string) {
    this.directory = join(state, CONFIGURATIONS);
  }

  /** The oldest first. What cannot be read is left out: it was damaged, or is of another version. */
  async list(): Promise<readonly KeptConfiguration[]> {
    const all = await Promise.all((await this.numbers()).map((number) => this.read(number)));
    return all.filter((one) => one !== undefined);
  }

  /** Undefined where there is none of this number, or none that can be read. */
  async read(number: number): Promise<KeptConfiguration | undefined> {
    try {
      const kept: unknown = JSON.parse(await readFile(this.fileOf(number), "utf8"));
      return isConfiguration(kept) ? { ...kept, number } : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Unless it is the same as the newest. Resolves to its number once it is on the disk. Rejects with the system's error. */
  async keep(configuration: Configuration): Promise<number> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    // Root follows no link that the user of the gateway may have made.
    if (!(await lstat(this.directory)).isDirectory()) throw new Error(`${this.directory} is no directory`);
    const numbers = await this.numbers();
    const last = numbers.at(-1) ?? 0;
    const newest = last === 0 ? undefined : await this.read(last);
    if (newest !== undefined && sameFiles(newest.files, configuration.files) && newest.taken === configuration.taken)
      return last;
    const number = await this.write(last + 1, configuration);
    for (const old of [...numbers, number].slice(0, -MOST_KEPT)) await rm(this.fileOf(old), { force: true });
    return number;
  }

  /** Complete or not there at all, whenever the power fails; a number that somebody took meanwhile is left to him. */
  private async write(first: number, configuration: Configuration): Promise<number> {
    const draft = join(this.directory, `.${process.pid}.draft`);
    // Root keeps it for the user of the gateway.
    const owner = await stat(join(this.directory, ".."));
    await lchown(this.directory, owner.uid, owner.gid).catch(() => {});
    await writeDurably(draft, JSON.stringify({ format: FORMAT, ...configuration }), { mode: 0o600, owner });
    let number = first;
    while (!(await placed(draft, this.fileOf(number)))) number++;
    await rm(draft, { force: true });
    await syncDirectory(this.directory);
    return number;
  }

  private async numbers(): Promise<readonly number[]> {
    try {
      const names = await readdir(this.directory);
      return names
        .flatMap((name) => {
          const [, number] = /^([0-9]{4,9})\.json$/.exec(name) ?? [];
          return number === undefined ? [] : [Number(number)];
        })
        .sort((a, b) => a - b);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  private fileOf(number: number): string {
    return join(this.directory, `${String(number).padStart(4, "0")}.json`);
  }
}

const FORMAT = 1;

/** Whether the draft has that name now: false where somebody else has it. */
async function placed(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    // A file system without links.
    await rename(draft, file);
  }
  return true;
}

export interface Ownership {
  readonly mode: number;
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** A new file, on the disk; what had this name goes. Only root gives it to another owner. */
export async function writeDurably(file: string, text: string, { mode, owner }: Ownership): Promise<void> {
  await rm(file, { force: true });
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.chown(owner.uid, owner.gid).catch(() => {});
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What was renamed or removed in it is so after a power cut, too. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sameFiles(a: readonly KeptFile[], b: readonly KeptFile[]): boolean {
  const texts = new Map(a.map(({ path, text }) => [path, text]));
  return a.length === b.length && b.every(({ path, text }) => texts.get(path) === text);
}

function isConfiguration(value: unknown): value is Configuration {
  if (!isRecord(value)) return false;
  const { format, time, by, config, summary, taken, files } = value;
  return (
    format === FORMAT &&
    typeof time === "number" &&
    [by, config, summary].every((text) => typeof text === "string") &&
    typeof taken === "boolean" &&
    Array.isArray(files) &&
    files.every(isKeptFile)
  );
}

function isKeptFile(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { path, text, mode } = value;
  return typeof path === "string" && path.startsWith("/") && typeof text === "string" && typeof mode === "number";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
