/** What a point delivers of a message that somebody wrote down: a vector of a mapping, or the argument of a tool. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";
import { writtenBytes } from "../spoken/written-bytes.ts";
import { Message } from "./message.ts";
import { pointValue, Refusal } from "./point-value.ts";
import type { MqttPoint } from "./points.ts";
import { holds } from "./router.ts";

/** Throws DeviceError where it delivers nothing. */
export function delivered(point: MqttPoint, text: string): RawValue {
  const message = new Message({ topic: messageName(point), payload: writtenPayload(text), retained: false });
  const { source } = point;
  const only = source.kind === "topic" ? source.topic.only : [];
  if (only.length > 0 && ("fault" in message.json || !holds(only, message.json.value))) {
    throw new DeviceError("malformed", "the message is another device's: it does not say what `only` wants");
  }
  const value = pointValue(point, message);
  if (value === undefined) throw new DeviceError("rejected", "the message does not have it");
  if (value instanceof Refusal) throw new DeviceError("rejected", value.reason);
  return value;
}

/** What such a message is called: by the name of its topic or request. */
export function messageName({ source }: MqttPoint): string {
  return source.kind === "topic" ? source.topic.name : source.request.name;
}

/** Text as it is, or "hex" and bytes. */
function writtenPayload(text: string): Buffer {
  return writtenBytes(text) ?? Buffer.from(text);
}
