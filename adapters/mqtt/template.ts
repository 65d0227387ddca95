/** What is published: text, JSON or bytes, into which a value and a number of the request go. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";

/** What goes into the holes. */
export interface Filling {
  readonly value?: RawValue | undefined;
  /** `{id}`: a number that this request has for itself. */
  readonly id: number;
  /** What goes into holes of other names. */
  readonly words?: Words;
}

/** By the names of holes. */
export type Words = Readonly<Record<string, string | number>>;

export type Piece =
  | { readonly kind: "literal"; readonly text: string }
  /** `quoted`: within a text of JSON; `json`: it is a value of JSON itself. */
  | {
      readonly kind: "hole";
      readonly name: string;
      readonly decimals?: number;
      readonly place: "text" | "quoted" | "json";
    };

export type Template =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "pieces"; readonly pieces: readonly Piece[] };

/** The names of the holes of requests. */
const OF_REQUESTS = ["value", "id"] as const;

/** Of text: what stands there, holes filled. */
export function textTemplate(text: string, holes: readonly string[] = OF_REQUESTS): Template {
  return { kind: "pieces", pieces: piecesOf(text, "text", holeOf(holes)) };
}

/** Of JSON: a text that is a hole and nothing else becomes the value itself, a number a number. */
export function jsonTemplate(document: unknown, holes: readonly string[] = OF_REQUESTS): Template {
  return { kind: "pieces", pieces: joined(jsonPieces(document, holeOf(holes))) };
}

export function bytesTemplate(bytes: Buffer): Template {
  return { kind: "bytes", bytes };
}

/** Whether there is such a hole. */
export function takes(template: Template, name: string): boolean {
  return template.kind === "pieces" && template.pieces.some((piece) => piece.kind === "hole" && piece.name === name);
}

/** Throws DeviceError `rejected` where the value cannot stand there. */
export function payloadOf(template: Template, filling: Filling): Buffer {
  if (template.kind === "bytes") return template.bytes;
  const { pieces } = template;
  const [only, ...more] = pieces;
  if (more.length === 0 && only?.kind === "hole" && only.place === "text" && filling.value instanceof Uint8Array) {
    return Buffer.from(filling.value);
  }
  return Buffer.from(filledIn(pieces, filling));
}

/** The same as text, for a template that is one. Throws DeviceError `rejected` likewise. */
export function textOf(template: Template, filling: Filling): string {
  return template.kind === "bytes" ? template.bytes.toString() : filledIn(template.pieces, filling);
}

function filledIn(pieces: readonly Piece[], filling: Filling): string {
  let text = "";
  for (const piece of pieces) text += piece.kind === "literal" ? piece.text : filled(piece, filling);
  return text;
}

function filled({ name, decimals, place }: Piece & { readonly kind: "hole" }, filling: Filling): string {
  const value = name === "id" ? filling.id : name === "value" ? filling.value : filling.words?.[name];
  if (value === undefined) throw new DeviceError("rejected", "the request needs a value");
  if (value instanceof Uint8Array) throw new DeviceError("rejected", "bytes cannot stand in a text: give `encoding`");
  const number = decimals === undefined || typeof value === "boolean" ? Number.NaN : Number(value);
  const rounded = Number.isFinite(number) ? number.toFixed(decimals) : undefined;
  if (place === "json") return rounded === undefined ? jsonScalar(value) : String(Number(rounded));
  const text = rounded ?? String(value);
  return place === "quoted" ? JSON.stringify(text).slice(1, -1) : text;
}

function jsonScalar(value: string | number | bigint | boolean): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new DeviceError("rejected", `JSON has no number ${value}`);
  }
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

/** `{value}`, `{value:2}`, `{id}`: one of these names, and with how many decimals. */
function holeOf(names: readonly string[]): RegExp {
  return new RegExp(`\\{(${names.join("|")})(?::(\\d))?\\}`);
}

function piecesOf(text: string, place: "text" | "quoted", hole: RegExp): Piece[] {
  const parts = text.split(hole);
  const pieces: Piece[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const literal = parts[i] ?? "";
    if (literal !== "") {
      pieces.push({ kind: "literal", text: place === "quoted" ? JSON.stringify(literal).slice(1, -1) : literal });
    }
    const name = parts[i + 1];
    if (name !== undefined) pieces.push({ kind: "hole", name, ...decimalsOf(parts[i + 2]), place });
  }
  return pieces;
}

function jsonPieces(document: unknown, hole: RegExp): Piece[] {
  if (typeof document === "string") {
    const [whole, name, decimals] = hole.exec(document) ?? [];
    if (whole === document && name !== undefined) {
      return [{ kind: "hole", name, ...decimalsOf(decimals), place: "json" }];
    }
    return [literal('"'), ...piecesOf(document, "quoted", hole), literal('"')];
  }
  if (Array.isArray(document)) {
    return [literal("["), ...separated(document.map((one) => jsonPieces(one, hole))), literal("]")];
  }
  if (typeof document === "object" && document !== null) {
    const members = Object.entries(document).map(([name, value]) => [
      literal(`${JSON.stringify(name)}:`),
      ...jsonPieces(value, hole),
    ]);
    return [literal("{"), ...separated(members), literal("}")];
  }
  return [literal(typeof document === "bigint" ? String(document) : (JSON.stringify(document) ?? "null"))];
}

function separated(lists: readonly (readonly Piece[])[]): Piece[] {
  return lists.flatMap((pieces, i) => (i === 0 ? pieces : [literal(","), ...pieces]));
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.kind === "literal" && last?.kind === "literal")
      result[result.length - 1] = literal(last.text + piece.text);
    else result.push(piece);
  }
  return result;
}

function literal(text: string): Piece {
  return { kind: "literal", text };
}

function decimalsOf(text: string | undefined): { readonly decimals?: number } {
  return text === undefined ? {} : { decimals: Number(text) };
}
