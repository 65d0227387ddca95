/** `sniff serial`: listens on a line, shows what passes, and says how it is framed. */
import {
  DeviceError,
  formatDuration,
  type Millis,
  SECOND,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
  typedSpan,
  WrongArguments,
} from "../../../src/adapter.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { SpokenDevice } from "../../spoken/stream/section.ts";
import { formatSerialSettings, type SerialSettings } from "../../wires/serial-settings.ts";
import { bytesOfText, hexOf } from "./byte-text.ts";
import { findLine, linesToTry } from "./find-line.ts";
import { burstsOf, type Heard } from "./guess/bursts.ts";
import { guessFrames } from "./guess/frame-guess.ts";
import { sevenBits } from "./guess/line-guess.ts";
import { dataOf, frameLines } from "./guess-text.ts";
import { type Recording, record } from "./listening.ts";
import { openWire } from "./wire.ts";

/** For each setting that is tried: most devices speak once a second, some every three. */
const USUAL_TRIAL: Millis = 4 * SECOND;

export const sniff: Tool<SpokenDevice, SpokenPoint> = {
  summary: "Shows what passes on a serial line, in hexadecimal and as text, and guesses frame: and line: of it.",
  talks: true,
  options: {
    for: { type: "string", value: "TIME", help: "How long to listen; default: until Ctrl-C, or 4s for each setting." },
    send: {
      type: "string",
      value: "TEXT",
      help: "Sent once at the beginning (of each setting): for devices that must be asked.",
    },
    "find-line": {
      type: "boolean",
      help: "Tries the usual speeds and parities on --port, and says which looks right.",
    },
    lines: { type: "string", value: "LIST", help: "The settings that --find-line tries, e.g. 9600-8N1,2400-7E1." },
  },
  async run(args, context) {
    if (args.positionals.length > 0)
      throw new WrongArguments(`"${args.positionals[0]}" is too much: --send TEXT sends`);
    const text = args.text("send");
    const send = text === undefined ? undefined : bytesOfText(text);
    if (args.flag("find-line")) {
      const span = typedSpan(args, "for") ?? USUAL_TRIAL;
      return findLine(args, context, { lines: linesToTry(args), span, send });
    }
    if (args.text("lines") !== undefined) throw new WrongArguments("--lines: these are tried by --find-line");
    return listenOnce(args, context, send);
  },
};

async function listenOnce(
  args: ToolArguments,
  context: ToolContext<SpokenDevice, SpokenPoint>,
  send: Uint8Array | undefined,
): Promise<ToolReport> {
  const { clock, signal, tell, progress } = context;
  const span = typedSpan(args, "for");
  const wire = await openWire(args, context);
  try {
    const shared = context.link?.sharedWith ?? [];
    if (shared.length > 0) tell(`the gateway's own requests (>) are to ${shared.join(", ")}`);
    const recording = await record(wire.ask, { clock, signal, tell, progress, span, send });
    const { lost } = recording;
    if (lost !== undefined && recording.carried.length === 0) throw new DeviceError("unreachable", lost);
    return reportOf(recording, wire.line);
  } finally {
    await wire.close();
  }
}

function reportOf({ carried, span, missed, lost }: Recording, line: SerialSettings | undefined): ToolReport {
  const heard = carried.filter(({ way }) => way === "in").map(({ time, bytes }): Heard => ({ at: time, bytes }));
  const bytes = heard.reduce((sum, piece) => sum + piece.bytes.length, 0);
  const seven = line === undefined || isEightBits(line) ? sevenBits(heard) : undefined;
  const frames = guessFrames(seven?.heard ?? heard);
  const said = line === undefined ? undefined : lineOf(line, seven?.parity);
  const within = formatDuration(Math.max(1, Math.round(span / SECOND)) * SECOND);
  return {
    lines: [
      "",
      bytes === 0
        ? `nothing came within ${within}: does the device speak by itself (else --send), is it the right port, cable and speed?`
        : `${bytes} bytes in ${within}, in ${burstsOf(heard).length} pieces with silences between`,
      ...(missed === 0 ? [] : [`${missed} bytes came too fast, and are missing`]),
      ...(seven === undefined ? [] : [`the eighth bit is ${seven.parity} parity: it is a line of 7 data bits`]),
      ...frameLines(frames, bytes),
      ...(said === undefined || bytes === 0 ? [] : ["# of the link", `line: ${said}`]),
      ...(lost === undefined ? [] : [lost]),
    ],
    data: {
      bytes,
      span,
      carried: carried.map((piece) => ({ way: piece.way, time: piece.time, hex: hexOf(piece.bytes) })),
      line: said ?? null,
      frames: frames.map(dataOf),
    },
    ok: bytes > 0 && lost === undefined,
  };
}

function isEightBits({ dataBits, parity }: SerialSettings): boolean {
  return dataBits === 8 && parity === "none";
}

function lineOf(line: SerialSettings, parity: "even" | "odd" | undefined): string {
  return formatSerialSettings(parity === undefined ? line : { ...line, dataBits: 7, parity });
}
