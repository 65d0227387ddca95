/** Which addresses a scan asks, with which line settings, and how long that takes. */
import {
  formatDuration,
  type Millis,
  SECOND,
  type ToolArguments,
  type ToolContext,
  typedSpan,
  WrongArguments,
} from "../../../src/adapter.ts";
import {
  characterTime,
  formatSerialSettings,
  parseSerialSettings,
  type SerialSettings,
} from "../../wires/serial-settings.ts";
import { isSerialOptions } from "../options.ts";
import { typeOfWire } from "./silence-advice.ts";

/** One way to set the wire; `text` is "" where there is nothing to set. */
export interface Setting {
  readonly text: string;
  readonly serial?: SerialSettings;
}

export interface ScanPlan {
  readonly units: readonly number[];
  readonly settings: readonly Setting[];
  /** How long to wait for one address. */
  readonly timeout: Millis;
  /** What an address costs that does not answer: on a serial line, where a late answer has no number, the line rests as long again. */
  readonly silence: Millis;
}

/** On a serial line a device answers within this, beside the time on the wire; a network and the box behind it take longer. */
const SERIAL_PATIENCE: Millis = 300;
const NETWORK_PATIENCE: Millis = SECOND;
/** Request and answer of a cheap read: 8 and 7 characters, and the silences around them. */
const CHARACTERS = 22;
/** Links whose answers carry the number of their request (MBAP). */
const NUMBERED: readonly string[] = ["modbus-tcp", "modbus-udp"];
const PARITIES: Readonly<Record<string, SerialSettings["parity"]>> = { n: "none", e: "even", o: "odd" };

/** Throws WrongArguments. */
export function scanPlan(args: ToolArguments, { link }: ToolContext): ScanPlan {
  const units = unitsOf(args.text("units") ?? "1-247");
  const [bauds, parities] = [listOf(args.text("bauds")), listOf(args.text("parity"))];
  const line = args.text("line");
  const isSerial = line !== undefined;
  if (!isSerial && (bauds.length > 0 || parities.length > 0)) {
    const where =
      link === undefined
        ? "a serial port: --port /dev/… --line 9600-8N1"
        : `a port of one's own; link ${link.id} has its settings`;
    throw new WrongArguments(`--bauds and --parity are for ${where}`);
  }
  const settings = isSerial ? settingsOf(line, bauds, parities) : [settingOf(link)];
  const timeout = timeoutOf(args, settings, link);
  const type = typeOfWire(args, link);
  return { units, settings, timeout, silence: NUMBERED.includes(type) ? timeout : 2 * timeout };
}

/** Sentences for a person, before anything is asked. */
export function costOf({ units, settings, silence }: ScanPlan, { link }: ToolContext): readonly string[] {
  const longest = units.length * settings.length * silence;
  const each = settings.length === 1 ? "" : ` with each of ${settings.map(({ text }) => text).join(", ")}`;
  const time = `asking ${units.length} address${units.length === 1 ? "" : "es"}${each} takes at most ${span(longest)}: ${formatDuration(Math.round(silence))} for each that does not answer. Ctrl-C ends it, and shows what was found`;
  const shared = link?.sharedWith ?? [];
  if (shared.length === 0) return [time];
  const names = shared.slice(0, 5).join(", ") + (shared.length > 5 ? ", …" : "");
  return [
    time,
    `the running gateway polls ${names} on this link: each of their reads, and each write, waits for up to ${formatDuration(Math.round(silence))} more until then, and polls are skipped`,
  ];
}

/** What the tool opens the wire with: one setting, and as long to wait as the plan says. */
export function settingArguments(args: ToolArguments, { text }: Setting, { timeout }: ScanPlan): ToolArguments {
  return {
    ...args,
    positionals: args.positionals,
    text: (option) => {
      if (option === "line" && text !== "") return text;
      return option === "timeout" ? `${Math.round(timeout)}ms` : args.text(option);
    },
  };
}

function timeoutOf(args: ToolArguments, settings: readonly Setting[], link: ToolContext["link"]): Millis {
  const given = typedSpan(args, "timeout");
  if (given !== undefined) return given;
  const ofLink = timeoutOfLink(link?.options);
  if (ofLink !== undefined) return ofLink;
  const slowest = Math.max(0, ...settings.map(({ serial }) => (serial === undefined ? 0 : characterTime(serial))));
  if (slowest > 0) return Math.ceil(SERIAL_PATIENCE + CHARACTERS * slowest);
  return NETWORK_PATIENCE;
}

function timeoutOfLink(options: unknown): Millis | undefined {
  if (typeof options !== "object" || options === null || !("timeout" in options)) return undefined;
  return typeof options.timeout === "number" ? options.timeout : undefined;
}

/** A link has its settings; where it is a serial port, they say how long an answer takes. */
function settingOf(link: ToolContext["link"]): Setting {
  const options: unknown = link?.options;
  return isSerialOptions(options) ? { text: "", serial: options.line } : { text: "" };
}

function settingsOf(line: string, bauds: readonly string[], parities: readonly string[]): readonly Setting[] {
  const base = parsedLine(line);
  const rates = bauds.length === 0 ? [base.baudRate] : bauds.map(baudOf);
  const wanted = parities.length === 0 ? [base.parity] : parities.map(parityOf);
  return wanted.flatMap((parity) =>
    rates.map((baudRate) => {
      // V1.02 §2.5.1: without parity there are two stop bits, and hardly a device keeps to it.
      const serial = parsedLine(formatSerialSettings({ ...base, baudRate, parity }));
      return { text: formatSerialSettings(serial), serial };
    }),
  );
}

function parsedLine(text: string): SerialSettings {
  try {
    return parseSerialSettings(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WrongArguments(`--line: ${error.message}`, { cause: error });
  }
}

function baudOf(text: string): number {
  if (/^\d{3,7}$/.test(text)) return Number(text);
  throw new WrongArguments(`--bauds: "${text}" is no baud rate; expected e.g. 9600,19200`);
}

function parityOf(text: string): SerialSettings["parity"] {
  const parity = PARITIES[text.toLowerCase()];
  if (parity !== undefined) return parity;
  throw new WrongArguments(`--parity: expected n, e or o, found "${text}"`);
}

const LAST_UNIT = 255;

/** `1-32`, `1..32`, `1,5,10-20`; each once, in the order given. Throws WrongArguments. */
export function unitsOf(text: string): readonly number[] {
  const units = listOf(text).flatMap((part) => {
    const [, from = "", to = from] = /^(\d{1,3})(?:(?:-|\.\.)(\d{1,3}))?$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === "" || first > last || last > LAST_UNIT) {
      throw new WrongArguments(
        `--units: "${part}" is no address or range up to ${LAST_UNIT}; expected e.g. 1-32 or 1,5,10-20`,
      );
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  if (units.length === 0) throw new WrongArguments("--units: expected addresses, e.g. 1-32");
  return [...new Set(units)];
}

function listOf(text = ""): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** "40 s", "4 min". */
function span(duration: Millis): string {
  const seconds = Math.ceil(duration / SECOND);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
