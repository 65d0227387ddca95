/** A zip file, read piece by piece: what it says of sizes is a limit, never a promise. */
import { crc32 } from "node:zlib";
import { Inflate } from "fflate";
import { ArchiveError } from "./archive-error.ts";
import { type PackedFile, readDirectory, type Source, type ZipLimits } from "./zip-directory.ts";

const LOCAL_SIGNATURE = 0x0403_4b50;
const LOCAL_LENGTH = 30;
/** What is unpacked at once: a thousand times as much may come of it. */
const PIECE = 16_384;

export class ZipReader {
  /** By name, in the order of the file. */
  readonly files: ReadonlyMap<string, PackedFile>;
  private readonly source: Source;

  private constructor(source: Source, files: readonly PackedFile[]) {
    this.source = source;
    this.files = new Map(files.map((file) => [file.name, file]));
  }

  /** Rejects with ArchiveError where it is no zip file, or more than the limits allow. */
  static async open(source: Source, limits: ZipLimits): Promise<ZipReader> {
    return new ZipReader(source, await readDirectory(source, limits));
  }

  /** What is in a file, piece by piece. Rejects with ArchiveError where it is not there or is damaged, at the latest at its end. */
  async *content(name: string): AsyncGenerator<Uint8Array, void> {
    const file = this.files.get(name);
    if (file === undefined) throw new ArchiveError(`${name} is missing in it`);
    const start = await this.start(file);
    const unpack = file.method === "stored" ? asItIs : inflating(name);
    let [length, crc] = [0, 0];
    // Once more at the end, where there is nothing left.
    for (let at = 0; at < file.packedSize || at === 0; at += PIECE) {
      const wanted = Math.min(PIECE, file.packedSize - at);
      const packed = await this.source.read(start + at, wanted);
      if (packed.length < wanted) throw damaged(name);
      for (const piece of unpack(packed, at + PIECE >= file.packedSize)) {
        length += piece.length;
        if (length > file.size) throw damaged(name);
        crc = crc32(piece, crc);
        yield piece;
      }
    }
    if (length !== file.size || crc !== file.crc) throw damaged(name);
  }

  /** All of it, where it has at most so many bytes. Rejects with ArchiveError. */
  async bytes(name: string, most: number): Promise<Uint8Array> {
    const size = this.files.get(name)?.size ?? 0;
    if (size > most) throw new ArchiveError(`${name} has ${size} bytes; at most ${most} are expected`);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.content(name)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Where its bytes begin: its own header has a length of its own. */
  private async start({ name, offset }: PackedFile): Promise<number> {
    const header = await this.source.read(offset, LOCAL_LENGTH);
    if (header.length < LOCAL_LENGTH) throw damaged(name);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw damaged(name);
    return offset + LOCAL_LENGTH + view.getUint16(26, true) + view.getUint16(28, true);
  }
}

type Unpack = (packed: Uint8Array, isLast: boolean) => readonly Uint8Array[];

const asItIs: Unpack = (packed) => [packed];

function inflating(name: string): Unpack {
  const ready: Uint8Array[] = [];
  const inflate = new Inflate((piece) => ready.push(piece));
  return (packed, isLast) => {
    try {
      inflate.push(packed, isLast);
    } catch (error) {
      throw new ArchiveError(`${name} is damaged`, { cause: error });
    }
    return ready.splice(0);
  };
}

function damaged(name: string): ArchiveError {
  return new ArchiveError(`${name} is damaged`);
}

/** Bytes in memory as a source. */
export function sourceOf(bytes: Uint8Array): Source {
  return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}
