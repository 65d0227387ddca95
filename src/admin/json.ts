/** What the API says and hears, as JSON. */

/** One line. What JSON cannot say: 64-bit integers as text, bytes as hexadecimal. */
export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null, sayable);
}

/** Undefined where the text is no JSON. */
export function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sayable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
