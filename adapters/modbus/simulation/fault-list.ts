/** `--faults crc:1%,late:2%,dead:30s`: what is to go wrong, as a person types it. */
import { type Millis, parseDuration, SECOND, WrongArguments } from "../../../src/adapter.ts";
import type { SlaveFraming } from "./request-reader.ts";

/** `chance`: 0 … 1, of each request. */
export type Fault =
  /** The checksum of the answer is wrong; the frame of another unit comes first; noise comes first; only a part comes. */
  | { readonly kind: "crc" | "foreign" | "noise" | "short" | "silent" | "echo"; readonly chance: number }
  | { readonly kind: "late"; readonly chance: number; readonly delay: Millis }
  | { readonly kind: "exception"; readonly chance: number; readonly code: number }
  /** Nothing is answered for this long, after the device has lived as long; again and again. */
  | { readonly kind: "dead"; readonly span: Millis };

const KINDS = ["crc", "late", "dead", "silent", "echo", "exception", "short", "foreign", "noise"] as const;

/** Longer than the time-out that links have where they say none. */
const LATE: Millis = 1.5 * SECOND;
const EXPECTED = `expected e.g. crc:1%, late:2%:1500ms, dead:30s, exception:6:5%; the faults are ${KINDS.join(", ")}`;

/** Throws WrongArguments. */
export function parseFaults(text: string, framing: SlaveFraming): readonly Fault[] {
  const words = text.split(",").map((word) => word.trim());
  return words.filter((word) => word !== "").map((word) => parseFault(word, framing));
}

interface Parts {
  readonly chance?: number;
  readonly duration?: Millis;
  readonly code?: number;
}

function parseFault(word: string, framing: SlaveFraming): Fault {
  const [name = "", ...rest] = word.split(":");
  const kind = KINDS.find((known) => known === name);
  const wrong = (reason: string): WrongArguments => new WrongArguments(`fault "${word}": ${reason}`);
  if (kind === undefined) throw wrong(EXPECTED);
  const parts = rest.map(partOf);
  if (parts.includes(undefined)) throw wrong(EXPECTED);
  const { chance = 1, duration, code }: Parts = Object.assign({}, ...parts);
  const takes = (takesDuration: boolean, takesCode: boolean): void => {
    if ((duration !== undefined && !takesDuration) || (code !== undefined && !takesCode)) throw wrong(EXPECTED);
  };
  switch (kind) {
    case "late":
      takes(true, false);
      return { kind, chance, delay: duration ?? LATE };
    case "dead":
      takes(true, false);
      if (duration === undefined || duration === 0 || chance !== 1) throw wrong("expected how long, e.g. dead:30s");
      return { kind, span: duration };
    case "exception":
      takes(false, true);
      if (code === undefined) throw wrong("expected the code, e.g. exception:6 or exception:2:10%");
      return { kind, chance, code };
    case "crc":
    case "silent":
    case "echo":
    case "short":
    case "foreign":
    case "noise":
      takes(false, false);
      if (kind === "crc" && framing === "mbap") throw wrong("only frames of RTU and ASCII have a checksum");
      return { kind, chance };
  }
}

/** One part behind the name: a chance, a duration or the code of an exception. */
function partOf(text: string): Parts | undefined {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent !== undefined) return Number(percent) <= 100 ? { chance: Number(percent) / 100 } : undefined;
  if (/^\d{1,3}$/.test(text)) return Number(text) >= 1 && Number(text) <= 255 ? { code: Number(text) } : undefined;
  try {
    return { duration: parseDuration(text) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
