/** What recognition asks of payloads. They come from anybody: nothing of them is what it should be. */
import type { Message } from "../../message.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Longer payloads are no announcement: what a device says of itself has a few kilobytes, a list of all devices a few hundred. */
const LONGEST = 4 * 1024 * 1024;

/** The payload as JSON; undefined: it is none. */
export function jsonOf(message: Message): unknown {
  if (message.payload.length > LONGEST) return undefined;
  return "value" in message.json ? message.json.value : undefined;
}

/** The payload as a JSON object; undefined: it is none. */
export function objectOf(message: Message): JsonObject | undefined {
  const value = jsonOf(message);
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that the object itself has. */
export function memberOf(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** More is no name of anything. */
const LONGEST_TEXT = 200;

/** Text that can be a name: not empty, not endless, in one line. */
export function nameAt(object: unknown, name: string): string | undefined {
  const text = memberOf(object, name);
  return typeof text === "string" && isName(text) ? text : undefined;
}

export function isName(text: string): boolean {
  return text !== "" && text.length <= LONGEST_TEXT && !/\p{Cc}/u.test(text);
}

/** The words that there are, with a space between them. */
export function joined(...words: readonly (string | undefined)[]): string | undefined {
  const text = words.filter((word) => word !== undefined && word !== "").join(" ");
  return text === "" ? undefined : text;
}
