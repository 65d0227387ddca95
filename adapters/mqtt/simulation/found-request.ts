/** Which request of a mapping something is that was published to a device, and what stands in its holes: templates read backwards. */
import type { RawValue } from "../../../src/adapter.ts";
import type { RequestSpec } from "../request-spec.ts";
import type { Piece, Template } from "../template.ts";

export interface FoundRequest {
  readonly request: RequestSpec;
  /** What stands in the place of {value}; absent: it has none. */
  readonly value?: RawValue | undefined;
  /** What stands in the place of {id}. */
  readonly id?: string | undefined;
}

/** Longer payloads are no command of anybody. */
const LONGEST = 64 * 1024;

/** Of several requests to one topic the first that fits. Undefined: none does. */
export function foundRequest(
  requests: Iterable<RequestSpec>,
  topic: string,
  payload: Buffer,
): FoundRequest | undefined {
  if (payload.length > LONGEST) return undefined;
  for (const request of requests) {
    const holes = request.topic === topic ? holesOf(request.payload, payload) : undefined;
    if (holes !== undefined) return { request, ...holes };
  }
  return undefined;
}

type Holes = Omit<FoundRequest, "request">;

function holesOf(template: Template, payload: Buffer): Holes | undefined {
  if (template.kind === "bytes") return template.bytes.equals(payload) ? {} : undefined;
  const { pieces } = template;
  const text = payload.toString("utf8");
  return readBackwards(pieces, text) ?? readBackwards(pieces, compact(text));
}

/** JSON without blanks, as templates have it; other text as it is. */
function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

type Hole = Extract<Piece, { readonly kind: "hole" }>;

const PATTERNS: Readonly<Record<Hole["place"], string>> = {
  text: "([\\s\\S]*)",
  quoted: '((?:[^"\\\\]|\\\\.)*)',
  json: '("(?:[^"\\\\]|\\\\.)*"|[^"{}\\[\\],\\s]+)',
};

function readBackwards(pieces: readonly Piece[], text: string): Holes | undefined {
  const pattern = pieces.map((piece) => (piece.kind === "literal" ? escaped(piece.text) : PATTERNS[piece.place]));
  const match = new RegExp(`^${pattern.join("")}$`).exec(text);
  if (match === null) return undefined;
  let holes: Holes = {};
  for (const [i, hole] of pieces.filter((piece) => piece.kind === "hole").entries()) {
    const value = valueIn(match[i + 1] ?? "", hole);
    if (value === undefined) return undefined;
    holes = hole.name === "id" ? { ...holes, id: String(value) } : { ...holes, value };
  }
  return holes;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** Undefined: nothing that could stand there. */
function valueIn(text: string, { place }: Hole): RawValue | undefined {
  if (place === "text") return text;
  try {
    const value: unknown = JSON.parse(place === "quoted" ? `"${text}"` : text);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
  } catch {
    return undefined;
  }
}
