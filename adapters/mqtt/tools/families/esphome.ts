/** ESPHome, https://esphome.io/components/mqtt/: `<node>/status`, `<node>/<component>/<name>/state`, and a discovery of its own. */
import type { Message } from "../../message.ts";
import { joined, memberOf, nameAt, objectOf } from "./payload.ts";
import type { DeviceSighting, Sighting } from "./sighting.ts";

const DISCOVER = /^esphome\/discover\/([^/]+)$/;
const STATE =
  /^(.+)\/(sensor|binary_sensor|text_sensor|switch|light|number|climate|cover|fan|select|lock|button)\/([^/]+)\/state$/;

/** `<node>/status` alone is no sign: too many say `online` there. */
export function esphome(message: Message): readonly Sighting[] {
  const [, named] = DISCOVER.exec(message.topic) ?? [];
  if (named !== undefined) return announced(named, objectOf(message));
  const [, node, component, name] = STATE.exec(message.topic) ?? [];
  if (node === undefined || component === undefined || name === undefined) return [];
  // Where Home Assistant tells others what it knows (mqtt_statestream), and where its examples keep states.
  if (node === "homeassistant") return [];
  return [deviceOf(node, [`${component}/${name}`])];
}

function announced(named: string, json: unknown): readonly Sighting[] {
  const version = nameAt(json, "version");
  if (version === undefined || memberOf(json, "mac") === undefined) return [];
  const name = nameAt(json, "friendly_name") ?? nameAt(json, "name");
  return [{ ...deviceOf(named, []), name, model: joined("ESPHome", version, nameAt(json, "board")) }];
}

function deviceOf(node: string, traits: readonly string[]): DeviceSighting {
  return { kind: "device", family: "ESPHome", key: node, facts: { prefix: node }, traits, topics: [`${node}/#`] };
}
