/** `--faults silent:5%,late:2%`: what goes wrong with what simulated devices say. */
import { type Millis, type Random, randomFraction, SECOND } from "../../../../src/adapter.ts";
import { type FaultWords, faultWords, isBad } from "../../../wires/fault-words.ts";

const KINDS = ["silent", "late", "short", "noise", "damaged"] as const;
type Kind = (typeof KINDS)[number];

/** `dead`: nothing is said for this long, after the device has lived as long; again and again. */
export type Faults = FaultWords<Kind, "dead">;

/** Something to send, and when. */
export interface Saying {
  readonly after: Millis;
  readonly bytes: Uint8Array;
}

/** Longer than the time-out that mappings have where they say none. */
const LATE: Millis = 1.5 * SECOND;

/** Throws WrongArguments. */
export function parseFaults(text: string): Faults {
  return faultWords(text, { chances: KINDS, spans: ["dead"] });
}

/** What becomes of a message. `age`: of the device. */
export function withFaults(
  bytes: Uint8Array,
  { chances, spans }: Faults,
  age: Millis,
  random: Random,
): readonly Saying[] {
  if (isBad(spans.get("dead"), age)) return [];
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
