import { UsageError } from "./command.ts";

/** Of `--server`: a Short Server ID. Throws UsageError. */
export function shortServerId(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text) && Number(text) < 65535) return Number(text);
  throw new UsageError(`--server ${text}: expected a Short Server ID, such as 101`);
}
