/** A line of the log as a person reads it: whom it is about, the sentence, and what else there is to say. */
import type { LogFields } from "../log.ts";

/** "meter-1: the device is offline (reason: no answer; until: 2026-…)": one line, whatever the fields have in them. */
export function logSentence(fields: LogFields, message: string): string {
  const { device, server, link, err, code, ...others } = fields;
  const subject = [
    ...(device === undefined ? [] : [shown(device)]),
    ...(server === undefined ? [] : [`server ${shown(server)}`]),
    ...(link === undefined || device !== undefined ? [] : [`link ${shown(link)}`]),
  ].join(", ");
  const cause = err instanceof Error && !message.includes(err.message) ? { reason: err.message } : {};
  const details = Object.entries({ ...others, ...cause }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${shown(value)}`],
  );
  const bracket = details.length === 0 ? "" : ` (${details.join("; ")})`;
  const line = `${subject === "" ? "" : `${subject}: `}${message}${bracket}${code === undefined ? "" : ` [${shown(code)}]`}`;
  return line.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Its stack, and that of each cause; undefined: it is no error. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = stackOf(error.cause);
  return `${error.stack ?? error.message}${cause === undefined ? "" : `\ncaused by: ${cause}`}`;
}

/** What keys and passwords are called, at most one level down, is never told. */
const SECRETS = ["key", "psk", "password"];
const HIDDEN = "[hidden]";

/** The paths of pino for the same. */
export const REDACTED = { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: HIDDEN };

export function withoutSecrets(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (SECRETS.includes(name)) return [name, HIDDEN];
      return [name, isPlainObject(value) ? hideIn(value) : value];
    }),
  );
}

function hideIn(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, SECRETS.includes(name) ? HIDDEN : inner]),
  );
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}
