/** Payloads and topics for a terminal: in one line, shortened, and nothing in them steers it. */

/** The text, or bytes as such; at most `most` characters. */
export function payloadText(payload: Uint8Array, most: number): string {
  if (payload.length === 0) return "(empty)";
  const text = textOf(payload, most);
  if (text !== undefined) return text;
  const size = `${payload.length} bytes: `;
  const shown = Math.max(1, Math.floor((most - size.length) / 3));
  const digits = [...payload.subarray(0, shown)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `${size}${digits.join(" ")}${payload.length > shown ? " …" : ""}`;
}

/** Control characters are spelled, and what is too long ends with "…". */
export function shortened(text: string, most: number): string {
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return shown.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** "1 message", "2 messages" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Undefined: no text that anybody would write. Only its beginning is looked at. */
function textOf(payload: Uint8Array, most: number): string | undefined {
  // No character has more than four bytes of UTF-8.
  const beginning = payload.subarray(0, 4 * most + 4);
  const text = Buffer.from(beginning).toString("utf8");
  // Of a character that is cut in two no more than three bytes are left.
  const whole = beginning.length === payload.length ? text : text.replace(/\ufffd{1,3}$/, "");
  if (/[\ufffd\0]/.test(whole)) return undefined;
  const line = whole.replaceAll(/\s*[\r\n\t]+\s*/g, " ");
  return shortened(beginning.length === payload.length ? line : `${line.slice(0, most)}…`, most);
}
