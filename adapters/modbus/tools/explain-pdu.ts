/** What a PDU says, field by field. MODBUS Application Protocol V1.1b3 §5.1 (codes), §6 (each function), §7 (exceptions). */
import { EXCEPTIONS } from "../pdu.ts";
import { counted, type Field, FieldReader } from "./field-reader.ts";
import { LAYOUTS } from "./layouts.ts";

export interface ExplainedPdu {
  /** `echo`: the answer repeats the request, so that nobody can tell which of the two it is. */
  readonly kind: "request" | "response" | "echo" | "exception" | "unknown";
  /** The function code, without the mark of an exception. */
  readonly code: number;
  /** "read holding registers" */
  readonly title: string;
  readonly fields: readonly Field[];
  /** What does not agree with the specification; empty: all of it does. */
  readonly problems: readonly string[];
  /** The registers of an answer. */
  readonly registers?: Uint8Array;
}

/**
 * What it could be: one reading, or a request and a response where both agree with the specification. Where none does,
 * the one that comes nearest, with its problems. Takes any bytes, at least one.
 */
export function explainPdu(pdu: Uint8Array): readonly ExplainedPdu[] {
  const [code = 0] = pdu;
  if (code >= 0x80) return [exceptionOf(pdu)];
  const layout = LAYOUTS.get(code);
  if (layout === undefined) return [unknown(pdu, code)];
  const readings = (["request", "response", "echo"] as const).flatMap((kind): readonly ExplainedPdu[] => {
    const read = layout[kind];
    if (read === undefined) return [];
    const reader = opened(pdu, code, layout.title);
    const registers = read(reader);
    reader.end();
    const { fields, problems } = reader;
    return [{ kind, code, title: layout.title, fields, problems, ...(registers === undefined ? {} : { registers }) }];
  });
  const good = readings.filter(({ problems }) => problems.length === 0);
  if (good.length > 0) return good;
  return readings.toSorted((a, b) => a.problems.length - b.problems.length).slice(0, 1);
}

/** "read holding registers", or that the code is nobody's. */
function functionTitle(code: number): string {
  const layout = LAYOUTS.get(code);
  if (layout !== undefined) return layout.title;
  const own = (code >= 65 && code <= 72) || (code >= 100 && code <= 110);
  return own ? "a function of the vendor's own" : "a function that the specification does not have";
}

/** What to do about it, for whoever stands before the device. */
export const ADVICE: Readonly<Record<number, string>> = {
  1: "the device does not have this function: try another table (holding instead of input), or FC 16 instead of FC 6",
  2: "no such address, or the range reaches beyond what the device has: ask for fewer, for one less (manuals count from 1) or in the other table",
  3: "the count or the value is not taken: ask for fewer registers, or for as many as the value has",
  4: "the device failed while it did it: ask again, and look at the device",
  5: "the device needs longer: ask again in a while",
  6: "the device is busy: ask again, and less often",
  8: "the device finds its own memory damaged",
  10: "the gateway before the device has no way to this unit: look at its serial port and its routes",
  11: "the gateway before the device got no answer: check unit, wiring, and the baud rate and parity of its serial side",
};

function opened(pdu: Uint8Array, code: number, title: string): FieldReader {
  const reader = new FieldReader(pdu);
  reader.byte("function", () => `FC ${code}: ${title}`);
  return reader;
}

function exceptionOf(pdu: Uint8Array): ExplainedPdu {
  const code = (pdu[0] ?? 0) & 0x7f;
  const title = functionTitle(code);
  const reader = new FieldReader(pdu);
  reader.byte("function", () => `the exception mark 0x80, and FC ${code}: ${title}`);
  reader.byte("exception", (exception) => `${exception}: ${EXCEPTIONS[exception] ?? "not in the specification"}`);
  reader.end();
  return { kind: "exception", code, title, fields: reader.fields, problems: reader.problems };
}

function unknown(pdu: Uint8Array, code: number): ExplainedPdu {
  const title = functionTitle(code);
  const reader = opened(pdu, code, title);
  if (reader.left > 0) reader.take(reader.left, "data", (bytes) => counted(bytes.length, "byte"));
  const problems = code >= 1 && title.includes("vendor") ? [] : [`${code} is no function code of the specification`];
  return { kind: "unknown", code, title, fields: reader.fields, problems };
}
