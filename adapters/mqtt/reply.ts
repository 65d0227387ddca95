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
  if (match.length + ok.length === 0) return { kind: "done" };
  const { json } = message;
  if ("fault" in json) return { kind: "other" };
  const wanted = match.map((condition) => withId(condition, id));
  if (!holds(wanted, json.value)) return { kind: "other" };
  if (holds(ok, json.value)) return { kind: "done" };
  const reason = error === undefined ? undefined : wordOf(valueAt(json.value, error));
  return { kind: "refused", reason: reason ?? `the device says ${JSON.stringify(shown(message.text))}` };
}

function withId({ path, words }: Condition, id: number): Condition {
  return { path, words: words.map((word) => (word === ID ? String(id) : word)) };
}

const MOST_SHOWN = 80;

function shown(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
