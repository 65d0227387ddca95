/** JSON as it comes from outside: no number is read as another one, and nothing that comes breaks anything. RFC 8259. */

/** The document, or why there is none, in words that end the sentence "the payload …". */
export type ParsedJson = { readonly value: unknown } | { readonly fault: string };

/** Integers of sixteen digits and more, and exponents of three, may be more than a double holds. */
const DOUBTFUL = /\d{16}|[eE]\+?\d{3}/;
const MOST_SHOWN = 40;

/**
 * Integers that a double does not hold are `bigint`; a number that is too large for both is its text. Of a name that stands
 * twice in an object the last one counts.
 */
export function parseJson(text: string): ParsedJson {
  try {
    return { value: DOUBTFUL.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text) };
  } catch (error) {
    if (error instanceof RangeError) return { fault: "is nested too deeply" };
    if (text.trim() === "") return { fault: "is empty, and no JSON" };
    return {
      fault: `is no JSON: ${JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)}`,
    };
  }
}

/** A reviver; what stood in the text is its third argument. */
function exactNumber(...[, value, context]: readonly unknown[]): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return value;
  const source = sourceOf(context);
  if (source === undefined) return value;
  if (/^-?\d+$/.test(source)) return BigInt(source);
  return Number.isFinite(value) ? value : source;
}

function sourceOf(context: unknown): string | undefined {
  if (typeof context !== "object" || context === null || !("source" in context)) return undefined;
  return typeof context.source === "string" ? context.source : undefined;
}
