import { type Logger as PinoLogger, pino } from "pino";
import type { Logger } from "../log.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on standard output, which journald keeps; keys never appear. */
export function pinoLogger(level: LogLevel): Logger {
  return wrap(
    pino({
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ["key", "*.key", "psk", "*.psk", "password", "*.password"], censor: "[hidden]" },
    }),
  );
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
