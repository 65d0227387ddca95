/** What a point delivers of a message that somebody wrote down: a vector of a mapping, or the argument of a tool. */
import { DeviceError, type RawValue } from "../../../src/adapter.ts";
import { writtenBytes } from "../written-bytes.ts";
import { endMark, type Frame, open, seal } from "./framing/seal.ts";
import { bytesOf, type Message, readMessage, textOf } from "./messages.ts";
import { pointValue } from "./point-value.ts";
import type { SpokenPoint } from "./points.ts";
import type { SpokenDevice } from "./section.ts";

/** Throws DeviceError where it delivers nothing. */
export function delivered(point: SpokenPoint, text: string): RawValue {
  const { device, source } = point;
  const frame = writtenFrame(text, device);
  const body = textOf(frame.body, device.charset);
  if (source.kind === "request") {
    const failure = source.request.failures.find(({ matcher }) => matcher.match(body) !== undefined);
    if (failure !== undefined) throw new DeviceError("rejected", failure.reason);
  }
  const spec = source.kind === "message" ? source.spec : source.request.answer;
  const message: Message | undefined = spec === undefined ? undefined : readMessage(spec, frame, body);
  if (message === undefined) throw new DeviceError("malformed", `"${body}" is another message`);
  return pointValue(point, message);
}

/**
 * The frame as it is written: text, or "hex" and bytes. With its marks and its checksum, or what stands between them alone.
 * Throws DeviceError where it is damaged.
 */
export function writtenFrame(
  text: string,
  { frame: settings, charset }: Pick<SpokenDevice, "frame" | "charset">,
): Frame {
  const bytes = writtenBytes(text) ?? bytesOf(text, charset);
  if (bytes === undefined) throw new DeviceError("malformed", "it has characters that are no Latin-1");
  const frame = open(wholeFrame(bytes, settings), settings);
  if (frame === undefined) throw new DeviceError("malformed", "its checksum is wrong");
  return frame;
}

/** With its marks and checksum, where they were left out. */
export function wholeFrame(bytes: Uint8Array, settings: SpokenDevice["frame"]): Uint8Array {
  return isWhole(bytes, settings) ? bytes : seal(bytes, settings);
}

/** Whether it has one of its marks; frames that have none are always whole. */
function isWhole(bytes: Uint8Array, settings: SpokenDevice["frame"]): boolean {
  const { start } = settings;
  const end = endMark(settings);
  if (start.length + end.length === 0) return true;
  const given = Buffer.from(bytes);
  return start.length > 0 ? given.indexOf(start) === 0 : given.lastIndexOf(end) === given.length - end.length;
}
