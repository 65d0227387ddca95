/** Bytes that a device could have, made of the values that its points have: what reading takes apart, backwards. */
import type { PointId, RawValue, SimulatedDevice } from "../../../src/adapter.ts";
import type { CharacteristicDecoder, FieldKind, FieldValue } from "../decoders/decoder.ts";
import type { BlePoint, Slice } from "../points.ts";
import type { BleDevice } from "../section.ts";
import type { BleStep } from "../steps.ts";

export type PlayedBle = SimulatedDevice<BleDevice, BlePoint, BleStep>;

/** What points say of the same bytes. */
export interface PlayedPart {
  readonly point: PointId;
  readonly part: Slice | { readonly decoder: CharacteristicDecoder; readonly field: string };
}

/** Parts that count where the bytes begin so. */
export interface Message {
  readonly begins?: Uint8Array | undefined;
  readonly parts: readonly PlayedPart[];
}

/** The messages of parts: one for each beginning that there is. What counts with any beginning is in each of them. */
export function messagesOf(
  parts: readonly (PlayedPart & { readonly begins?: Uint8Array | undefined })[],
): readonly Message[] {
  const beginnings = new Map<string, Uint8Array>();
  for (const { begins } of parts) if (begins !== undefined) beginnings.set(hexOf(begins), begins);
  if (beginnings.size === 0) return [{ parts }];
  return [...beginnings].map(([hex, begins]) => ({
    begins,
    parts: parts.filter((part) => part.begins === undefined || hexOf(part.begins) === hex),
  }));
}

/** What lies between values is 0. Undefined: no value of it is known. */
export function composed({ begins, parts }: Message, played: PlayedBle): Uint8Array | undefined {
  const pieces = [...decodedPieces(parts, played), ...slicedPieces(parts, played)];
  if (pieces.length === 0) return undefined;
  const all = begins === undefined ? pieces : [...pieces, { at: 0, bytes: begins }];
  const whole = new Uint8Array(Math.max(...all.map(({ at, bytes }) => at + bytes.length)));
  for (const { at, bytes } of all) whole.set(bytes, at);
  return whole;
}

/** A value as a field has it, in whatever kind the core gave it. Undefined: it is none of that kind. */
export function fieldValue(raw: RawValue, { type }: Pick<FieldKind, "type">): FieldValue | undefined {
  switch (type) {
    case "boolean":
      return raw === true || raw === "true" || (typeof raw !== "object" && Number(raw) === 1);
    case "bytes":
      return typeof raw === "object" ? raw : Uint8Array.from(Buffer.from(String(raw), "hex"));
    case "text":
      return typeof raw === "object" ? Buffer.from(raw).toString("utf8") : String(raw);
    case "number": {
      const number = typeof raw === "object" ? Number.NaN : Number(raw);
      return Number.isNaN(number) ? undefined : number;
    }
  }
}

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

function slicedPieces(parts: readonly PlayedPart[], played: PlayedBle): readonly Piece[] {
  return parts.flatMap(({ point, part }) => {
    const value = "at" in part ? played.get(point) : undefined;
    return "at" in part && value instanceof Uint8Array ? [{ at: part.at, bytes: value }] : [];
  });
}

/** All fields of one characteristic have one decoder. */
function decodedPieces(parts: readonly PlayedPart[], played: PlayedBle): readonly Piece[] {
  const fields = new Map<string, FieldValue>();
  let decoder: CharacteristicDecoder | undefined;
  for (const { point, part } of parts) {
    if ("at" in part) continue;
    decoder = part.decoder;
    const kind = decoder.fields.get(part.field);
    const raw = played.get(point);
    const value = kind === undefined || raw === undefined ? undefined : fieldValue(raw, kind);
    if (value !== undefined) fields.set(part.field, value);
  }
  return decoder === undefined || fields.size === 0 ? [] : [{ at: 0, bytes: decoder.encode(fields) }];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
