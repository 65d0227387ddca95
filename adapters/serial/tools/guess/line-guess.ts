/** Whether the settings of a line are right, by what came with them. */
import { parseSerialSettings, type SerialSettings } from "../../../wires/serial-settings.ts";
import { type Heard, isText, joined, shareOf } from "./bursts.ts";
import { type FrameGuess, guessFrames } from "./frame-guess.ts";

export interface LineJudgement {
  /** 0 (nothing came, or noise) … 1 (frames with right checksums). */
  readonly score: number;
  /** For the reader. */
  readonly text: string;
  readonly frames: readonly FrameGuess[];
}

/** What devices are set to, the most usual first. */
export const USUAL_LINES: readonly SerialSettings[] = [
  "9600-8N1",
  "4800-8N1",
  "2400-7E1",
  "19200-8N1",
  "115200-8N1",
  "38400-8N1",
  "2400-8N1",
  "1200-7E1",
  "9600-7E1",
  "9600-7O1",
  "1200-7O1",
  "9600-8E1",
  "57600-8N1",
  "1200-8N1",
  "2400-8E1",
  "19200-8E1",
  "300-7E1",
].map(parseSerialSettings);

/**
 * Ports drop characters that are damaged, or make them 0, and say nothing of it: so it is judged by what is left. At a wrong speed that
 * is little that a person could read, few different bytes, and nothing that comes back.
 */
export function judgeLine(heard: readonly Heard[]): LineJudgement {
  const bytes = joined(heard);
  if (bytes.length === 0) return { score: 0, text: "nothing came", frames: [] };
  const frames = guessFrames(heard);
  const [best] = frames;
  const text = shareOf(bytes, isText);
  const noise = shareOf(bytes, (byte) => byte === 0 || byte === 0xff || byte === 0x80);
  const said = `${bytes.length} bytes, ${Math.round(100 * text)} % of them text`;
  if (best?.checksum !== undefined && best.share > 0.8) {
    return { score: 0.9 + best.share / 10, text: `${said}; frames with right checksums`, frames };
  }
  const framed = best === undefined || best.fields.idle !== undefined ? 0 : best.share;
  const readable = Math.max(0, 2 * text - 1);
  const score = 0.55 * readable + 0.3 * framed * Math.max(readable, (1 - noise) / 2) - 0.2 * noise;
  return { score: Math.max(0, Math.min(0.85, score)), text: said, frames };
}

/** Fewer bytes may be so by chance. */
const ENOUGH_BYTES = 24;
const NEARLY_ALL = 0.98;

/**
 * What was heard with 8 data bits and no parity may be 7 bits and a parity: then the eighth is what the others make it. The same
 * without it, and which parity that is; undefined: it is no such thing.
 */
export function sevenBits(
  heard: readonly Heard[],
): { readonly parity: "even" | "odd"; readonly heard: readonly Heard[] } | undefined {
  const bytes = joined(heard);
  const high = shareOf(bytes, (byte) => byte >= 0x80);
  const low = (byte: number): number => byte & 0x7f;
  if (
    bytes.length < ENOUGH_BYTES ||
    high < 0.2 ||
    shareOf(bytes, (byte) => isText(low(byte)) || low(byte) < 0x20) < 0.9
  )
    return undefined;
  const even = shareOf(bytes, (byte) => onesIn(byte) % 2 === 0);
  const parity = even >= NEARLY_ALL ? "even" : even <= 1 - NEARLY_ALL ? "odd" : undefined;
  if (parity === undefined) return undefined;
  return { parity, heard: heard.map((piece) => ({ ...piece, bytes: piece.bytes.map(low) })) };
}

function onesIn(byte: number): number {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
}
