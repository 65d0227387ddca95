/** What a message has for a point, before the core converts it. */
import type { RawValue } from "../../src/adapter.ts";
import { scaled, unexpectedWord } from "../spoken/words.ts";
import { formatJsonPath, type JsonPath, valueAt } from "./json-path.ts";
import type { Message } from "./message.ts";
import type { MqttPoint, Part } from "./points.ts";
import { wordOf } from "./router.ts";

/** Why a message that should have a value has none that is to be believed. */
export class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Undefined: the message says nothing of this point. */
export function pointValue({ part, scaleBy, quality }: MqttPoint, message: Message): RawValue | Refusal | undefined {
  const value = partOf(part, message);
  if (value === undefined || value instanceof Refusal) return value;
  if (quality !== undefined) {
    const said = partOf(quality.part, message);
    if (said instanceof Refusal) return said;
    const found = wordOf(said instanceof Uint8Array ? said[0] : said);
    if (found === undefined || !quality.good.includes(found)) return unexpected(quality.part, found, quality.good);
  }
  if (scaleBy === undefined) return value;
  const word = wordAt(message, scaleBy.path);
  const factor = word === undefined ? undefined : scaleBy.factors.get(word);
  return factor === undefined ? unexpected(scaleBy, word, scaleBy.factors.keys()) : scaled(value, factor);
}

function partOf({ path, encoding, bytes }: Part, message: Message): RawValue | Refusal | undefined {
  if (bytes !== undefined && encoding === undefined) return slice(message.payload, bytes);
  const found = path === undefined ? message.text : scalarAt(message, path);
  if (encoding === undefined || found === undefined || found instanceof Refusal) return found;
  const decoded = typeof found === "string" ? bytesOf(found, encoding) : undefined;
  if (decoded === undefined)
    return new Refusal(`${path === undefined ? "the payload" : formatJsonPath(path)} is no ${encoding}`);
  return slice(decoded, bytes ?? { at: 0 });
}

function scalarAt(message: Message, path: JsonPath): RawValue | Refusal | undefined {
  const { json } = message;
  if ("fault" in json) return new Refusal(`the payload ${json.fault}`);
  const value = valueAt(json.value, path);
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    case "object":
      return new Refusal(`${formatJsonPath(path)} is ${kindOf(value)}: it has no value`);
    case "undefined":
    case "function":
    case "symbol":
      return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : "an object";
}

/** A copy: the payload is a part of what came over the network at once, which would be kept with it. */
function slice(from: Uint8Array, { at, length }: NonNullable<Part["bytes"]>): Uint8Array | Refusal {
  const end = length === undefined ? from.length : at + length;
  if (end > from.length || at > end) return new Refusal(`it has ${from.length} bytes only`);
  return new Uint8Array(from.subarray(at, end));
}

const BASE64 = /^[A-Za-z\d+/_-]*={0,2}$/;
const HEX = /^(?:[\da-f]{2})*$/i;

function bytesOf(text: string, encoding: NonNullable<Part["encoding"]>): Uint8Array | undefined {
  const plain = text.replace(/\s/g, "");
  switch (encoding) {
    case "base64":
      return BASE64.test(plain) && plain.replace(/=+$/, "").length % 4 !== 1 ? Buffer.from(plain, "base64") : undefined;
    case "hex":
      return HEX.test(plain) ? Buffer.from(plain, "hex") : undefined;
  }
}

function wordAt({ json }: Message, path: JsonPath): string | undefined {
  return "fault" in json ? undefined : wordOf(valueAt(json.value, path));
}

function unexpected({ path, bytes }: Part, found: string | undefined, wanted: Iterable<string>): Refusal {
  const where = bytes === undefined ? formatJsonPath(path ?? []) : `byte ${bytes.at}`;
  return new Refusal(unexpectedWord(where, found, wanted));
}
