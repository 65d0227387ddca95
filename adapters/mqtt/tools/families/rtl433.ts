/**
 * Sensors on 433 MHz, as rtl_433 (`<base>/events`, https://github.com/merbanan/rtl_433/blob/master/docs/OPERATION.md#mqtt-output) and
 * OpenMQTTGateway (`<base>/<gateway>/RTL_433toMQTT/…`) hear them.
 */
import type { Message } from "../../message.ts";
import { joined, memberOf, nameAt, objectOf } from "./payload.ts";
import type { Sighting } from "./sighting.ts";

const EVENTS = /^(.+)\/[^/]+\/events$/;
const GATEWAY = /^(.+)\/[^/]+\/RTL_433toMQTT(?:\/|$)/;

export function rtl433(message: Message): readonly Sighting[] {
  const [, events] = EVENTS.exec(message.topic) ?? [];
  const [, base] = GATEWAY.exec(message.topic) ?? [];
  if (events === undefined && base === undefined) return [];
  const json = objectOf(message);
  const model = nameAt(json, "model");
  const id = memberOf(json, "id");
  if (json === undefined || model === undefined || !["number", "string"].includes(typeof id)) return [];
  const topic = events === undefined ? `${base}/+/RTL_433toMQTT/#` : `${events}/+/events`;
  return [
    {
      kind: "device",
      family: "rtl_433",
      key: `${model} ${id}`,
      model: joined(model, "on 433 MHz"),
      facts: { model, id: String(id), topic },
      traits: Object.keys(json),
      // Many devices share a topic: none of it is this one's alone.
      topics: [],
    },
  ];
}
