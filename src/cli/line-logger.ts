import { LOG_LEVELS, type LogLevel } from "../admin/log-ring.ts";
import type { LogFields, Logger } from "../log.ts";
import { withoutSecrets } from "./log-sentence.ts";

/** Writes one line of the log; keys are hidden already. */
export type WriteLine = (level: LogLevel, fields: LogFields, message: string) => void;

/** A logger for whoever writes lines in a way of its own. */
export function lineLogger(least: LogLevel, write: WriteLine, common: LogFields = {}): Logger {
  const kept = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(least) + 1);
  const at = (level: LogLevel): Logger["info"] =>
    kept.includes(level)
      ? (fields, message) => write(level, withoutSecrets({ ...common, ...fields }), message)
      : () => {};
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    debugging: kept.includes("debug"),
    child: (fields) => lineLogger(least, write, { ...common, ...fields }),
  };
}

/** Says everything to both. */
export function bothLoggers(one: Logger, other: Logger): Logger {
  const coded =
    (level: "error" | "warn"): Logger["warn"] =>
    (fields, message) => {
      one[level](fields, message);
      other[level](fields, message);
    };
  const plain =
    (level: "info" | "debug"): Logger["info"] =>
    (fields, message) => {
      one[level](fields, message);
      other[level](fields, message);
    };
  return {
    error: coded("error"),
    warn: coded("warn"),
    info: plain("info"),
    debug: plain("debug"),
    debugging: one.debugging || other.debugging,
    child: (fields) => bothLoggers(one.child(fields), other.child(fields)),
  };
}
