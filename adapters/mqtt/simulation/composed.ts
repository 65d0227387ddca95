/** A message that a device could publish, made of the values that its points have: what reading it takes apart, backwards. */
import type { PointId, RawValue, SimulatedDevice, UnixMillis } from "../../../src/adapter.ts";
import { easiestWord, unscaled } from "../../spoken/words.ts";
import type { JsonPath } from "../json-path.ts";
import type { MqttPoint, Part } from "../points.ts";
import { ID, type ReplySpec, type RequestSpec } from "../request-spec.ts";
import type { Condition } from "../router.ts";
import type { AvailabilitySpec, MqttDevice, TopicSpec } from "../section.ts";

export type PlayedMqtt = SimulatedDevice<MqttDevice, MqttPoint>;

/** Signal strength and link quality that are neither good nor bad. */
const USUAL_RSSI = -67;
const USUAL_QUALITY = 120;

/** A message of a topic. Undefined: its points have nothing to say. */
export function stateOf(device: PlayedMqtt, topic: TopicSpec, now: UnixMillis): Buffer | undefined {
  const values = valuesOf(device, ({ source }) => source.kind === "topic" && source.topic.name === topic.name);
  const signal = topic.name === device.device.signal?.topic ? device.device.signal : undefined;
  if (values.length === 0 && signal === undefined) return undefined;
  return payloadOf(values, [
    ...topic.only.map(firstWord),
    ...(topic.time === undefined ? [] : [[topic.time, new Date(now).toISOString()] as const]),
    ...(signal?.rssi === undefined ? [] : [[signal.rssi, USUAL_RSSI] as const]),
    ...(signal?.linkQuality === undefined ? [] : [[signal.linkQuality, USUAL_QUALITY] as const]),
  ]);
}

/** The answer to a request. `id`: the number that it had, as text; `refusal`: why it was not done. */
export function answerOf(
  device: PlayedMqtt,
  request: RequestSpec & { readonly reply: ReplySpec },
  { id, refusal }: { readonly id: string | undefined; readonly refusal?: string },
): Buffer {
  const { match, ok, error } = request.reply;
  const known = match.map((condition) => firstWord(withId(condition, id)));
  if (refusal !== undefined)
    return payloadOf([], [...known, ...(error === undefined ? [] : [[error, refusal] as const])]);
  const values = valuesOf(device, ({ source }) => source.kind === "request" && source.request.name === request.name);
  return payloadOf(values, [...known, ...ok.map(firstWord)]);
}

/** What says whether the device is there. */
export function lifeSign({ path, online, offline }: AvailabilitySpec, isOnline: boolean): string {
  const word = (isOnline ? online : offline)[0] ?? "";
  return path === undefined ? word : JSON.stringify(withValue(undefined, path, word));
}

/** Where something is published that a mapping knows by a filter. */
export function topicOf(filter: string): string {
  return filter.replaceAll("+", "sim").replace(/#$/, "sim");
}

/** The points of a message with their values now. */
type PointValues = readonly (readonly [MqttPoint, RawValue])[];
type Placed = readonly [JsonPath, unknown];

function valuesOf(device: PlayedMqtt, isMeant: (point: MqttPoint) => boolean): PointValues {
  return [...device.points].flatMap(([id, point]: readonly [PointId, MqttPoint]) => {
    const value = isMeant(point) ? device.get(id) : undefined;
    return value === undefined ? [] : [[point, value] as const];
  });
}

/** JSON, where one of the points stands at a path; else what the first one is. */
function payloadOf(values: PointValues, beside: readonly Placed[]): Buffer {
  const placed = values.flatMap(([point, value]) => placedOf(point, value, values));
  if (placed.length === 0 && values.length > 0) return wholePayload(values);
  const document = [...placed, ...beside].reduce<unknown>((made, [path, value]) => withValue(made, path, value), {});
  return Buffer.from(JSON.stringify(document));
}

function placedOf({ part, scaleBy, quality }: MqttPoint, value: RawValue, values: PointValues): readonly Placed[] {
  if (part.path === undefined) return [];
  const { path } = part;
  const [word, factor = 1] = scaleBy === undefined ? [] : (easiestWord(scaleBy.factors) ?? []);
  return [
    [path, value instanceof Uint8Array ? written(bytesAt(path, values), part) : scalar(value, factor)],
    ...(scaleBy === undefined || word === undefined ? [] : [[scaleBy.path, word] as const]),
    ...(quality?.part.path === undefined || quality.part.bytes !== undefined
      ? []
      : [firstWord({ path: quality.part.path, words: [goodWord(quality, values)] })]),
  ];
}

type Quality = NonNullable<MqttPoint["quality"]>;

/** A word that all who look there take for good, where there is one. */
function goodWord({ part, good }: Quality, values: PointValues): string {
  const key = JSON.stringify(part);
  const others = values.flatMap(([{ quality }]) => (JSON.stringify(quality?.part) === key ? (quality ?? []) : []));
  return good.find((word) => others.every((other) => other.good.includes(word))) ?? good[0] ?? "";
}

function scalar(value: Exclude<RawValue, Uint8Array>, factor: number): unknown {
  if (typeof value === "number") return factor === 1 ? value : unscaled(value, factor);
  return typeof value === "bigint" ? String(value) : value;
}

function wholePayload(values: PointValues): Buffer {
  const [first] = values;
  if (first === undefined) return Buffer.alloc(0);
  const [{ part }, value] = first;
  if (!(value instanceof Uint8Array)) return Buffer.from(String(value));
  const bytes = bytesAt(undefined, values);
  return part.encoding === undefined ? bytes : Buffer.from(written(bytes, part));
}

/** All that is binary in one place: the bytes of each at its own, and those that say whether they are to be believed. */
function bytesAt(path: JsonPath | undefined, values: PointValues): Buffer {
  const key = JSON.stringify(path);
  const isHere = (part: Part | undefined): boolean => part?.bytes !== undefined && JSON.stringify(part.path) === key;
  const parts = values.flatMap(([{ part, quality }, value]) => [
    ...(value instanceof Uint8Array && isHere(part) ? [{ at: part.bytes?.at ?? 0, value }] : []),
    ...(quality !== undefined && isHere(quality.part)
      ? [{ at: quality.part.bytes?.at ?? 0, value: Uint8Array.of(Number(goodWord(quality, values))) }]
      : []),
  ]);
  const bytes = Buffer.alloc(Math.max(0, ...parts.map(({ at, value }) => at + value.length)));
  for (const { at, value } of parts) bytes.set(value, at);
  return bytes;
}

function written(bytes: Buffer, { encoding = "hex" }: Part): string {
  return bytes.toString(encoding);
}

/** The word, as a device would write it: a number as a number. */
function firstWord({ path, words: [word = ""] }: Condition): Placed {
  const isNumber = /^-?(?:0|[1-9]\d{0,14})(?:\.\d*[1-9])?$/.test(word);
  if (isNumber) return [path, Number(word)];
  return [path, word === "true" || word === "false" ? word === "true" : word];
}

function withId({ path, words }: Condition, id: string | undefined): Condition {
  return { path, words: words.map((word) => (word === ID && id !== undefined ? id : word)) };
}

/** The document with this value at the path. Names such as `__proto__` are names like any other. */
function withValue(document: unknown, [step, ...rest]: JsonPath, value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === "number") {
    const items: unknown[] = Array.isArray(document) ? [...document] : [];
    while (items.length < step) items.push(null);
    items[step] = withValue(items[step], rest, value);
    return items;
  }
  const members = typeof document === "object" && document !== null && !Array.isArray(document) ? document : {};
  const own = Object.hasOwn(members, step) ? Reflect.get(members, step) : undefined;
  return { ...members, [step]: withValue(own, rest, value) };
}
