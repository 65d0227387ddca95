/** `sniff serial --find-line`: the port is opened with one setting after the other, and what comes is judged. */
import {
  DeviceError,
  formatDuration,
  type Millis,
  reasonOf,
  SECOND,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
  table,
  WrongArguments,
} from "../../../src/adapter.ts";
import { formatSerialSettings, parseSerialSettings, type SerialSettings } from "../../wires/serial-settings.ts";
import type { Heard } from "./guess/bursts.ts";
import { judgeLine, type LineJudgement, sevenBits, USUAL_LINES } from "./guess/line-guess.ts";
import { dataOf, frameLines } from "./guess-text.ts";
import { record } from "./listening.ts";
import { openOn, optionsOf } from "./wire.ts";

export interface Trials {
  readonly lines: readonly SerialSettings[];
  /** For each of them. */
  readonly span: Millis;
  readonly send: Uint8Array | undefined;
}

interface Trial extends LineJudgement {
  readonly line: SerialSettings;
  /** The port could not be opened so, or was lost; `text` says why. */
  readonly lost?: true;
}

/** Surer than this it does not get: the others are not tried. */
const SURE = 0.9;
/** Less than that may be noise. */
const LEAST = 0.3;

/** Of the option; without it the usual ones. Throws WrongArguments. */
export function linesToTry(args: ToolArguments): readonly SerialSettings[] {
  const text = args.text("lines");
  if (text === undefined) return USUAL_LINES;
  try {
    return text.split(",").map((each) => parseSerialSettings(each.trim()));
  } catch (error) {
    throw new WrongArguments(`--lines: ${reasonOf(error)}`, { cause: error });
  }
}

/** Rejects with WrongArguments where there is no port of one's own whose settings could be tried. */
export async function findLine(
  args: ToolArguments,
  context: Pick<ToolContext, "clock" | "random" | "log" | "tell" | "progress" | "signal" | "link">,
  { lines, span, send }: Trials,
): Promise<ToolReport> {
  if (context.link !== undefined || args.text("host") !== undefined) {
    throw new WrongArguments("--find-line opens a port by itself: --port /dev/…, which no gateway has open meanwhile");
  }
  if (args.text("line") !== undefined)
    throw new WrongArguments("--line is what --find-line looks for; --lines LIST says which");
  const { tell, progress, signal } = context;
  tell(
    `${lines.length} settings, ${formatDuration(span)} each: at most ${formatDuration(Math.ceil((lines.length * span) / SECOND) * SECOND)}`,
  );
  const trials: Trial[] = [];
  for (const line of lines) {
    if (signal.aborted) break;
    progress(() => `trying ${formatSerialSettings(line)}, ${trials.length + 1} of ${lines.length} settings`);
    const trial = await tryLine(args, context, { line, span, send });
    trials.push(trial);
    tell(`${formatSerialSettings(trial.line).padEnd(11)} ${trial.text}`);
    if (trial.score >= SURE) break;
  }
  const [first] = trials;
  if (first !== undefined && trials.every(({ lost }) => lost)) throw new DeviceError("unreachable", first.text);
  return reportOf(trials);
}

/** What was heard with 8 bits tells of 7 bits and a parity, too. */
async function tryLine(
  args: ToolArguments,
  context: Pick<ToolContext, "clock" | "random" | "log" | "signal">,
  { line, span, send }: { readonly line: SerialSettings; readonly span: Millis; readonly send: Uint8Array | undefined },
): Promise<Trial> {
  const wire = openOn(optionsOf(args, line), context);
  try {
    const { clock, signal } = context;
    const recording = await record(wire.ask, { clock, signal, span, send, tell: () => {} });
    // The port may know some speeds only.
    if (recording.lost !== undefined) return { line, score: 0, text: recording.lost, frames: [], lost: true };
    const heard = recording.carried
      .filter(({ way }) => way === "in")
      .map(({ time, bytes }): Heard => ({ at: time, bytes }));
    const seven = line.dataBits === 8 && line.parity === "none" ? sevenBits(heard) : undefined;
    if (seven === undefined) return { line, ...judgeLine(heard) };
    return { line: { ...line, dataBits: 7, parity: seven.parity }, ...judgeLine(seven.heard) };
  } finally {
    await wire.close();
  }
}

function reportOf(trials: readonly Trial[]): ToolReport {
  const ranked = trials.toSorted((a, b) => b.score - a.score);
  const [best] = ranked;
  const data = ranked.map(({ line, score, text, frames }) => ({
    line: formatSerialSettings(line),
    score: Math.round(100 * score) / 100,
    text,
    frames: frames.map(dataOf),
  }));
  if (best === undefined || best.score < LEAST) {
    const heard = trials.some(({ score }) => score > 0);
    const advice = heard
      ? "nothing that came looks like a device; --for 10s listens longer, --lines tries others"
      : "nothing came with any of them: does the device speak by itself (else --send), is it the right port and cable?";
    return { lines: ["", advice], data, ok: false };
  }
  const others = ranked.filter(({ score }) => score >= LEAST).slice(1, 4);
  const rows = others.map(({ line, text }) => [`# or ${formatSerialSettings(line)}`, text]);
  return {
    lines: [
      "",
      "# of the link",
      `line: ${formatSerialSettings(best.line)}`,
      ...table(rows),
      ...frameLines(best.frames, 1),
    ],
    data,
    ok: true,
  };
}
