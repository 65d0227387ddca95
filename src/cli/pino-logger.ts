import { type Logger as PinoLogger, pino } from "pino";
import type { LogLevel } from "../admin/log-ring.ts";
import type { Logger } from "../log.ts";

export { LOG_LEVELS } from "../admin/log-ring.ts";

/** JSON lines on standard output, which journald keeps; keys never appear. `tap` hears each line as it is written there. */
export function pinoLogger(level: LogLevel, tap: (line: string) => void = () => {}): Logger {
  const out = pino.destination({ fd: process.stdout.fd, sync: true });
  const written = {
    write: (line: string): void => {
      out.write(line);
      tap(line.trimEnd());
    },
  };
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ["key", "*.key", "psk", "*.psk", "password", "*.password"], censor: "[hidden]" },
  };
  return wrap(pino(options, written));
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
