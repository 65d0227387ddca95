/** A zip file, made as a stream: never more of it in memory than one piece (APPNOTE.TXT 6.3.10; without ZIP64). */
import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import type { UnixMillis } from "../clock.ts";
import { ArchiveError } from "./archive-error.ts";
import { nameFault } from "./names.ts";

/** A file to be packed. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** It does not get smaller: it is taken as it is. */
  readonly stored?: true;
}

/** Without ZIP64 sizes and places have 32 bits. */
const MOST_BYTES = 0xffff_ffff;
/** A regular file that its owner alone may read, as unzip makes it (4.4.15). */
const ATTRIBUTES = 0o100600 * 0x1_0000;
const UNIX = 3;
/** Quick, and nearly as small: the processor of a gateway has other work. */
const LEVEL = 3;
/** The first year that a zip file knows, and the last. */
const EARLIEST = Date.UTC(1980, 0, 2);
const LATEST = Date.UTC(2099, 0, 1);

/** The bytes of the archive, piece by piece. `modified`: the time that each file shows. Rejects with ArchiveError where it gets too large. */
export async function* zipped(
  entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>,
  modified: UnixMillis,
): AsyncGenerator<Uint8Array, void> {
  const ready: Uint8Array[] = [];
  let written = 0;
  const zip = new Zip((error, piece) => {
    if (error !== null) throw error;
    written += piece.length;
    ready.push(piece);
  });
  const mtime = Math.min(Math.max(modified, EARLIEST), LATEST);
  for await (const { name, content, stored } of entries) {
    const fault = nameFault(name);
    if (fault !== undefined) throw new ArchiveError(`cannot be packed: ${fault}`);
    const file = stored === true ? new ZipPassThrough(name) : new ZipDeflate(name, { level: LEVEL });
    Object.assign(file, { mtime, attrs: ATTRIBUTES, os: UNIX });
    zip.add(file);
    let size = 0;
    for await (const piece of content) {
      size += piece.length;
      if (Math.max(size, written) > MOST_BYTES) throw new ArchiveError("cannot be packed: larger than 4 GB");
      file.push(piece);
      yield* ready.splice(0);
    }
    file.push(NOTHING, true);
    yield* ready.splice(0);
  }
  zip.end();
  yield* ready.splice(0);
}

const NOTHING = new Uint8Array(0);
