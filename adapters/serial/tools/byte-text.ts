/** Bytes as people write them, and as they read them. */
import { WrongArguments } from "../../../src/adapter.ts";

const LETTERS: Readonly<Record<string, number>> = { r: 13, n: 10, t: 9, e: 27, "0": 0, "\\": 0x5c };
const MOST_BYTES = 8192;

/**
 * Text in which `\r`, `\n`, `\t`, `\e`, `\0`, `\x02` and `\\` stand for bytes, as shells hand it on; or, behind the word `hex`, bytes in
 * hexadecimal: `hex 02 10 03`. Throws WrongArguments.
 */
export function bytesOfText(text: string): Uint8Array {
  const [, digits] = /^hex\s+(.*)$/is.exec(text) ?? [];
  const bytes = digits === undefined ? bytesOfCharacters(text) : bytesOfHex(digits);
  if (bytes.length <= MOST_BYTES) return bytes;
  throw new WrongArguments(`expected at most ${MOST_BYTES} bytes, found ${bytes.length}`);
}

function bytesOfHex(text: string): Uint8Array {
  const words = text.split(/[\s,;:-]+/).filter((word) => word !== "");
  const digits = words.map((word) => word.replace(/^0x/i, ""));
  const wrong = digits.findIndex((word) => !/^(?:[0-9a-f]{2})+$/i.test(word));
  if (wrong >= 0 || words.length === 0) {
    const found = words[wrong] ?? text;
    throw new WrongArguments(`"${found.slice(0, 20)}" are no bytes in hexadecimal; expected e.g. hex 02 10 00 03`);
  }
  return Uint8Array.from(Buffer.from(digits.join(""), "hex"));
}

function bytesOfCharacters(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [part, digits, letter] of text.matchAll(/\\x([0-9a-f]{2})|\\(.?)|[^\\]+/gis)) {
    if (digits !== undefined) parts.push(Uint8Array.of(Number.parseInt(digits, 16)));
    else if (letter === undefined) parts.push(Buffer.from(part, "utf8"));
    else parts.push(Uint8Array.of(codeOf(letter)));
  }
  return Buffer.concat(parts);
}

function codeOf(letter: string): number {
  const code = LETTERS[letter];
  if (code !== undefined) return code;
  throw new WrongArguments(`\\${letter} is not known; expected \\r \\n \\t \\e \\0 \\x02 or \\\\`);
}

export interface ByteRow {
  /** `53 20 0d 0a` */
  readonly hex: string;
  /** The same as text; what has no character of its own as its sign. */
  readonly text: string;
}

export const ROW_BYTES = 16;
const LINE_FEED = 0x0a;

/** So many bytes a row; a line ends one. */
export function rowsOf(bytes: Uint8Array): readonly ByteRow[] {
  const rows: ByteRow[] = [];
  for (let from = 0; from < bytes.length; ) {
    const most = bytes.subarray(from, from + ROW_BYTES);
    const end = most.indexOf(LINE_FEED);
    const row = end < 0 ? most : most.subarray(0, end + 1);
    rows.push({ hex: hexOf(row), text: signsOf(row) });
    from += row.length;
  }
  return rows;
}

/** Hex and text in columns. */
export function rowText({ hex, text }: ByteRow): string {
  return `${hex.padEnd(3 * ROW_BYTES - 1)}  ${text}`;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

/** Control characters as their Unicode signs, what is no ASCII as a dot: never anything that a terminal obeys. */
export function signsOf(bytes: Uint8Array): string {
  const DELETE = 0x7f;
  return Array.from(bytes, (byte) => {
    if (byte < 0x20) return String.fromCharCode(0x2400 + byte);
    if (byte === DELETE) return "\u2421";
    return byte < DELETE ? String.fromCharCode(byte) : "·";
  }).join("");
}
