/** In which form the log of the daemon is written, and where it goes. */
import type { LogLevel } from "../admin/log-ring.ts";
import { systemClock } from "../clock.ts";
import type { LogFields, Logger } from "../log.ts";
import { isJournal, journalWriter, type WriteEntry } from "../service/journal.ts";
import type { JournalFields } from "../service/journal-entry.ts";
import type { LoadedAddon } from "../service/native.ts";
import { bothLoggers, lineLogger } from "./line-logger.ts";
import { logSentence, stackOf } from "./log-sentence.ts";
import { pinoLogger, standardOutput } from "./pino-logger.ts";

/** `auto`: the journal where standard output leads there, text on a terminal, JSON anywhere else. */
export const LOG_FORMATS = ["auto", "json", "text", "journal"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** sd-daemon(3): the numbers of syslog. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

export interface LogOutput {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly addon: LoadedAddon;
  /** Hears each line as JSON, in whatever form it is written; ends with a line feed. */
  readonly tap: (line: string) => void;
}

/** The daemon's, on standard output. Says itself what is less than it could be. */
export function daemonLogger({ level, format, addon, tap }: LogOutput): Logger {
  const chosen = format === "auto" ? ownFormat() : format;
  if (chosen === "json") {
    const write = standardOutput();
    return pinoLogger(level, (line) => {
      write(line);
      tap(line);
    });
  }
  const tapped = pinoLogger(level, tap);
  return bothLoggers(chosen === "text" ? lineLogger(level, writeText) : journalLogger(level, addon), tapped);
}

function ownFormat(): Exclude<LogFormat, "auto"> {
  if (isJournal(process.env, process.stdout.fd)) return "journal";
  return process.stdout.isTTY ? "text" : "json";
}

function journalLogger(level: LogLevel, addon: LoadedAddon): Logger {
  if ("native" in addon) {
    const write = journalWriter(addon.native);
    return lineLogger(level, (...line) => writeEntry(write, ...line));
  }
  const log = lineLogger(level, writePrefixed);
  log.warn({ code: "LG803", reason: addon.missing }, "the journal gets sentences without fields");
  return log;
}

/** Where journald cannot take it now, it reads it from standard output once it can. */
function writeEntry(write: WriteEntry, level: LogLevel, fields: LogFields, message: string): void {
  if (!write(entryOf(level, fields, message))) writePrefixed(level, fields, message);
}

function writePrefixed(level: LogLevel, fields: LogFields, message: string): void {
  process.stdout.write(`<${PRIORITIES[level]}>${logSentence(fields, message)}\n`);
}

function writeText(level: LogLevel, fields: LogFields, message: string): void {
  const { err } = fields;
  const time = new Date(systemClock.wall()).toISOString();
  const stack = stackOf(err)?.replaceAll("\n", "\n    ");
  const lines = [
    `${time} ${level.padEnd(5)} ${logSentence(fields, message)}`,
    ...(stack === undefined ? [] : [`    ${stack}`]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** `deviceId` is LWM2M_DEVICE_ID. Of an error the entry has the stack. */
export function entryOf(level: LogLevel, fields: LogFields, message: string): JournalFields {
  const { err, ...others } = fields;
  const stack = stackOf(err);
  const own = Object.entries(others).flatMap(([name, value]) =>
    value === undefined ? [] : [[`LWM2M_${capitals(name)}`, typeof value === "string" ? value : JSON.stringify(value)]],
  );
  return {
    MESSAGE: logSentence(fields, message),
    PRIORITY: String(PRIORITIES[level]),
    SYSLOG_IDENTIFIER: "lwm2m-gateway",
    ...Object.fromEntries(own),
    ...(stack === undefined ? {} : { LWM2M_ERROR: stack }),
  };
}

function capitals(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_");
}
