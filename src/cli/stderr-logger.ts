import type { LogFields, Logger } from "../log.ts";

/** For a command that does its work and ends: what somebody must know is a sentence, the rest is not said. */
export const stderrLogger: Logger = {
  error: tell,
  warn: tell,
  info: () => {},
  debug: () => {},
  debugging: false,
  child: () => stderrLogger,
};

function tell({ file, reason }: LogFields, message: string): void {
  const details = [file, reason].filter((detail) => typeof detail === "string");
  process.stderr.write(`lwm2m-gateway: ${message}${details.length === 0 ? "" : ` (${details.join(": ")})`}\n`);
}
