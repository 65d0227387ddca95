/** Zigbee2MQTT, https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html: it tells all its devices, retained. */
import type { Message } from "../../message.ts";
import { isObject, joined, jsonOf, memberOf, nameAt, objectOf } from "./payload.ts";
import type { DeviceSighting, Sighting } from "./sighting.ts";

const TOPIC = /^(.+)\/bridge\/(devices|info)$/;

export function zigbee2mqtt(message: Message): readonly Sighting[] {
  const [, base, what] = TOPIC.exec(message.topic) ?? [];
  if (base === undefined) return [];
  if (what === "info") return hub(base, message);
  const devices = jsonOf(message);
  return Array.isArray(devices) ? devices.flatMap((device) => deviceOf(base, device) ?? []) : [];
}

function hub(base: string, message: Message): readonly Sighting[] {
  const info = objectOf(message);
  const version = nameAt(info, "version");
  if (version === undefined || memberOf(info, "coordinator") === undefined) return [];
  return [{ kind: "hub", family: "Zigbee2MQTT", text: `Zigbee2MQTT ${version} at ${base}` }];
}

/** Undefined: what is no device of interest, the coordinator first of all. */
function deviceOf(base: string, device: unknown): DeviceSighting | undefined {
  const name = nameAt(device, "friendly_name");
  if (name === undefined || memberOf(device, "type") === "Coordinator" || memberOf(device, "disabled") === true)
    return undefined;
  const definition = memberOf(device, "definition");
  const model = joined(
    nameAt(definition, "vendor") ?? nameAt(device, "manufacturer"),
    nameAt(definition, "model") ?? nameAt(device, "model_id"),
  );
  return {
    kind: "device",
    family: "Zigbee2MQTT",
    key: `${base}/${name}`,
    name,
    model,
    facts: { name, base },
    traits: traitsOf(memberOf(definition, "exposes")),
    topics: [`${base}/${name}`, `${base}/${name}/#`],
  };
}

/** Nobody has more levels of features than this. */
const DEEPEST = 4;

/** Kinds ("light", "switch") and properties ("temperature") that it exposes. */
function traitsOf(exposes: unknown, depth = 0): readonly string[] {
  if (!Array.isArray(exposes) || depth > DEEPEST) return [];
  return exposes.filter(isObject).flatMap((expose) => {
    const features = memberOf(expose, "features");
    const own = features === undefined ? nameAt(expose, "property") : nameAt(expose, "type");
    return [...(own === undefined ? [] : [own]), ...traitsOf(features, depth + 1)];
  });
}
