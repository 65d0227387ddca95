/**
 * Files come to where they belong all at once: they are written beside it first, and renamed when all of them are there. What was
 * there before is set aside, never overwritten; where a rename fails, those before it are undone.
 */
import { createWriteStream } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { reasonOf, systemCode } from "../../errors.ts";
import { FailureError } from "../command.ts";

const STAGING = ".restore-";
const ASIDE = "before-restore-";
/** What is there though nobody put it there: of the file system, of us, and a socket without a gateway. */
const NOTHING = new RegExp(`^(?:lost\\+found|admin\\.sock|${STAGING.replace(".", "\\.")}.*|${ASIDE}.*)$`);

export interface StagedFile {
  /** Below the folder. */
  readonly path: string;
  readonly secret: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Names in a folder that a restore would be in the way of; none where it is not there. */
export async function occupants(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !NOTHING.test(name)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw cannot(`cannot read ${folder}`, error);
  }
}

/** A folder that is being filled. */
export class Staging {
  readonly folder: string;
  /** Where the files are until they are placed. */
  readonly path: string;
  private undo: (() => Promise<void>)[] = [];

  private constructor(folder: string, path: string) {
    this.folder = folder;
    this.path = path;
  }

  /** Makes the folder where it is missing. Rejects with FailureError. */
  static async begin(folder: string, mode: number): Promise<Staging> {
    try {
      await mkdir(folder, { recursive: true, mode });
      return new Staging(folder, await mkdtemp(join(folder, STAGING)));
    } catch (error) {
      throw cannot(`cannot write to ${folder}`, error);
    }
  }

  /** Rejects with FailureError where the disk does not take it. */
  async add({ path, secret, content }: StagedFile): Promise<void> {
    const target = join(this.path, path);
    try {
      await mkdir(dirname(target), { recursive: true, mode: secret ? 0o750 : 0o755 });
      await pipeline(content, createWriteStream(target, { flags: "wx", mode: secret ? 0o600 : 0o644, flush: true }));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      throw cannot(`cannot write ${target}`, error);
    }
  }

  /** Gives all of it to whom the folder belongs; a group of its own may read what is secret. */
  async giveToOwner(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(this.folder);
    for (const entry of await readdir(this.path, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      await chown(path, uid, gid);
      if (gid !== 0 && entry.isFile() && (mode & 0o077) === 0) await chmod(path, 0o640);
    }
  }

  /** Moves what is there into a folder beside the new; returns that. */
  async setAside(mark: string): Promise<string | undefined> {
    const names = await occupants(this.folder);
    if (names.length === 0) return undefined;
    const aside = join(this.folder, ASIDE + mark);
    await mkdir(aside, { mode: 0o700 });
    for (const name of names) await this.move(join(this.folder, name), join(aside, name));
    return aside;
  }

  /** `last`: by which whoever looks sees that all is there. */
  async place(last: string): Promise<void> {
    const names = (await readdir(this.path)).toSorted((a, b) => Number(a === last) - Number(b === last));
    for (const name of names) await this.move(join(this.path, name), join(this.folder, name));
    await sync(this.folder);
    await rm(this.path, { recursive: true, force: true });
  }

  /** All is as it was. */
  async takeBack(): Promise<void> {
    for (const back of this.undo.reverse()) await back();
    this.undo = [];
    await rm(this.path, { recursive: true, force: true });
  }

  private async move(from: string, to: string): Promise<void> {
    try {
      await rename(from, to);
    } catch (error) {
      throw cannot(`cannot rename ${from} to ${to}`, error);
    }
    this.undo.push(() => rename(to, from));
  }
}

/** A rename is there after a power cut once its folder is written. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

function cannot(what: string, error: unknown): FailureError {
  return new FailureError(`${what}: ${reasonOf(error)}`, { code: "LG104", cause: error });
}
