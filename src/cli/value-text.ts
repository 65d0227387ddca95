/** Values as lines of text. */
import { SECOND, type UnixMillis } from "../clock.ts";
import type { ShownValue } from "../gateway/operator/operator.ts";
import { span } from "./countdown.ts";

/** A row of a table; `now` where it tells how old the value is, if that is worth a word. */
export function valueRow({ path, name, value, unit, time, held }: ShownValue, now?: UnixMillis): readonly string[] {
  const shown = [plain(value), unit].filter((part) => part !== undefined && part !== "").join(" ");
  const age = now === undefined || now - time < WORTH_A_WORD ? [] : [`${span(now - time)} ago`];
  const notes = [...age, ...(held === true ? ["the last one known"] : [])];
  return [path, name, shown, notes.join("; ")];
}

const WORTH_A_WORD = 10 * SECOND;

/** A device's text is no command to the terminal. */
function plain(value: ShownValue["value"]): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  return String(value).replaceAll(/\p{Cc}/gu, "?");
}
