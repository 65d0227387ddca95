/** Packs a backup: what it holds goes through memory piece by piece, however large the history is. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { lock } from "../../archive/locked.ts";
import { type ZipEntry, zipped } from "../../archive/zip-writer.ts";
import type { Random, UnixMillis } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import { FailureError } from "../command.ts";
import type { ConfigurationFile } from "./configuration-files.ts";
import { type Content, LOCKED, MANIFEST, type Manifest, STATE } from "./manifest.ts";

export interface Packing {
  /** Everything of the manifest but its contents. */
  readonly about: Omit<Manifest, "contents">;
  /** What anybody may read. */
  readonly open: readonly ConfigurationFile[];
  /** What nobody may; absent where it is left out. */
  readonly secret?: { readonly files: readonly ConfigurationFile[]; readonly passphrase: string };
  readonly state: readonly { readonly name: string; readonly path: string }[];
  readonly now: UnixMillis;
  readonly random: Random;
  /** Bytes of the state that are packed. */
  readonly onProgress: (bytes: number) => void;
}

/** Writes a new file that its owner alone may read. Rejects with FailureError, nothing left then. */
export async function pack(path: string, packing: Packing): Promise<readonly Content[]> {
  const contents: Content[] = [];
  try {
    const file = await open(path, "wx", 0o600);
    try {
      for await (const piece of zipped(entriesOf(packing, contents), packing.now)) await file.write(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    return contents;
  } catch (error) {
    await rm(path, { force: true });
    throw new FailureError(`cannot write ${path}: ${reasonOf(error)}`, { code: "LG104", cause: error });
  }
}

async function* entriesOf(packing: Packing, contents: Content[]): AsyncGenerator<ZipEntry> {
  const { about, secret, state, onProgress } = packing;
  for (const { name, from } of packing.open) yield hashed(name, contents, () => onlyPiece(from));
  if (secret !== undefined && secret.files.length > 0) {
    const locked = await lockedPart(packing, secret);
    yield { ...hashed(LOCKED, contents, async () => [locked]), stored: true };
  }
  for (const { name, path } of state) {
    yield hashed(STATE + name, contents, async () => createReadStream(path, { highWaterMark: PIECE }), onProgress);
  }
  const text = `${JSON.stringify({ ...about, contents } satisfies Manifest, undefined, 2)}\n`;
  yield { name: MANIFEST, content: [Buffer.from(text)] };
}

const PIECE = 2 ** 20;

/** Small ones: the configuration's reader takes no larger. */
async function onlyPiece(from: ConfigurationFile["from"]): Promise<readonly Uint8Array[]> {
  return ["text" in from ? Buffer.from(from.text) : await readFile(from.path)];
}

async function lockedPart(
  { now, random }: Packing,
  { files, passphrase }: NonNullable<Packing["secret"]>,
): Promise<Uint8Array> {
  const entries = files.map(({ name, from }) => hashed(name, [], () => onlyPiece(from)));
  const pieces: Uint8Array[] = [];
  for await (const piece of zipped(entries, now)) pieces.push(piece);
  return lock(Buffer.concat(pieces), passphrase, random);
}

/** What is packed is listed, with the hash of what really was. */
function hashed(
  name: string,
  contents: Content[],
  open: () => Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array>>,
  onBytes: (bytes: number) => void = () => {},
): ZipEntry {
  async function* content(): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of await open()) {
      hash.update(piece);
      bytes += piece.length;
      onBytes(piece.length);
      yield piece;
    }
    contents.push({ name, bytes, sha256: hash.digest("hex") });
  }
  return { name, content: content() };
}
