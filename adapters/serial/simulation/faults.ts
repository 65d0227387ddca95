/** `--faults silent:5%,late:2%`: what goes wrong with what simulated devices say. */
import {
  type Millis,
  parseDuration,
  type Random,
  randomFraction,
  SECOND,
  WrongArguments,
} from "../../../src/adapter.ts";

const KINDS = ["silent", "late", "short", "noise", "damaged"] as const;
type Kind = (typeof KINDS)[number];

export interface Faults {
  /** 0 … 1, of each message. */
  readonly chances: ReadonlyMap<Kind, number>;
  /** Nothing is said for this long, after the device has lived as long; again and again. */
  readonly dead?: Millis | undefined;
}

/** Something to send, and when. */
export interface Saying {
  readonly after: Millis;
  readonly bytes: Uint8Array;
}

/** Longer than the time-out that mappings have where they say none. */
const LATE: Millis = 1.5 * SECOND;
const EXPECTED = `expected e.g. silent:5%, dead:30s; the faults are ${KINDS.join(", ")}, dead`;

/** Throws WrongArguments. */
export function parseFaults(text: string): Faults {
  const chances = new Map<Kind, number>();
  let dead: Millis | undefined;
  for (const word of text.split(",").map((part) => part.trim())) {
    if (word === "") continue;
    const [, name, how] = /^([a-z]+)(?::(.+))?$/.exec(word) ?? [];
    const kind = KINDS.find((known) => known === name);
    if (kind !== undefined) chances.set(kind, chanceOf(word, how ?? "100%"));
    else if (name === "dead") dead = spanOf(word, how ?? "");
    else throw new WrongArguments(`fault "${word}": ${EXPECTED}`);
  }
  return { chances, dead };
}

/** What becomes of a message. `age`: of the device. */
export function withFaults(
  bytes: Uint8Array,
  { chances, dead }: Faults,
  age: Millis,
  random: Random,
): readonly Saying[] {
  if (dead !== undefined && Math.floor(age / dead) % 2 === 1) return [];
  const happens = (kind: Kind): boolean => {
    const chance = chances.get(kind);
    return chance !== undefined && randomFraction(random) < chance;
  };
  if (happens("silent")) return [];
  const after = happens("late") ? LATE : 0;
  const said = happens("short") ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes;
  const sent = happens("damaged") ? said.map((byte, i) => (i === Math.floor(said.length / 2) ? byte ^ 1 : byte)) : said;
  return [...(happens("noise") ? [{ after, bytes: random(7) }] : []), { after, bytes: sent }];
}

function chanceOf(word: string, text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 100) throw new WrongArguments(`fault "${word}": ${EXPECTED}`);
  return Number(percent) / 100;
}

function spanOf(word: string, text: string): Millis {
  try {
    const span = parseDuration(text);
    if (span > 0) return span;
  } catch (error) {
    throw new WrongArguments(`fault "${word}": expected how long, e.g. dead:30s`, { cause: error });
  }
  throw new WrongArguments(`fault "${word}": expected how long, e.g. dead:30s`);
}
