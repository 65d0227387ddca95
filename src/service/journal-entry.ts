/** An entry of the journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */

/** By name: capital letters, digits and underscores, a letter first. */
export type JournalFields = Readonly<Record<string, string>>;

/** `NAME=value` a line; a value of several lines in the binary form, with its length in front. */
export function journalEntry(fields: JournalFields): Uint8Array {
  return Buffer.concat(Object.entries(fields).map(([name, value]) => fieldBytes(name, value)));
}

function fieldBytes(name: string, value: string): Buffer {
  if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from("\n")]);
}
