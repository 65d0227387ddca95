/** Reads artefacts from the disk, in a stream: what they hold is longer than the memory that a gateway has for it. */
import { createHash, type Hash, type KeyObject } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { reasonOf } from "../../errors.ts";
import { type ArtefactHead, lengthOfHead, openHead, PREAMBLE } from "./head.ts";
import { ArtefactError, type ManifestFile, type StateSchemas } from "./manifest.ts";

/** What this machine and its state take. */
export interface Suitable {
  readonly keys: readonly KeyObject[];
  /** As Node calls it. */
  readonly arch: string;
  /** Of the state as it is. */
  readonly state: StateSchemas;
}

/** Who gets the files, in the order of the manifest. */
export interface FileSink {
  begin(file: ManifestFile): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** Rejects with ArtefactError where it is nothing for us. */
export async function readHead(file: string, suitable: Suitable): Promise<ArtefactHead> {
  const handle = await opened(file);
  try {
    const preamble = await exactly(handle, 0, PREAMBLE);
    const head = openHead(await exactly(handle, 0, lengthOfHead(preamble)), suitable.keys);
    assertSuitable(head, suitable);
    return head;
  } finally {
    await handle.close();
  }
}

/** Throws ArtefactError where it is for another machine, or for an earlier state than this one has. */
export function assertSuitable({ manifest }: ArtefactHead, { arch, state }: Omit<Suitable, "keys">): void {
  const { version } = manifest;
  if (manifest.arch !== arch) {
    throw new ArtefactError("unsuitable", `version ${version} is for ${manifest.arch}; this machine is ${arch}`);
  }
  assertState(`version ${version}`, manifest.state, state);
}

/** Throws ArtefactError where `version`, which knows these schemas, cannot read the state as it is. */
export function assertState(version: string, known: StateSchemas, state: StateSchemas): void {
  for (const part of ["gateway", "history"] as const) {
    if (known[part] >= state[part]) continue;
    const schema = `${part}.db has schema version ${state[part]}; that one knows up to ${known[part]}`;
    throw new ArtefactError("older", `${version} cannot read the state of this gateway: ${schema}`);
  }
}

/** Reads its body to the end, each hash compared. Rejects with ArtefactError, or with what the sink rejects with. */
export async function readBody(file: string, { bytes, manifest }: ArtefactHead, sink?: FileSink): Promise<void> {
  const reader = new BodyReader(manifest.files, sink);
  try {
    await pipeline(createReadStream(file, { start: bytes.length }), createBrotliDecompress(), async (chunks) => {
      for await (const chunk of chunks) await reader.take(chunk);
    });
  } catch (error) {
    throw isOfBrotli(error) ? new ArtefactError("damaged", `its body is damaged: ${reasonOf(error)}`) : error;
  }
  await reader.finish();
}

/** Of node:zlib: Z_BUF_ERROR, ERR_BROTLI_DECODER_…. */
function isOfBrotli(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:Z_|ERR_)/.test(String(error.code));
}

/** Parts what comes out of the decompressor into files; it never takes more than the manifest has. */
class BodyReader {
  private readonly files: readonly ManifestFile[];
  private readonly sink: FileSink | undefined;
  private index = 0;
  private left = 0;
  private hash: Hash | undefined;

  constructor(files: readonly ManifestFile[], sink: FileSink | undefined) {
    this.files = files;
    this.sink = sink;
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const hash = await this.current();
      if (hash === undefined) throw new ArtefactError("damaged", "its body is longer than its manifest says");
      const part = rest.subarray(0, this.left);
      hash.update(part);
      await this.sink?.write(part);
      this.left -= part.length;
      rest = rest.subarray(part.length);
    }
  }

  async finish(): Promise<void> {
    if ((await this.current()) !== undefined)
      throw new ArtefactError("damaged", "its body is shorter than its manifest says");
  }

  /** Of the file that the next byte belongs to; undefined behind the last. Files without a byte come and go. */
  private async current(): Promise<Hash | undefined> {
    while (this.left === 0) {
      await this.endFile();
      const file = this.files[this.index];
      if (file === undefined) return undefined;
      this.left = file.size;
      this.hash = createHash("sha256");
      await this.sink?.begin(file);
    }
    return this.hash;
  }

  private async endFile(): Promise<void> {
    const file = this.files[this.index];
    if (this.hash === undefined || file === undefined) return;
    if (this.hash.digest("hex") !== file.sha256)
      throw new ArtefactError("damaged", `${file.path} is not what its SHA-256 says`);
    this.hash = undefined;
    this.index++;
    await this.sink?.end();
  }
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw new ArtefactError("disk", `cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

async function exactly(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) throw new ArtefactError("damaged", "it is cut off");
    read += bytesRead;
  }
  return bytes;
}
