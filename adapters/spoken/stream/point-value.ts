/** What a message has for a point, before the core converts it. */
import { DeviceError, type RawValue } from "../../../src/adapter.ts";
import { scaled, unexpectedWord } from "../words.ts";
import type { Message } from "./messages.ts";
import type { Part, SpokenPoint } from "./points.ts";
import type { SpokenDevice } from "./section.ts";

/** What a message has for a point. Throws DeviceError `rejected` where that is not to be believed, or not there. */
export function pointValue({ part, scaleBy, quality, device }: SpokenPoint, message: Message): RawValue {
  if (quality !== undefined) {
    const word = message.fields.get(quality.field) ?? "";
    if (!quality.good.includes(word)) throw refused(unexpectedWord(quality.field, word, quality.good));
  }
  const value = partOf(part, message, device);
  return scaleBy === undefined ? value : scaled(value, factorIn(message, scaleBy));
}

function partOf(part: Part, { frame, text, fields }: Message, device: SpokenDevice): RawValue {
  switch (part.kind) {
    case "text":
      return text;
    case "field": {
      const field = fields.get(part.name);
      if (field === undefined) throw refused(`the message has no "${part.name}"`);
      // Scales align the digits to the right, and leave the sign where it is.
      return field.replace(/^\s*([-+])\s+([\d.]+)\s*$/, "$1$2");
    }
    case "bytes": {
      const { bytes, body } = frame;
      const last = part.length === undefined ? device.frame.start.length + body.length : part.at + part.length;
      if (last <= bytes.length && part.at < last) return bytes.subarray(part.at, last);
      throw refused(`the frame has ${bytes.length} bytes only`);
    }
  }
}

function factorIn({ fields }: Message, { field, factors }: NonNullable<SpokenPoint["scaleBy"]>): number {
  const word = fields.get(field) ?? "";
  const factor = factors.get(word);
  if (factor === undefined) throw refused(unexpectedWord(field, word, factors.keys()));
  return factor;
}

function refused(reason: string): DeviceError {
  return new DeviceError("rejected", reason);
}
