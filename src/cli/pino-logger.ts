import { type Logger as PinoLogger, pino } from "pino";
import type { LogLevel } from "../admin/log-ring.ts";
import type { Logger } from "../log.ts";
import { REDACTED } from "./log-sentence.ts";

export { LOG_LEVELS } from "../admin/log-ring.ts";

/** Lines of JSON, each ending with a line feed; keys never appear. */
export function pinoLogger(level: LogLevel, write: (line: string) => void): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: REDACTED,
  };
  return wrap(pino(options, { write }));
}

/** Standard output: what was written is out, however the process ends. */
export function standardOutput(): (line: string) => void {
  const out = pino.destination({ fd: process.stdout.fd, sync: true });
  return (line) => {
    out.write(line);
  };
}

function wrap(log: PinoLogger): Logger {
  return {
    error: (fields, message) => log.error(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    info: (fields, message) => log.info(fields, message),
    debug: (fields, message) => log.debug(fields, message),
    debugging: log.isLevelEnabled("debug"),
    child: (fields) => wrap(log.child(fields)),
  };
}
