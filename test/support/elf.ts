/** What a shared library asks of others: as much of ELF (System V ABI, "Object Files") as says that, 64 bits, little-endian. */

/** "GLIBC_2.14" and the like, by the library that must have it. */
export type VersionNeeds = ReadonlyMap<string, readonly string[]>;

/** LSB Core, "Symbol Versioning": sections of this type say which versions of which libraries are needed. */
const SHT_GNU_VERNEED = 0x6ffffffe;

/** Of the file header: where the table of sections is, how long an entry is, and how many there are. */
const HEADER = { sections: 0x28, sectionSize: 0x3a, sectionCount: 0x3c, machine: 0x12 };
/** Of an entry of that table. */
const SECTION = { type: 0x04, offset: 0x18, link: 0x28, info: 0x2c };

/** e_machine: 62 is x86-64, 183 is arm64. */
export function machineOf(file: Buffer): number {
  if (file.readUInt32BE(0) !== 0x7f454c46) throw new Error("this is no ELF file");
  return file.readUInt16LE(HEADER.machine);
}

export function versionNeeds(file: Buffer): VersionNeeds {
  const section = sectionsOf(file).find(({ type }) => type === SHT_GNU_VERNEED);
  const needs = new Map<string, readonly string[]>();
  if (section === undefined) return needs;
  const names = sectionsOf(file)[section.link]?.offset ?? 0;
  let at = section.offset;
  for (let left = section.info; left > 0; left--) {
    // Elfxx_Verneed: version, count, file, first Vernaux, next.
    const library = textAt(file, names + file.readUInt32LE(at + 4));
    needs.set(library, versionsAt(file, at, names));
    at += file.readUInt32LE(at + 12);
  }
  return needs;
}

/** Elfxx_Vernaux: hash, flags, other, name, next. */
function versionsAt(file: Buffer, need: number, names: number): string[] {
  const versions: string[] = [];
  let at = need + file.readUInt32LE(need + 8);
  for (let left = file.readUInt16LE(need + 2); left > 0; left--) {
    versions.push(textAt(file, names + file.readUInt32LE(at + 8)));
    at += file.readUInt32LE(at + 12);
  }
  return versions;
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly link: number;
  readonly info: number;
}

function sectionsOf(file: Buffer): readonly Section[] {
  const table = Number(file.readBigUInt64LE(HEADER.sections));
  const size = file.readUInt16LE(HEADER.sectionSize);
  return Array.from({ length: file.readUInt16LE(HEADER.sectionCount) }, (_, i) => {
    const at = table + i * size;
    return {
      type: file.readUInt32LE(at + SECTION.type),
      offset: Number(file.readBigUInt64LE(at + SECTION.offset)),
      link: file.readUInt32LE(at + SECTION.link),
      info: file.readUInt32LE(at + SECTION.info),
    };
  });
}

function textAt(file: Buffer, at: number): string {
  return file.toString("latin1", at, file.indexOf(0, at));
}
