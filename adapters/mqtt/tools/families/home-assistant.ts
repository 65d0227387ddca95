/**
 * MQTT discovery of Home Assistant (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery): a message for each entity, or
 * one for all entities of a device.
 */

import { formatJsonPath, JsonPathError, parseJsonPath } from "../../json-path.ts";
import type { Message } from "../../message.ts";
import { deviceInFull, inFull, withBase } from "./discovery-keys.ts";
import { isName, isObject, type JsonObject, joined, memberOf, nameAt, objectOf } from "./payload.ts";
import type {
  Entity,
  EntityAvailability,
  EntityCommand,
  EntityOwner,
  EntitySighting,
  EntityValue,
  Sighting,
} from "./sighting.ts";

/** What entities there are; `device` stands for several. */
const COMPONENTS: ReadonlySet<string> = new Set(
  [
    "alarm_control_panel binary_sensor button camera climate cover device device_automation device_tracker event fan humidifier image",
    "lawn_mower light lock notify number scene select sensor siren switch tag text update vacuum valve water_heater",
  ].flatMap((names) => names.split(" ")),
);
/** Of one device nobody needs more. */
const MOST_ENTITIES = 200;

export function homeAssistant(message: Message): readonly Sighting[] {
  const place = placeOfTopic(message.topic);
  const found = place === undefined ? undefined : objectOf(message);
  if (place === undefined || found === undefined) return [];
  const { component, node, object } = place;
  const config = inFull(found);
  const owner = ownerOf(config, node ?? object);
  if (component === "device") return ofDevice(config, owner);
  // Without either of these it is the configuration of something else.
  if (nameAt(config, "state_topic") === undefined && nameAt(config, "command_topic") === undefined) return [];
  return [sighting(config, { component, key: object, owner })];
}

interface TopicPlace {
  readonly component: string;
  readonly node?: string | undefined;
  readonly object: string;
}

/** `<prefix>/<component>/[<node>/]<object>/config`, where the prefix is anybody's choice and may have several levels. */
function placeOfTopic(topic: string): TopicPlace | undefined {
  const [config, object, node, component, prefix] = topic.split("/").reverse();
  if (config !== "config" || object === undefined || node === undefined || component === undefined) return undefined;
  if (prefix !== undefined && COMPONENTS.has(component)) return { component, node, object };
  return COMPONENTS.has(node) ? { component: node, object } : undefined;
}

/** What stands beside the components counts for each of them. */
function ofDevice(config: JsonObject, owner: EntityOwner): readonly Sighting[] {
  const { components, device: _, ...shared } = config;
  if (!isObject(components)) return [];
  return Object.entries(components)
    .slice(0, MOST_ENTITIES)
    .flatMap(([key, given]) => {
      if (!isObject(given)) return [];
      const own = { ...shared, ...inFull(given) };
      const component = nameAt(own, "platform");
      return component === undefined ? [] : [sighting(own, { component, key, owner })];
    });
}

function ownerOf(config: JsonObject, otherwise: string): EntityOwner {
  const device = deviceInFull(memberOf(config, "device"));
  const identifiers = [memberOf(device, "identifiers")].flat();
  const id = identifiers.find((each) => typeof each === "string" && isName(each));
  return {
    id: typeof id === "string" ? id : otherwise,
    name: nameAt(device, "name"),
    model: joined(nameAt(device, "manufacturer"), nameAt(device, "model")),
  };
}

interface Named {
  readonly component: string;
  readonly key: string;
  readonly owner: EntityOwner;
}

function sighting(config: JsonObject, { component, key, owner }: Named): EntitySighting {
  const on = payloadAt(config, "payload_on") ?? "ON";
  const off = payloadAt(config, "payload_off") ?? "OFF";
  const unit = nameAt(config, "unit_of_measurement");
  const entity: Entity = {
    component,
    key,
    name: nameAt(config, "name") ?? nameAt(config, "object_id") ?? key,
    stateTopic: nameAt(config, "state_topic"),
    value: placeOf(config, component),
    unit,
    type: nameAt(config, "device_class"),
    numeric: unit !== undefined || nameAt(config, "state_class") !== undefined,
    on: payloadAt(config, "state_on") ?? on,
    off: payloadAt(config, "state_off") ?? off,
    command: commandOf(config, { on, off }),
    availability: availabilityOf(config),
  };
  return { kind: "entity", owner, entity };
}

/** `payload_on: false` means what its text says. */
function payloadAt(config: JsonObject, name: string): string | undefined {
  const value = memberOf(config, name);
  return ["string", "boolean", "number"].includes(typeof value) && isName(String(value)) ? String(value) : undefined;
}

function placeOf(config: JsonObject, component: string): EntityValue {
  // https://www.home-assistant.io/integrations/light.mqtt/#json-schema
  if (component === "light" && isJsonLight(config)) return { kind: "path", path: "state" };
  const template = memberOf(config, "state_value_template") ?? memberOf(config, "value_template");
  if (typeof template !== "string") return { kind: "whole" };
  const path = pathOf(template);
  return path === undefined ? { kind: "template", text: template } : { kind: "path", path };
}

/** Filters that leave the value as it is, or only say how it is written. */
const HARMLESS = /^(?:is_defined|float|int|round(?:\(\d*\))?|float\(\d*\)|int\(\d*\))$/;

/** The path of a template that is no more than one: `{{ value_json.a.b }}`. */
export function pathOf(template: string): string | undefined {
  const [, inner] = /^\{\{-?([^{}]{1,300})-?\}\}$/.exec(template.trim()) ?? [];
  const [expression = "", ...filters] = (inner ?? "").split("|").map((part) => part.trim());
  if (!expression.startsWith("value_json") || !filters.every((filter) => HARMLESS.test(filter))) return undefined;
  try {
    return formatJsonPath(parseJsonPath(expression.slice("value_json".length).replace(/^\./, "") || "."));
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

function isJsonLight(config: JsonObject): boolean {
  return memberOf(config, "schema") === "json";
}

function commandOf(
  config: JsonObject,
  { on, off }: { readonly on: string; readonly off: string },
): EntityCommand | undefined {
  const topic = nameAt(config, "command_topic");
  if (topic === undefined) return undefined;
  return { topic, on, off, json: isJsonLight(config), templated: memberOf(config, "command_template") !== undefined };
}

/** Nobody has more. */
const MOST_AVAILABILITIES = 4;

/** A list, one, or a topic alone with keys beside it. */
function availabilityOf(config: JsonObject): readonly EntityAvailability[] {
  const base = nameAt(config, "~");
  const listed = [memberOf(config, "availability") ?? []].flat().filter(isObject).map(inFull);
  const alone = {
    ...config,
    topic: memberOf(config, "availability_topic"),
    value_template: memberOf(config, "availability_template"),
  };
  const entries = listed.length === 0 ? [alone] : listed.slice(0, MOST_AVAILABILITIES);
  return entries.flatMap((entry) => {
    const topic = withBase(nameAt(entry, "topic"), base);
    const template = memberOf(entry, "value_template");
    const path = typeof template === "string" ? pathOf(template) : undefined;
    if (typeof topic !== "string" || (typeof template === "string" && path === undefined)) return [];
    const online = payloadAt(entry, "payload_available") ?? "online";
    return [{ topic, path, online, offline: payloadAt(entry, "payload_not_available") ?? "offline" }];
  });
}
