/** A backup that is opened: everything in it is looked at before anything of it is used. */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { ArchiveError } from "../../archive/archive-error.ts";
import { unlock, WrongPassphrase } from "../../archive/locked.ts";
import type { Source } from "../../archive/zip-directory.ts";
import { sourceOf, ZipReader } from "../../archive/zip-reader.ts";
import { reasonOf } from "../../errors.ts";
import { FailureError } from "../command.ts";
import type { Progress } from "../progress.ts";
import {
  CONFIGURATION,
  CREDENTIALS,
  ELSEWHERE,
  LOCKED,
  MANIFEST,
  type Manifest,
  readManifest,
  STATE,
} from "./manifest.ts";
import { transferred } from "./sizes.ts";

/** A gateway with ten thousand devices has fewer. */
const LIMITS = { files: 20_000, bytes: 8 * 2 ** 30 };
const LOCKED_LIMITS = { files: 20_000, bytes: 256 * 2 ** 20 };
const MOST_LOCKED = 256 * 2 ** 20;

/** A file in it, by its whole name. */
export interface BackedUpFile {
  readonly name: string;
  readonly secret: boolean;
  content(): AsyncIterable<Uint8Array>;
}

export class OpenedBackup {
  readonly manifest: Manifest;
  private readonly zip: ZipReader;
  private readonly file: string;
  private readonly handle: FileHandle;

  private constructor(
    file: string,
    handle: FileHandle,
    parts: { readonly zip: ZipReader; readonly manifest: Manifest },
  ) {
    this.file = file;
    this.handle = handle;
    this.zip = parts.zip;
    this.manifest = parts.manifest;
  }

  /** Rejects with FailureError where it is none, is damaged, or is of a later version. */
  static async open(file: string, progress: Progress): Promise<OpenedBackup> {
    const handle = await open(file).catch((error: unknown) => {
      throw new FailureError(`cannot read ${file}: ${reasonOf(error)}`, { code: "LG612", cause: error });
    });
    try {
      const zip = await ZipReader.open(await fileSource(handle), LIMITS);
      const manifest = await readManifest(zip);
      await verify(zip, manifest, progress);
      return new OpenedBackup(file, handle, { zip, manifest });
    } catch (error) {
      await handle.close();
      throw unsound(file, error);
    }
  }

  /** What needs no passphrase. */
  get open(): readonly BackedUpFile[] {
    const names = this.manifest.contents.map(({ name }) => name).filter((name) => name !== LOCKED);
    return names.map((name) => ({ name, secret: false, content: () => this.zip.content(name) }));
  }

  /** What stands under the passphrase. Rejects with FailureError. */
  async secrets(passphrase: string): Promise<readonly BackedUpFile[]> {
    try {
      const plain = await unlock(await this.zip.bytes(LOCKED, MOST_LOCKED), passphrase);
      const inner = await ZipReader.open(sourceOf(plain), LOCKED_LIMITS);
      const names = [...inner.files.keys()];
      names.forEach(checkPlace);
      return names.map((name) => ({ name, secret: true, content: () => inner.content(name) }));
    } catch (error) {
      if (!(error instanceof WrongPassphrase)) throw unsound(this.file, error);
      throw new FailureError(error.message, { code: "LG613", cause: error });
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function fileSource(handle: FileHandle): Promise<Source> {
  const { size } = await handle.stat();
  return {
    size,
    read: async (offset, length) => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/** Exactly what the manifest lists is there, and every byte of it is right. */
async function verify(zip: ZipReader, { contents }: Manifest, progress: Progress): Promise<void> {
  const all = contents.reduce((sum, { bytes }) => sum + bytes, 0);
  const onBytes = transferred("checked", all, progress);
  const listed = new Set(contents.map(({ name }) => name));
  const surplus = [...zip.files.keys()].find((name) => name !== MANIFEST && !listed.has(name));
  if (surplus !== undefined) throw new ArchiveError(`it has ${surplus}, which its ${MANIFEST} does not list`);
  for (const { name, sha256 } of contents) {
    checkPlace(name);
    const hash = createHash("sha256");
    for await (const piece of zip.content(name)) {
      hash.update(piece);
      onBytes(piece.length);
    }
    if (hash.digest("hex") !== sha256) throw new ArchiveError(`${name} is not what its ${MANIFEST} says`);
  }
}

/** Every file has a place on the machine onto which it is restored. */
function checkPlace(name: string): void {
  const known = [CONFIGURATION, ELSEWHERE, CREDENTIALS, STATE].some((folder) => name.startsWith(folder));
  if (!known && name !== LOCKED) throw new ArchiveError(`it has ${name}, which is no part of a backup`);
}

function unsound(file: string, error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  return new FailureError(`${file} cannot be restored: ${error.message}`, { code: "LG612", cause: error });
}
