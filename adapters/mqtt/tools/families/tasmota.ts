/** Tasmota, https://tasmota.github.io/docs/MQTT/: its own discovery, and `tele/` of devices that have that switched off. */
import type { Message } from "../../message.ts";
import { isObject, joined, memberOf, nameAt, objectOf } from "./payload.ts";
import type { DeviceSighting, Sighting } from "./sighting.ts";

/** The full topic of a device as it comes: others move the topic before the prefix, or add to it. */
const USUAL = "%prefix%/%topic%/";
const DISCOVERY = /^tasmota\/discovery\/([0-9A-F]{12})\/config$/;
const TELE = /^tele\/(.+)\/(LWT|STATE|SENSOR)$/;
/** Another full topic that is often seen. */
const TELE_LAST = /^(.+)\/tele\/(LWT|STATE|SENSOR)$/;

/** Where the topics of a device are others than the mappings expect. */
export const OTHER_TOPICS = "other topics";

export function tasmota(message: Message): readonly Sighting[] {
  if (DISCOVERY.test(message.topic)) return discovered(objectOf(message));
  const usual = TELE.exec(message.topic);
  const [, topic, what] = usual ?? TELE_LAST.exec(message.topic) ?? [];
  if (topic === undefined) return [];
  const traits = what === "LWT" ? traitsOfLwt(message.text) : traitsOfJson(what ?? "", objectOf(message));
  if (traits === undefined) return [];
  return [deviceOf(topic, { traits, fullTopic: usual === null ? "%topic%/%prefix%/" : USUAL })];
}

/** Of `config`, where the names are short: t topic, ft full topic, dn device name, md module, rl relays (0: none). */
function discovered(config: unknown): readonly Sighting[] {
  const topic = nameAt(config, "t");
  const prefixes = memberOf(config, "tp");
  if (topic === undefined || !Array.isArray(prefixes)) return [];
  const relays = memberOf(config, "rl");
  const switched = Array.isArray(relays) ? relays.filter((relay) => relay === 1).length : 0;
  const usualPrefixes = prefixes.join() === "cmnd,stat,tele";
  const device = deviceOf(topic, {
    traits: powers(switched),
    fullTopic: usualPrefixes ? (nameAt(config, "ft") ?? USUAL) : "",
  });
  return [{ ...device, name: nameAt(config, "dn"), model: joined("Tasmota", nameAt(config, "md")) }];
}

function deviceOf(
  topic: string,
  { traits, fullTopic }: { readonly traits: readonly string[]; readonly fullTopic: string },
): DeviceSighting {
  const topics = ["cmnd", "stat", "tele"].map(
    (prefix) => `${fullTopic.replace("%prefix%", prefix).replace("%topic%", topic).replace(/\/$/, "")}/#`,
  );
  return {
    kind: "device",
    family: "Tasmota",
    key: topic,
    facts: { topic },
    traits: fullTopic === USUAL ? traits : [...traits, OTHER_TOPICS],
    topics: fullTopic === "" ? [] : topics,
  };
}

/** Undefined: this says something else than a Tasmota does. */
function traitsOfLwt(text: string): readonly string[] | undefined {
  return text === "Online" || text === "Offline" ? [] : undefined;
}

function traitsOfJson(what: string, json: unknown): readonly string[] | undefined {
  if (!isObject(json) || typeof memberOf(json, "Time") !== "string") return undefined;
  const names = Object.keys(json);
  if (what === "STATE") {
    if (!names.includes("Uptime") && !names.includes("Wifi")) return undefined;
    return names.filter((name) => /^POWER\d*$/.test(name));
  }
  return names.filter((name) => isObject(json[name]));
}

/** One relay is POWER, several are POWER1, POWER2, … */
function powers(count: number): readonly string[] {
  if (count < 2) return count === 1 ? ["POWER"] : [];
  return Array.from({ length: count }, (_, i) => `POWER${i + 1}`);
}
