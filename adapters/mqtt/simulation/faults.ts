/** `--faults drop:5%,malformed:1%,flapping:30s`: what goes wrong with what simulated devices publish. */
import { type Millis, type Random, randomFraction, SECOND } from "../../../src/adapter.ts";
import { type FaultWords, faultWords } from "../../wires/fault-words.ts";

const KINDS = ["drop", "late", "garbage", "malformed", "wrong", "huge", "twice"] as const;
type Kind = (typeof KINDS)[number];

/** `flapping`: the device says that it is away; `dead`: its connection is cut, so that the broker publishes its last will. */
const SPANS = ["flapping", "dead"] as const;

export type Faults = FaultWords<Kind, (typeof SPANS)[number]>;

/** Something to publish, and when. */
export interface Saying {
  readonly after: Millis;
  readonly payload: Buffer;
  /** As a broker gives what it had kept: however the device says it. */
  readonly retain?: true;
}

/** Longer than requests wait where a mapping says nothing else. */
const LATE: Millis = 6 * SECOND;
/** Links read no more than 256 KiB where nothing else is said. */
const HUGE = 1024 * 1024;

/** Throws WrongArguments. */
export function parseFaults(text: string): Faults {
  return faultWords(text, { chances: KINDS, spans: SPANS });
}

/** What becomes of a payload. */
export function withFaults(payload: Buffer, { chances }: Faults, random: Random): readonly Saying[] {
  const happens = (kind: Kind): boolean => {
    const chance = chances.get(kind);
    return chance !== undefined && randomFraction(random) < chance;
  };
  if (happens("drop")) return [];
  const after = happens("late") ? LATE : 0;
  let said = happens("garbage") ? Buffer.from(random(24)) : payload;
  if (happens("wrong")) said = wrongTypes(said);
  if (happens("malformed")) said = said.subarray(0, Math.ceil(said.length / 2));
  if (happens("huge")) said = Buffer.concat([said, Buffer.alloc(HUGE, " ")]);
  return [{ after, payload: said }, ...(happens("twice") ? [{ after, payload: said, retain: true as const }] : [])];
}

/** Every value of JSON is one of another type; of other text nothing is left that could be a value. */
function wrongTypes(payload: Buffer): Buffer {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(payload.toString("utf8"), otherType)));
  } catch {
    return Buffer.from("n/a");
  }
}

function otherType(_name: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return "n/a";
    case "string":
      return [value];
    case "boolean":
      return null;
    default:
      return value;
  }
}
