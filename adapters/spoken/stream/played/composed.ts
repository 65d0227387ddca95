/** A message that a device could say, made of the values that its points have: what reading it takes apart, backwards. */
import type { PointId, RawValue } from "../../../../src/adapter.ts";
import { easiestWord, unscaled } from "../../words.ts";
import { checksumLength, type FrameSettings } from "../framing/frame-settings.ts";
import { endMark, seal } from "../framing/seal.ts";
import { bytesOf, type FieldPlace, type MessageSpec } from "../messages.ts";
import type { SpokenPoint } from "../points.ts";
import type { SpokenDevice } from "../section.ts";

/** The points of a message with their values now. */
export type PointValues = readonly (readonly [SpokenPoint, RawValue])[];

/** The points whose values a message has. */
export function valuesOf(
  points: ReadonlyMap<PointId, SpokenPoint>,
  isMeant: (source: SpokenPoint["source"]) => boolean,
  get: (point: PointId) => RawValue | undefined,
): PointValues {
  return [...points].flatMap(([id, point]) => {
    const value = isMeant(point.source) ? get(id) : undefined;
    return value === undefined ? [] : [[point, value] as const];
  });
}

/** The whole frame; undefined where the pattern takes none with these values. */
export function composed(spec: MessageSpec, values: PointValues, device: SpokenDevice): Uint8Array | undefined {
  const text = textOf(spec, fieldsOf(spec, values), values);
  const body = text === undefined ? undefined : bytesOf(text, device.charset);
  if (body === undefined) return undefined;
  const parts = values.flatMap(([{ part }, value]) =>
    part.kind === "bytes" && value instanceof Uint8Array ? [{ at: part.at, value }] : [],
  );
  return parts.length === 0 ? seal(body, device.frame) : binary(parts, device.frame);
}

function fieldsOf(spec: MessageSpec, values: PointValues): ReadonlyMap<string, string | number> {
  const fields = new Map<string, string | number>();
  for (const [name, [word = ""]] of spec.only) fields.set(name, word);
  for (const [{ quality }] of values) if (quality !== undefined) fields.set(quality.field, quality.good[0] ?? "");
  for (const [{ part, scaleBy }, value] of values) {
    if (part.kind !== "field" || value instanceof Uint8Array) continue;
    const [word, factor] = scaleBy === undefined ? [] : (easiestWord(scaleBy.factors) ?? []);
    if (scaleBy !== undefined && word !== undefined) fields.set(scaleBy.field, word);
    fields.set(part.name, spelled(value, factor ?? 1));
  }
  return fields;
}

function spelled(value: Exclude<RawValue, Uint8Array>, factor: number): string | number {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "number" ? unscaled(value, factor) : String(value);
}

function textOf(
  { matcher, separator, fields: places }: MessageSpec,
  fields: ReadonlyMap<string, string | number>,
  values: PointValues,
): string | undefined {
  const whole = values.find(([{ part }]) => part.kind === "text")?.[1];
  // What was written to a request without a value is nothing that its answer says.
  if (whole !== undefined && takes(matcher, String(whole))) return String(whole);
  let text = matcher === undefined ? "" : matcher.example(fields);
  for (const [name, place] of places) {
    const field = fields.get(name);
    if (text !== undefined && field !== undefined) text = withField(text, place, String(field), separator);
  }
  return text !== undefined && takes(matcher, text) ? text : undefined;
}

function takes(matcher: MessageSpec["matcher"], text: string): boolean {
  return matcher === undefined || matcher.match(text) !== undefined;
}

function withField(text: string, place: FieldPlace, field: string, separator = ""): string {
  if ("column" in place) {
    const columns = text.split(separator);
    while (columns.length <= place.column) columns.push("");
    return columns.with(place.column, field).join(separator);
  }
  const length = place.last - place.first + 1;
  return (
    text.padEnd(place.first).slice(0, place.first) +
    field.padStart(length).slice(0, length) +
    text.slice(place.last + 1)
  );
}

/** The values at their bytes; what lies between is 0, and what says how long it is says that. */
function binary(
  parts: readonly { readonly at: number; readonly value: Uint8Array }[],
  frame: FrameSettings,
): Uint8Array {
  const { start, end, checksum } = frame;
  const around = start.length + endMark(frame).length + (checksum === undefined ? 0 : checksumLength(checksum));
  const needed = Math.max(start.length, ...parts.map(({ at, value }) => at + value.length));
  const size = end.kind === "size" ? end.size - around : needed - start.length;
  const body = new Uint8Array(Math.max(0, size));
  for (const { at, value } of parts)
    body.set(value.subarray(0, Math.max(0, body.length + start.length - at)), at - start.length);
  if (end.kind === "length") {
    const said = body.length + around - end.plus;
    const bytes = { u8: [said], u16: [said >> 8, said], u16le: [said, said >> 8] }[end.as];
    body.set(
      bytes.map((byte) => byte & 0xff),
      end.at - start.length,
    );
  }
  return seal(body, frame);
}
