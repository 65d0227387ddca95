/**
 * Keys of discovery messages as they may be abbreviated (https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages),
 * and `~`, which stands for a topic that several begin or end with. Only what recognition asks for is here.
 */
import { isObject, type JsonObject } from "./payload.ts";

const LONG: ReadonlyMap<string, string> = new Map([
  ["avty", "availability"],
  ["avty_t", "availability_topic"],
  ["avty_tpl", "availability_template"],
  ["cmd_t", "command_topic"],
  ["cmd_tpl", "command_template"],
  ["cmps", "components"],
  ["dev", "device"],
  ["dev_cla", "device_class"],
  ["obj_id", "object_id"],
  ["p", "platform"],
  ["pl_avail", "payload_available"],
  ["pl_not_avail", "payload_not_available"],
  ["pl_off", "payload_off"],
  ["pl_on", "payload_on"],
  ["stat_cla", "state_class"],
  ["stat_off", "state_off"],
  ["stat_on", "state_on"],
  ["stat_t", "state_topic"],
  ["stat_val_tpl", "state_value_template"],
  ["t", "topic"],
  ["uniq_id", "unique_id"],
  ["unit_of_meas", "unit_of_measurement"],
  ["val_tpl", "value_template"],
]);

const LONG_OF_DEVICE: ReadonlyMap<string, string> = new Map([
  ["cns", "connections"],
  ["ids", "identifiers"],
  ["mdl", "model"],
  ["mf", "manufacturer"],
]);

/** Every key in full, with the base topic filled in; one level deep. */
export function inFull(object: JsonObject): JsonObject {
  const base = typeof object["~"] === "string" ? object["~"] : undefined;
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const name = LONG.get(key) ?? key;
      return [name, name.endsWith("topic") ? withBase(value, base) : value];
    }),
  );
}

/** The members of `device`. */
export function deviceInFull(device: unknown): JsonObject | undefined {
  if (!isObject(device)) return undefined;
  return Object.fromEntries(Object.entries(device).map(([key, value]) => [LONG_OF_DEVICE.get(key) ?? key, value]));
}

/** `~` at the beginning or at the end of a topic. */
export function withBase(topic: unknown, base: string | undefined): unknown {
  if (typeof topic !== "string" || base === undefined) return topic;
  if (topic.startsWith("~")) return `${base}${topic.slice(1)}`;
  return topic.endsWith("~") ? `${topic.slice(0, -1)}${base}` : topic;
}
