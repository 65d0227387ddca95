/**
 * Shelly. From the second generation on (https://shelly-api-docs.shelly.cloud/gen2/General/RPCChannels): `<prefix>/online`,
 * `<prefix>/events/rpc`, `<prefix>/status/<component>:<id>`. The first (https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support) is
 * another protocol, under `shellies/`.
 */
import type { Message } from "../../message.ts";
import { isObject, memberOf, nameAt, objectOf } from "./payload.ts";
import type { DeviceSighting, Sighting } from "./sighting.ts";

const STATUS = /^(.+)\/status\/([a-z][a-z0-9_]*):(\d+)$/;
const EVENTS = /^(.+)\/events\/rpc$/;
const ONLINE = /^(shelly[^/]+)\/online$/;
const FIRST = /^shellies\/([^/]+)\/(.+)$/;

export function shelly(message: Message): readonly Sighting[] {
  const { topic } = message;
  const [, prefix, component] = STATUS.exec(topic) ?? [];
  if (prefix !== undefined && component !== undefined) return status(prefix, component, message);
  const [, speaker] = EVENTS.exec(topic) ?? [];
  if (speaker !== undefined) return event(speaker, message);
  if (topic.startsWith("shellies/")) return first(message);
  const [, named] = ONLINE.exec(topic) ?? [];
  const isLife = named !== undefined && (message.text === "true" || message.text === "false");
  return isLife ? [deviceOf(named, [])] : [];
}

/** A component tells its own number: what else has topics like these does not. */
function status(prefix: string, component: string, message: Message): readonly Sighting[] {
  const json = objectOf(message);
  const id = memberOf(json, "id");
  const isIts = typeof id === "number" && message.topic.endsWith(`:${id}`);
  return isIts ? [deviceOf(prefix, [`${component}:${id}`])] : [];
}

/** NotifyStatus, NotifyFullStatus and NotifyEvent: `src` is the device, `params` its components. */
function event(prefix: string, message: Message): readonly Sighting[] {
  const json = objectOf(message);
  const source = nameAt(json, "src");
  const method = memberOf(json, "method");
  if (source === undefined || typeof method !== "string" || !method.startsWith("Notify")) return [];
  const params = memberOf(json, "params");
  const components = isObject(params) ? Object.keys(params).filter((name) => /^[a-z0-9_]+:\d+$/.test(name)) : [];
  const [, model] = /^(shelly[a-z0-9]+)-[0-9a-f]{6,12}$/i.exec(source) ?? [];
  return [{ ...deviceOf(prefix, components), model }];
}

function deviceOf(prefix: string, traits: readonly string[]): DeviceSighting {
  return {
    kind: "device",
    family: "Shelly",
    key: prefix,
    facts: { prefix },
    traits,
    topics: [`${prefix}/#`],
  };
}

function first(message: Message): readonly Sighting[] {
  const [, named, rest] = FIRST.exec(message.topic) ?? [];
  const isAnnouncement = message.topic === "shellies/announce" || rest === "announce";
  const json = isAnnouncement ? objectOf(message) : undefined;
  const id = json === undefined ? named : nameAt(json, "id");
  if (id === undefined || id === "announce" || id === "command") return [];
  const [, component] = /^(relay|light|roller|sensor|emeter|input|color|white)\//.exec(rest ?? "") ?? [];
  // Newer ones may be told to speak below `shellies/`, too.
  if (json === undefined && component === undefined) return [];
  return [
    {
      kind: "device",
      family: "Shelly, first generation",
      key: id,
      model: nameAt(json, "model"),
      facts: {},
      traits: component === undefined ? [] : [component],
      topics: [`shellies/${id}/#`],
    },
  ];
}
