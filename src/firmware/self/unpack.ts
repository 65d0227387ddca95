/** Unpacks an artefact beside the version that runs. It gets its name once all of it is on the disk. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reasonOf, systemCode } from "../../errors.ts";
import { freeAt } from "./databases.ts";
import { syncPath } from "./durable.ts";
import type { ArtefactHead } from "./head.ts";
import { ArtefactError, foldersOf, HEAD_FILE, type ManifestFile } from "./manifest.ts";
import { type FileSink, readBody } from "./read-artefact.ts";
import type { Versions } from "./versions.ts";

/** What is left on the disk for everything else. */
const SPARED = 16 * 2 ** 20;
/** A file takes whole blocks. */
const BLOCK = 4096;

/** How many bytes of the disk a version takes. */
export function roomFor(head: ArtefactHead): number {
  return head.manifest.files.reduce((sum, { size }) => sum + Math.ceil(size / BLOCK) * BLOCK, 0);
}

/** Returns the name of its folder. `besides`: bytes that are needed for something else, too. Rejects with ArtefactError. */
export async function unpack(file: string, head: ArtefactHead, versions: Versions, besides = 0): Promise<string> {
  const { folder } = head;
  if (versions.list().includes(folder) && versions.fault(folder) === undefined) return folder;
  const arriving = versions.arriving(folder);
  try {
    mkdirSync(versions.directory, { recursive: true, mode: 0o700 });
    versions.sweep();
    rmSync(versions.folder(folder), { recursive: true, force: true });
    assertRoom(versions.directory, roomFor(head) + besides + SPARED);
    mkdirSync(arriving, { mode: 0o700 });
    await fill(arriving, file, head);
    renameSync(arriving, versions.folder(folder));
    syncPath(versions.directory);
    return folder;
  } catch (error) {
    rmSync(arriving, { recursive: true, force: true });
    if (error instanceof ArtefactError || systemCode(error) === undefined) throw error;
    throw new ArtefactError("disk", `it cannot be unpacked: ${reasonOf(error)}`, { cause: error });
  }
}

/** Throws ArtefactError. */
export function assertRoom(directory: string, wanted: number): void {
  const free = freeAt(directory);
  if (free >= wanted) return;
  const [has, needs] = [free, wanted].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
  throw new ArtefactError("disk", `the disk of ${directory} has ${has} left, and it takes ${needs}`);
}

async function fill(arriving: string, file: string, head: ArtefactHead): Promise<void> {
  const { files } = head.manifest;
  const folders = [...new Set(files.flatMap(({ path }) => foldersOf(path)))].sort();
  for (const folder of folders) mkdirSync(join(arriving, folder), { mode: 0o700 });
  const sink = new DiskSink(arriving);
  try {
    await readBody(file, head, sink);
  } finally {
    await sink.close();
  }
  await writeWhole(join(arriving, HEAD_FILE), head.bytes);
  // All at the end: by the first of them the disk has most of what the others would wait for.
  for (const { path } of files) await synced(join(arriving, path));
  for (const folder of [...folders.toReversed(), ""]) syncPath(join(arriving, folder));
}

class DiskSink implements FileSink {
  private readonly root: string;
  private handle: FileHandle | undefined;

  constructor(root: string) {
    this.root = root;
  }

  async begin({ path, executable }: ManifestFile): Promise<void> {
    // "x": nothing that is there is written through, whatever it is.
    this.handle = await open(join(this.root, path), "wx", executable ? 0o700 : 0o600);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const step = await this.handle?.write(bytes, written);
      written += step?.bytesWritten ?? bytes.length;
    }
  }

  async end(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  syncPath(dirname(file));
}

async function synced(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
