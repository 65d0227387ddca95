import { isErrorCode } from "../../src/error-codes.ts";
import type { LogFields, Logger } from "../../src/log.ts";

export interface LogLine {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that adds each line to the list; a child's fields are in each of its lines. The codes, which the types see to, are left out. */
export function recordingLogger(lines: Pick<LogLine[], "push">, own: LogFields = {}): Logger {
  const at = (level: LogLine["level"]) => (fields: LogFields, message: string) => {
    const { code, ...rest } = fields;
    const told = typeof code === "string" && isErrorCode(code) ? rest : fields;
    lines.push({ level, fields: { ...own, ...told }, message });
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    debugging: true,
    child: (fields) => recordingLogger(lines, { ...own, ...fields }),
  };
}
