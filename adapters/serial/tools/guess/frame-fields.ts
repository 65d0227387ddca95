/** `frame:` of a mapping as a guess has it: the keys that a user would write, and their text. */
import type { ChecksumKind } from "../../../spoken/stream/framing/checksums.ts";
import { type FrameSettings, frameSchema, type LengthType } from "../../../spoken/stream/framing/frame-settings.ts";

export interface ChecksumFields {
  readonly kind: ChecksumKind;
  readonly as?: "binary" | "hex";
  readonly order?: "high" | "low";
  readonly from?: "start" | "body";
  readonly behind_end?: true;
}

export interface FrameFields {
  /** Marks: each character is a byte. */
  readonly start?: string;
  readonly end?: string;
  readonly size?: number;
  readonly length?: { readonly at: number; readonly as: LengthType; readonly plus: number };
  /** A duration, as a user writes it. */
  readonly idle?: string;
  readonly max?: number;
  readonly checksum?: ChecksumFields;
}

export function settingsOf(fields: FrameFields): FrameSettings {
  return frameSchema.parse(fields);
}

/** `{ start: "$$", end: "\r\n", checksum: nmea }`: what a user may paste. */
export function frameText({ start, end, size, length, idle, max, checksum }: FrameFields): string {
  const keys = [
    ...(start === undefined ? [] : [`start: ${markText(start)}`]),
    ...(end === undefined ? [] : [`end: ${markText(end)}`]),
    ...(size === undefined ? [] : [`size: ${size}`]),
    ...(length === undefined ? [] : [`length: ${lengthText(length)}`]),
    ...(idle === undefined ? [] : [`idle: ${idle}`]),
    ...(max === undefined ? [] : [`max: ${max}`]),
    ...(checksum === undefined ? [] : [`checksum: ${checksumText(checksum)}`]),
  ];
  return `{ ${keys.join(", ")} }`;
}

/** Like the short names of checksums: the settings that are usual are not written. */
export function checksumText({ kind, as, order, from, behind_end: behind }: ChecksumFields): string {
  const keys = [
    ...(as === undefined ? [] : [`as: ${as}`]),
    ...(order === undefined ? [] : [`order: ${order}`]),
    ...(from === undefined ? [] : [`from: ${from}`]),
    ...(behind === undefined ? [] : ["behind_end: true"]),
  ];
  return keys.length === 0 ? kind : `{ kind: ${kind}, ${keys.join(", ")} }`;
}

function lengthText({ at, as, plus }: NonNullable<FrameFields["length"]>): string {
  return `{ at: ${at}${as === "u8" ? "" : `, as: ${as}`}${plus === 0 ? "" : `, plus: ${plus}`} }`;
}

const NAMES: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

/** In double quotes, as YAML reads them; a dollar begins a parameter, and is written twice. */
export function markText(mark: string): string {
  const characters = Array.from(mark, (character) => {
    const code = character.charCodeAt(0);
    const plain = code >= 0x20 && code < 0x7f ? character : `\\x${code.toString(16).padStart(2, "0")}`;
    return character === "$" ? "$$" : (NAMES[character] ?? plain);
  });
  return `"${characters.join("")}"`;
}
