/** Whether a message is the awaited answer, and what it says. */
import { valueAt } from "./json-path.ts";
import type { Message } from "./message.ts";
import { ID, type ReplySpec } from "./request-spec.ts";
import { type Condition, holds, wordOf } from "./router.ts";

export type ReplyOutcome =
  /** It is something else. */
  { readonly kind: "other" } | { readonly kind: "done" } | { readonly kind: "refused"; readonly reason: string };

/** `id`: the number of the request. */
export function readReply({ match, ok, error }: ReplySpec, id: number, message: Message): ReplyOutcome {
  const { json } = message;
  // Where no word is wanted any answer will do, be it JSON or not.
  if ("fault" in json) return { kind: match.length + ok.length === 0 ? "done" : "other" };
  const wanted = match.map((condition) => withId(condition, id));
  if (!holds(wanted, json.value)) return { kind: "other" };
  const found = error === undefined ? undefined : valueAt(json.value, error);
  // An answer that has no word for success, as JSON-RPC, has an error where it was none.
  const done = ok.length > 0 ? holds(ok, json.value) : found === undefined || found === null;
  if (done) return { kind: "done" };
  return { kind: "refused", reason: wordOf(found) ?? `the device says ${JSON.stringify(shown(message.text))}` };
}

function withId({ path, words }: Condition, id: number): Condition {
  return { path, words: words.map((word) => (word === ID ? String(id) : word)) };
}

const MOST_SHOWN = 80;

function shown(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
