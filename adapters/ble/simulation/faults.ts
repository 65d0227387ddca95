/** `--faults missed:20%,dead:30s`: what goes wrong with simulated peripherals. */
import { type Millis, type Random, randomFraction, SECOND } from "../../../src/adapter.ts";
import { type FaultWords, faultWords } from "../../wires/fault-words.ts";
import { ATT_ERROR } from "../emulator/att-codes.ts";
import { STATUS } from "../emulator/hci-codes.ts";
import type { RequestFault } from "../emulator/peripheral-spec.ts";

/** Of advertisements: missed, short, damaged. Of requests over a connection: silent, late, refused, lost (the whole link). */
const KINDS = ["missed", "short", "damaged", "silent", "late", "refused", "lost"] as const;
type Kind = (typeof KINDS)[number];

/** `dead`: out of reach for this long, after it was in reach as long; again and again. */
export type Faults = FaultWords<Kind, "dead">;

/** Longer than the time-out of mappings that say none. */
const LATE: Millis = 7 * SECOND;

/** Throws WrongArguments. */
export function parseFaults(text: string): Faults {
  return faultWords(text, { chances: KINDS, spans: ["dead"] });
}

/** What becomes of an advertisement; undefined: nobody hears it. */
export function advertisedWith(faults: Faults, data: Uint8Array, random: Random): Uint8Array | undefined {
  const happens = dice(faults, random);
  if (happens("missed")) return undefined;
  const said = happens("short") ? data.subarray(0, Math.ceil(data.length / 2)) : data;
  return happens("damaged") ? said.map((byte, i) => (i === Math.floor(said.length / 2) ? byte ^ 1 : byte)) : said;
}

/** What goes wrong with a request. */
export function requestFault(faults: Faults, random: Random): RequestFault {
  const happens = dice(faults, random);
  return {
    mute: happens("silent"),
    delay: happens("late") ? LATE : undefined,
    refuse: happens("refused") ? ATT_ERROR.unlikely : undefined,
    drop: happens("lost") ? STATUS.connectionTimeout : undefined,
  };
}

function dice({ chances }: Faults, random: Random): (kind: Kind) => boolean {
  return (kind) => {
    const chance = chances.get(kind);
    return chance !== undefined && randomFraction(random) < chance;
  };
}
