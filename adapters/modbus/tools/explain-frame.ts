/**
 * Which frame some bytes are, and what it says. RTU and ASCII: MODBUS over Serial Line V1.02 §2.5; TCP: Messaging on TCP/IP
 * Implementation Guide V1.0b §3.1.3.
 */
import { crc16, lrc8 } from "../checksums.ts";
import { hexOf } from "../pdu.ts";
import { type ExplainedPdu, explainPdu } from "./explain-pdu.ts";
import { counted, type Field, FieldReader } from "./field-reader.ts";

export const FRAMINGS = ["rtu", "tcp", "ascii", "pdu"] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface ExplainedFrame {
  readonly framing: Framing;
  readonly kind: ExplainedPdu["kind"];
  readonly code: number;
  readonly title: string;
  readonly fields: readonly Field[];
  readonly problems: readonly string[];
  readonly registers?: Uint8Array;
}

/** What surrounds the PDU. */
interface Envelope {
  readonly framing: Framing;
  readonly before: FieldReader;
  readonly pdu: Uint8Array;
  readonly after: FieldReader;
}

/**
 * The readings that agree with the specification best: mostly one; two where a request cannot be told from a response.
 * Takes any bytes, at least one. `framing`: no other is thought of.
 */
export function explainFrame(bytes: Uint8Array, framing?: Framing): readonly ExplainedFrame[] {
  const envelopes = (framing === undefined ? GUESSED : [framing]).flatMap((each) => opened(bytes, each));
  const readings = envelopes.flatMap(explained);
  const fewest = Math.min(...readings.map(({ problems }) => problems.length));
  const best = readings.filter(({ problems }) => problems.length === fewest);
  return best.filter((reading) => reading.framing === best[0]?.framing);
}

/** The surest sign first: a checksum that is right is no accident, a length hardly, a function code often. */
const GUESSED: readonly Framing[] = ["rtu", "tcp", "pdu"];

function opened(bytes: Uint8Array, framing: Framing): readonly Envelope[] {
  switch (framing) {
    case "rtu":
      return bytes.length < 2 ? [] : [rtu(bytes)];
    case "ascii":
      return bytes.length < 2 ? [] : [ascii(bytes)];
    case "tcp":
      return bytes.length < 8 ? [] : [tcp(bytes)];
    case "pdu":
      return [{ framing, before: new FieldReader(NOTHING), pdu: bytes, after: new FieldReader(NOTHING) }];
  }
}

const NOTHING = new Uint8Array(0);

/** Where the last two bytes are no CRC they may be one with an error in it, or not be there: whichever fits the rest. */
function rtu(bytes: Uint8Array): Envelope {
  const end = bytes.length - 2;
  const right = bytes.length >= 4 && crc16(bytes) === 0;
  const isWhole = (pdu: Uint8Array): boolean =>
    pdu.length > 0 && explainPdu(pdu).some(({ problems }) => problems.length === 0);
  const missing = !right && (bytes.length < 4 || (isWhole(bytes.slice(1)) && !isWhole(bytes.slice(1, end))));
  const length = missing ? bytes.length : end;
  const wanted = crc16(bytes, 0, length);
  const after = new FieldReader(bytes.slice(length));
  const expected = hexOf(Uint8Array.of(wanted & 0xff, wanted >> 8));
  if (missing) after.problems.push(`the CRC is missing; it would be ${expected}`);
  else {
    after.take(2, "CRC", () => (right ? "right" : `wrong: expected ${expected}`));
    if (!right) after.problems.push(`the CRC is wrong: expected ${expected}`);
  }
  return { framing: "rtu", before: unit(bytes.slice(0, 1)), pdu: bytes.slice(1, length), after };
}

/** The bytes that the characters spell, the LRC last. */
function ascii(bytes: Uint8Array): Envelope {
  const end = bytes.length - 1;
  const wanted = lrc8(bytes, 0, end);
  const after = new FieldReader(bytes.slice(end));
  const expected = hexOf(Uint8Array.of(wanted));
  const found = after.byte("LRC", (value) => (value === wanted ? "right" : `wrong: expected ${expected}`));
  if (found !== wanted) after.problems.push(`the LRC is wrong: expected ${expected}`);
  return { framing: "ascii", before: unit(bytes.slice(0, 1)), pdu: bytes.slice(1, end), after };
}

function tcp(bytes: Uint8Array): Envelope {
  const before = new FieldReader(bytes.slice(0, 7));
  before.word("transaction", String);
  const protocol = before.word("protocol", (value) => (value === 0 ? "0: Modbus" : `${value}: not Modbus`));
  if (protocol !== 0) before.problems.push(`protocol: expected 0, found ${protocol}`, "so this is hardly Modbus TCP");
  const length = before.word("length", (value) => `${counted(value, "byte")} from the unit on`);
  const follow = bytes.length - 6;
  if (length !== follow) before.problems.push(`length: says ${length}, and ${follow} follow`);
  before.byte("unit", unitMeaning);
  return { framing: "tcp", before, pdu: bytes.slice(7), after: new FieldReader(NOTHING) };
}

function unit(bytes: Uint8Array): FieldReader {
  const reader = new FieldReader(bytes);
  const value = reader.byte("unit", unitMeaning);
  if (value > 247) reader.problems.push(`unit: on a serial line they end at 247, found ${value}`);
  return reader;
}

function unitMeaning(value: number): string {
  return value === 0 ? "0: a broadcast, which nobody answers" : String(value);
}

function explained({ framing, before, pdu, after }: Envelope): readonly ExplainedFrame[] {
  if (pdu.length === 0) return [];
  return explainPdu(pdu).map((reading) => ({
    ...reading,
    framing,
    fields: [...before.fields, ...reading.fields, ...after.fields],
    problems: [...before.problems, ...reading.problems, ...after.problems],
  }));
}
