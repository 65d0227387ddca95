/** `decode modbus`: bytes that somebody saw on a wire, in a log or in a manual, explained. */
import {
  type Interpretation,
  type Tool,
  type ToolArguments,
  type ToolContext,
  table,
  WrongArguments,
} from "../../../src/adapter.ts";
import { hexOf } from "../pdu.ts";
import { type ExplainedFrame, explainFrame, FRAMINGS, type Framing } from "./explain-frame.ts";
import { ADVICE } from "./explain-pdu.ts";
import { counted } from "./field-reader.ts";

export const decode: Tool = {
  summary: "Explains Modbus frames: every field, the checksum, what an exception means.",
  positionals: "[HEX...]",
  talks: false,
  options: {
    framing: {
      type: "string",
      value: "FRAMING",
      help: `What the bytes are, where that cannot be told by themselves: ${FRAMINGS.join(", ")}.`,
    },
  },
  async run(args, context) {
    const framing = framingOf(args);
    const texts =
      args.positionals.length > 0 ? [{ text: args.positionals.join(" "), line: 1 }] : linesOf(await context.input());
    if (texts.length === 0)
      throw new WrongArguments("expected a frame in hexadecimal, such as 01 03 00 00 00 0A C5 CD");
    const several = texts.length > 1;
    const frames = texts.map(({ text, line }) => inLine(several ? line : undefined, () => decodeText(text, framing)));
    return {
      lines: frames.flatMap((frame, i) => [...(i === 0 ? [] : [""]), ...textOf(frame, context)]),
      data: frames.map(({ bytes, readings }) => ({ hex: hexOf(bytes), readings: readings.map(dataOf) })),
      ok: frames.every(({ readings }) => readings.some(({ problems }) => problems.length === 0)),
    };
  },
};

export interface Decoded {
  readonly bytes: Uint8Array;
  readonly readings: readonly ExplainedFrame[];
}

/** A frame as people write it: `01 03 …`, `0x01, 0x03`, `01:03:…`, or `:0103…` as ASCII lines carry it. Throws WrongArguments. */
export function decodeText(text: string, framing?: Framing): Decoded {
  const trimmed = text.trim();
  const isAscii = framing === "ascii" || (framing === undefined && trimmed.startsWith(":"));
  const bytes = bytesOf(isAscii ? trimmed.replace(/^:/, "") : trimmed);
  const readings = explainFrame(bytes, isAscii ? "ascii" : framing);
  if (readings.length > 0) return { bytes, readings };
  throw new WrongArguments(
    `too few bytes for a frame${framing === undefined ? "" : ` of ${framing}`}: ${counted(bytes.length, "byte")}`,
  );
}

/** The longest frame has 260 bytes: what is much longer is a whole recording. */
const LONGEST = 1024;

function bytesOf(text: string): Uint8Array {
  const words = text.split(/[\s,;:-]+/).filter((word) => word !== "");
  const digits = words.map((word) => word.replace(/^0x|h$/i, ""));
  const wrong = digits.findIndex((word) => !/^[0-9a-f]+$/i.test(word));
  if (wrong >= 0)
    throw new WrongArguments(`"${words[wrong]?.slice(0, 20)}" is not hexadecimal; expected bytes such as 01 03 00 0A`);
  // Byte by byte a leading zero may be missing; in one piece nobody knows where.
  const padded = digits.map((word) => (word.length === 1 && digits.length > 1 ? `0${word}` : word));
  const odd = padded.find((word) => word.length % 2 === 1);
  if (odd !== undefined)
    throw new WrongArguments(`"${odd.slice(0, 20)}" has ${counted(odd.length, "digit")}; a byte has two`);
  const bytes = Uint8Array.from(Buffer.from(padded.join(""), "hex"));
  if (bytes.length > 0 && bytes.length <= LONGEST) return bytes;
  throw new WrongArguments(`expected 1 to ${LONGEST} bytes, found ${bytes.length}; one frame a line`);
}

function framingOf(args: ToolArguments): Framing | undefined {
  const text = args.text("framing");
  if (text === undefined) return undefined;
  const framing = FRAMINGS.find((each) => each === text);
  if (framing === undefined) throw new WrongArguments(`--framing ${text}: expected one of ${FRAMINGS.join(", ")}`);
  return framing;
}

function linesOf(input: string): readonly { readonly text: string; readonly line: number }[] {
  const lines = input.split(/\r?\n/).map((text, i) => ({ text, line: i + 1 }));
  return lines.filter(({ text }) => text.trim() !== "");
}

/** Of a recording the line that is wrong. */
function inLine<T>(line: number | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WrongArguments) || line === undefined) throw error;
    throw new WrongArguments(`line ${line}: ${error.message}`, { cause: error });
  }
}

const NAMES: Readonly<Record<Framing, string>> = {
  rtu: "Modbus RTU",
  tcp: "Modbus TCP",
  ascii: "Modbus ASCII",
  pdu: "Modbus PDU (no unit, no checksum)",
};

const KINDS: Readonly<Record<ExplainedFrame["kind"], string>> = {
  request: "request",
  response: "response",
  echo: "request, or the response that repeats it",
  exception: "exception response",
  unknown: "request or response",
};

function textOf({ readings }: Decoded, { interpret }: ToolContext): string[] {
  return readings.flatMap((reading, i) => [
    `${i === 0 ? "" : "or "}${NAMES[reading.framing]}, ${KINDS[reading.kind]}: ${reading.title} (FC ${reading.code})`,
    ...table(
      reading.fields.map(({ hex, name, meaning }) => [hex, name, meaning]),
      "  ",
    ),
    ...(reading.registers === undefined ? [] : couldBe(interpret(reading.registers))),
    ...adviceOf(reading).map((advice) => `  ${advice}`),
    ...reading.problems.map((problem) => `  wrong: ${problem}`),
  ]);
}

/** What the registers are together; of one alone its field has said all. */
function couldBe(interpretations: readonly Interpretation[]): string[] {
  const likely = interpretations.filter(({ as, plausible }) => plausible && !/^[us](?:16|48)$/.test(as));
  return likely.length === 0
    ? []
    : [`  could be ${likely.map(({ as, order, value }) => `${as} ${order} ${value}`).join("; ")}`];
}

function adviceOf({ kind, fields }: ExplainedFrame): readonly string[] {
  const exception = kind === "exception" ? fields.find(({ name }) => name === "exception") : undefined;
  const advice = exception === undefined ? undefined : ADVICE[Number.parseInt(exception.hex, 16)];
  return advice === undefined ? [] : [`what to do: ${advice}`];
}

function dataOf({ registers, ...reading }: ExplainedFrame) {
  return { ...reading, ...(registers === undefined ? {} : { registers: hexOf(registers) }) };
}
