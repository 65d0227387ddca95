import type { ErrorCode } from "./error-codes.ts";

/** What a log line carries beside its sentence, e.g. `{ device: "meter-1" }`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Those of a line that somebody should look at: `code` is its section of docs/errors.md. */
export type CodedFields = LogFields & { readonly code: ErrorCode };

/**
 * The log as the program sees it; `pinoLogger` in cli/ writes it. Levels: `error` somebody must act; `warn` it healed
 * itself but look; `info` a state changed; `debug` each exchange.
 */
export interface Logger {
  error(fields: CodedFields, message: string): void;
  warn(fields: CodedFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  /** Whether debug lines are kept: who would have to work for their fields asks first. */
  readonly debugging: boolean;
  /** A logger that adds these fields to each line. */
  child(fields: LogFields): Logger;
  /** Where lines that repeat themselves are held back: for whoever sees to that by itself. */
  readonly unlimited?: Logger;
}

const ignore = (): void => {};
/** Says nothing. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  debugging: false,
  child: () => silentLogger,
};
