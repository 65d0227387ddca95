/** What a mapping makes of a frame: which answer or message it is, its fields, and the values that servers would see. */
import { DeviceError, type RawValue, type ToolDevice, table } from "../../../src/adapter.ts";
import { wholeFrame } from "../../spoken/stream/delivered.ts";
import { endMark, type FrameParts, partsOf } from "../../spoken/stream/framing/seal.ts";
import { type Message, type MessageSpec, readMessage, textOf } from "../../spoken/stream/messages.ts";
import { pointValue } from "../../spoken/stream/point-value.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { RequestSpec, SpokenDevice } from "../../spoken/stream/section.ts";
import { hexOf, signsOf } from "./byte-text.ts";

export type MappedDevice = ToolDevice<SpokenDevice, SpokenPoint>;

export interface Explanation {
  /** For a person. */
  readonly lines: readonly string[];
  readonly data: ExplainedFrame;
  /** Whether it is a good frame, and means something. */
  readonly ok: boolean;
}

/** Plain data. */
export interface ExplainedFrame {
  readonly hex: string;
  readonly text: string;
  /** Absent: frames of this mapping have none. */
  readonly checksum?: { readonly found: string; readonly wanted: string; readonly right: boolean };
  readonly fits: readonly ExplainedFit[];
}

export interface ExplainedFit {
  readonly kind: "answer" | "refusal" | "message";
  /** Of the request or of the message. */
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Why the device says no. */
  readonly reason?: string;
  readonly values: readonly ExplainedValue[];
}

export interface ExplainedValue {
  readonly path: string;
  readonly name: string;
  readonly unit?: string;
  readonly value?: string;
  readonly bad?: string;
}

/** `request`: it came when that was asked. Marks and checksum may be missing, as in a vector. */
export function explain(mapped: MappedDevice, given: Uint8Array, request?: RequestSpec): Explanation {
  const { frame: settings, charset } = mapped.device;
  const bytes = wholeFrame(given, settings);
  const parts = partsOf(bytes, settings);
  if (parts === undefined) return tooShort(bytes);
  const text = textOf(parts.body, charset);
  const fits = fitsOf({ frame: { bytes, body: parts.body }, text, fields: new Map() }, mapped, request);
  const right = parts.sum?.right !== false;
  const data: ExplainedFrame = { hex: hexOf(bytes), text, ...checksumData(parts), fits };
  const lines = [
    `${bytes.length} bytes: ${signsOf(bytes)}`,
    ...checksumLines(parts),
    ...(right ? [] : ["  the gateway drops it; were its checksum right, it would be:"]),
    ...fits.flatMap((fit) => fitLines(fit, right ? vectorText(bytes, parts, mapped.device) : undefined)),
    ...(fits.length > 0 ? [] : noneLines(mapped.device, request)),
  ];
  return { lines: lines.map(harmless), data, ok: right && fits.some(({ kind }) => kind !== "refusal") };
}

function tooShort(bytes: Uint8Array): Explanation {
  return {
    lines: [`${bytes.length} bytes: ${signsOf(bytes)}`, "  wrong: too few bytes for a frame of this mapping"],
    data: { hex: hexOf(bytes), text: "", fits: [] },
    ok: false,
  };
}

function fitsOf(read: Message, mapped: MappedDevice, asked?: RequestSpec): readonly ExplainedFit[] {
  const { requests, messages } = mapped.device;
  const answers = [...requests.values()]
    .filter((request) => asked === undefined || request === asked)
    .flatMap((request) => answerFit(request, read, mapped));
  // One that is awaited is no message; of several messages that fit the first is taken.
  if (asked !== undefined && answers.length > 0) return answers;
  const message = [...messages].flatMap(([name, spec]) => messageFit(name, spec, read, mapped)).slice(0, 1);
  return [...answers, ...message];
}

/** What any frame fits says nothing where nobody asked. */
function answerFit(
  { name, answer, failures }: RequestSpec,
  { frame, text }: Message,
  mapped: MappedDevice,
): readonly ExplainedFit[] {
  const failure = failures.find(({ matcher }) => matcher.match(text) !== undefined);
  if (failure !== undefined) return [{ kind: "refusal", name, fields: {}, reason: failure.reason, values: [] }];
  const message = answer === undefined ? undefined : readMessage(answer, frame, text);
  if (message === undefined) return [];
  const isOf = (source: SpokenPoint["source"]): boolean => source.kind === "request" && source.request.name === name;
  return [{ kind: "answer", name, fields: plain(message), values: valuesOf(message, mapped, isOf) }];
}

function messageFit(
  name: string,
  spec: MessageSpec,
  { frame, text }: Message,
  mapped: MappedDevice,
): readonly ExplainedFit[] {
  const message = readMessage(spec, frame, text);
  if (message === undefined) return [];
  const isOf = (source: SpokenPoint["source"]): boolean => source.kind === "message" && source.name === name;
  return [{ kind: "message", name, fields: plain(message), values: valuesOf(message, mapped, isOf) }];
}

function plain({ fields }: Message): Readonly<Record<string, string>> {
  return Object.fromEntries(fields);
}

function valuesOf(
  message: Message,
  mapped: MappedDevice,
  isOf: (source: SpokenPoint["source"]) => boolean,
): readonly ExplainedValue[] {
  return [...mapped.points].flatMap(([path, { point, name, unit }]) => {
    if (!isOf(point.source)) return [];
    const raw = rawOf(point, message);
    const read = raw instanceof DeviceError ? { bad: raw.message } : mapped.valueOf(path, raw);
    const outcome = "value" in read ? { value: read.value } : { bad: read.bad };
    return [{ path, name, ...(unit === undefined ? {} : { unit }), ...outcome }];
  });
}

function rawOf(point: SpokenPoint, message: Message): RawValue | DeviceError {
  try {
    return pointValue(point, message);
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
}

function checksumData({ sum }: FrameParts): Pick<ExplainedFrame, "checksum"> {
  if (sum === undefined) return {};
  return { checksum: { found: hexOf(sum.found), wanted: hexOf(sum.wanted), right: sum.right } };
}

function checksumLines({ sum }: FrameParts): readonly string[] {
  if (sum === undefined) return [];
  const shown = (bytes: Uint8Array): string =>
    bytes.every((byte) => byte > 0x20 && byte < 0x7f) ? Buffer.from(bytes).toString("latin1") : hexOf(bytes);
  return sum.right
    ? [`  checksum ${shown(sum.found)}: right`]
    : [`  wrong: the checksum is ${shown(sum.found)}, and should be ${shown(sum.wanted)}`];
}

const TITLES: Readonly<Record<ExplainedFit["kind"], string>> = {
  answer: "answer to the request",
  refusal: "the device refuses the request",
  message: "message",
};

function fitLines({ kind, name, fields, reason, values }: ExplainedFit, raw: string | undefined): readonly string[] {
  const rows = Object.entries(fields).map(([field, value]) => [field, JSON.stringify(value)]);
  const valueRows = values.map(({ path, name: title, value, bad, unit }) => [
    path,
    title,
    value === undefined ? `no value: ${bad}` : `${value}${unit === undefined ? "" : ` ${unit}`}`,
  ]);
  const isVector = raw !== undefined && kind !== "refusal" && values.length > 0;
  const vector = isVector ? [`    ${vectorOf(kind, name, values, raw)}`] : [];
  return [
    `  ${TITLES[kind]} "${name}"${reason === undefined ? "" : `: ${reason}`}`,
    ...(rows.length === 0 ? [] : table(rows, "    ")),
    ...(valueRows.length === 0 ? [] : table(valueRows, "    ")),
    ...vector,
  ];
}

/** The line that a mapping has below `test:`. */
function vectorOf(kind: ExplainedFit["kind"], name: string, values: readonly ExplainedValue[], raw: string): string {
  const expected = values.map(({ path, value }) => `${path}: ${value ?? "null"}`).join(", ");
  return `- { raw: { "${kind === "message" ? "message" : "request"}:${name}": ${raw} }, expect: { ${expected} } }`;
}

/** Marks and checksum can be left out where a mark tells that they are. */
function vectorText(bytes: Uint8Array, { body }: FrameParts, { frame }: SpokenDevice): string {
  const marked = frame.start.length + endMark(frame).length > 0 || frame.checksum === undefined;
  const isText = body.length > 0 && body.every((byte) => byte >= 0x20 && byte < 0x7f);
  return marked && isText ? JSON.stringify(Buffer.from(body).toString("latin1")) : `"hex ${hexOf(bytes)}"`;
}

/** What a device says may hold anything: nothing of it is for the terminal to obey. */
function harmless(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, "·");
}

function noneLines({ requests, messages }: SpokenDevice, asked: RequestSpec | undefined): readonly string[] {
  const patterns = [
    ...(asked === undefined ? [...requests.values()] : [asked]).flatMap(({ name, answer }) =>
      answer === undefined ? [] : [[`request "${name}"`, patternOf(answer)]],
    ),
    ...[...messages].map(([name, spec]) => [`message "${name}"`, patternOf(spec)]),
  ];
  return ["  it fits none of the mapping's:", ...table(patterns, "    ")];
}

function patternOf({ matcher, only }: MessageSpec): string {
  const words = [...only].map(([field, allowed]) => `${field} is ${allowed.join(" or ")}`);
  return [matcher?.text ?? "any frame", ...words].join(", where ");
}
