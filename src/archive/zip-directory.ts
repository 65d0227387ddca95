/** The list at the end of a zip file: which files there are, and where (APPNOTE.TXT 6.3.10 §4.3.12, §4.3.16). Reads what a stranger may have made. */
import { ArchiveError } from "./archive-error.ts";
import { nameFault } from "./names.ts";

/** Bytes that can be read at any place. */
export interface Source {
  readonly size: number;
  /** Fewer where the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface ZipLimits {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

/** A file in it, as the list has it. */
export interface PackedFile {
  readonly name: string;
  readonly method: "stored" | "deflated";
  readonly crc: number;
  readonly packedSize: number;
  /** Unpacked. */
  readonly size: number;
  /** Where its own header begins. */
  readonly offset: number;
}

const END_SIGNATURE = 0x0605_4b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY_SIGNATURE = 0x0201_4b50;
const ENTRY_LENGTH = 46;
/** Far more than names of that many files need. */
const MOST_OF_ENTRY = 1024;
const LOCAL_LENGTH = 30;

/** In the order of the file. Rejects with ArchiveError where it is no zip file, is cut off, or is more than the limits allow. */
export async function readDirectory(source: Source, limits: ZipLimits): Promise<readonly PackedFile[]> {
  const { count, offset, length } = await findEnd(source);
  if (count > limits.files) throw new ArchiveError(`it has ${count} files; at most ${limits.files} are expected`);
  if (length > limits.files * MOST_OF_ENTRY) throw new ArchiveError("its list of files is longer than any of ours");
  const bytes = view(await source.read(offset, length));
  const files: PackedFile[] = [];
  let at = 0;
  for (let number = 0; number < count; number++) {
    if (at + ENTRY_LENGTH > bytes.byteLength || bytes.getUint32(at, true) !== ENTRY_SIGNATURE) throw broken();
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => bytes.getUint16(at + place, true));
    const end = at + ENTRY_LENGTH + (nameLength ?? 0);
    if (end + (extra ?? 0) + (comment ?? 0) > bytes.byteLength) throw broken();
    const file = packedFile(bytes, at, nameOf(bytes, at + ENTRY_LENGTH, end));
    // Programs that pack folders list these, too.
    if (file !== undefined) files.push(file);
    at = end + (extra ?? 0) + (comment ?? 0);
  }
  checkTogether(files, { ...limits, end: offset });
  return files;
}

function packedFile(bytes: DataView, at: number, name: string): PackedFile | undefined {
  const flags = bytes.getUint16(at + 8, true);
  const method = bytes.getUint16(at + 10, true);
  const [crc, packedSize, size] = [16, 20, 24].map((place) => bytes.getUint32(at + place, true));
  const offset = bytes.getUint32(at + 42, true);
  const mode = bytes.getUint16(at + 40, true);
  if (name.endsWith("/") && size === 0) return undefined;
  const fault = nameFault(name);
  if (fault !== undefined) throw new ArchiveError(fault);
  if ((mode & FILE_TYPE) === LINK) throw new ArchiveError(`${name} is a link`);
  if ((flags & ENCRYPTED) !== 0) throw new ArchiveError(`${name} is encrypted by the program that packed it`);
  if (method !== STORED && method !== DEFLATED) throw new ArchiveError(`${name} is packed in a way that is not known`);
  return {
    name,
    method: method === STORED ? "stored" : "deflated",
    crc: crc ?? 0,
    packedSize: packedSize ?? 0,
    size: size ?? 0,
    offset,
  };
}

const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** stat(2), in the upper half of the external attributes. */
const FILE_TYPE = 0o170000;
const LINK = 0o120000;

/** No name twice, no byte of the archive in two files, no more in all of them than there may be. */
function checkTogether(files: readonly PackedFile[], { bytes, end }: ZipLimits & { readonly end: number }): void {
  const names = new Set<string>();
  let total = 0;
  let before = 0;
  for (const { name, offset, packedSize, size } of files.toSorted((a, b) => a.offset - b.offset)) {
    if (names.has(name)) throw new ArchiveError(`it has ${name} twice`);
    names.add(name);
    total += size;
    if (offset < before) throw new ArchiveError(`${name} lies in another file of it`);
    before = offset + LOCAL_LENGTH + packedSize;
    if (before > end) throw broken();
  }
  if (total > bytes) throw new ArchiveError(`unpacked it would have ${total} bytes; at most ${bytes} are expected`);
}

interface End {
  readonly count: number;
  readonly offset: number;
  readonly length: number;
}

async function findEnd(source: Source): Promise<End> {
  const most = Math.min(source.size, END_LENGTH + LONGEST_COMMENT);
  const bytes = view(await source.read(source.size - most, most));
  for (let at = bytes.byteLength - END_LENGTH; at >= 0; at--) {
    if (bytes.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_LENGTH + bytes.getUint16(at + 20, true) !== bytes.byteLength) continue;
    const count = bytes.getUint16(at + 10, true);
    const [length = 0, offset = 0] = [12, 16].map((place) => bytes.getUint32(at + place, true));
    const place = source.size - bytes.byteLength + at;
    if (bytes.getUint32(at + 4, true) !== 0 || offset + length !== place) throw broken();
    return { count, offset, length };
  }
  throw new ArchiveError("it is no zip file, or its end is missing");
}

function nameOf(bytes: DataView, start: number, end: number): string {
  const name = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(name);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ArchiveError("the name of a file in it is no UTF-8", { cause: error });
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function broken(): ArchiveError {
  return new ArchiveError("its list of files is damaged");
}
