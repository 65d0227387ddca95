/** What a mapping makes of a message: each value of it, or why there is none. */
import { formatDuration, type PointId, type ToolDevice, table } from "../../../src/adapter.ts";
import { AvailabilityState } from "../availability-state.ts";
import { valueAt } from "../json-path.ts";
import { believedTime, measuredTime } from "../measured-time.ts";
import type { Message } from "../message.ts";
import { pointValue, Refusal } from "../point-value.ts";
import type { MqttPoint } from "../points.ts";
import { holds } from "../router.ts";
import type { MqttDevice, TopicSpec } from "../section.ts";
import { fits } from "../topic-filter.ts";

export type MappedDevice = ToolDevice<MqttDevice, MqttPoint>;

export interface ExplainedValue {
  readonly point: PointId;
  readonly name: string;
  readonly unit?: string;
  /** As a server would see it. */
  readonly value?: string;
  /** Why there is none. */
  readonly bad?: string;
}

export interface Explained {
  readonly values: readonly ExplainedValue[];
  /** Whatever else is to be said, each a sentence. */
  readonly notes: readonly string[];
}

/** `now`: Unix time in milliseconds. */
export function explained(device: MappedDevice, message: Message, now: number): Explained {
  const notes: string[] = [];
  const values: ExplainedValue[] = [];
  let meant = false;
  for (const [point, { point: spec, name, unit }] of device.points) {
    if (!isOf(spec, message)) continue;
    meant = true;
    if (!isTheirs(spec, message)) continue;
    const found = pointValue(spec, message);
    if (found === undefined) continue;
    const outcome = found instanceof Refusal ? { bad: found.reason } : device.valueOf(point, found);
    values.push({ point, name, ...(unit === undefined ? {} : { unit }), ...outcome });
  }
  notes.push(...topicNotes(device.device, message, now), ...availabilityNotes(device.device, message));
  if (!meant && notes.length === 0) notes.push(otherTopic(device, message.topic));
  else if (meant && values.length === 0 && notes.length === 0)
    notes.push("the message has none of the values of the mapping");
  return { values, notes };
}

/** `3303/0/5700  Sensor Value  21.5 Cel`. */
export function explainedLines({ values, notes }: Explained, indent = ""): readonly string[] {
  const rows = values.map(({ point, name, unit, value, bad }) => [
    point,
    name,
    bad === undefined ? [value, unit].filter((part) => part !== undefined).join(" ") : `no value: ${bad}`,
  ]);
  return [...table(rows, indent), ...notes.map((note) => `${indent}${note}`)];
}

function isOf({ source }: MqttPoint, { topic }: Message): boolean {
  if (source.kind === "topic") return hears(source.topic, topic);
  const filter = source.request.reply?.filter;
  return filter !== undefined && fits(filter, topic);
}

function hears({ filters }: TopicSpec, topic: string): boolean {
  return filters.some((filter) => fits(filter, topic));
}

/** Whether the payload says that it is of this device, or this answer. What a request sent, nobody knows here. */
function isTheirs({ source }: MqttPoint, message: Message): boolean {
  return source.kind === "request" || isOnly(source.topic, message);
}

function isOnly({ only }: TopicSpec, { json }: Message): boolean {
  return only.length === 0 || ("value" in json && holds(only, json.value));
}

function topicNotes({ topics }: MqttDevice, message: Message, now: number): readonly string[] {
  return [...topics.values()]
    .filter((spec) => hears(spec, message.topic))
    .flatMap((topic) => {
      if (!isOnly(topic, message))
        return [`${topic.name}: it is another device's: the payload does not say what \`only\` wants`];
      return [...retainedNotes(topic, message, now)];
    });
}

function retainedNotes(topic: TopicSpec, message: Message, now: number): readonly string[] {
  const { json } = message;
  const said = topic.time === undefined || "fault" in json ? undefined : measuredTime(valueAt(json.value, topic.time));
  if (said !== undefined) {
    const time = believedTime(said, now);
    return [`${topic.name}: measured ${formatDuration(Math.round((now - time) / 1000) * 1000)} ago, as it says itself`];
  }
  if (!message.retained || topic.retained === "accept") return [];
  return [
    `${topic.name}: retained, and nobody knows how old it is: it counts as no measurement (\`retained: ignore\`)`,
  ];
}

function availabilityNotes({ availability }: MqttDevice, message: Message): readonly string[] {
  return availability
    .filter(({ topic }) => fits(topic, message.topic))
    .map((spec) => {
      const { state } = new AvailabilityState([spec]).hear(0, message) ?? { state: undefined };
      if (state === undefined)
        return `availability: it says neither ${spec.online.join(" nor ")} nor ${spec.offline.join(" nor ")}`;
      return `availability: the device is ${state}`;
    });
}

function otherTopic(device: MappedDevice, topic: string): string {
  const filters = filtersOf(device);
  const have = filters.length === 0 ? "it has none" : `have: ${filters.join(", ")}`;
  return `"${topic}" is no topic of this mapping, with these parameters (${have})`;
}

/** Every filter to which such a device listens. */
export function filtersOf({ device, points }: MappedDevice): readonly string[] {
  const written = [...points.values()].flatMap(({ point: { source } }) =>
    source.kind === "topic" ? source.topic.filters : (source.request.reply?.filter ?? []),
  );
  const named = [...device.topics.values()].flatMap(({ filters }) => filters);
  return [...new Set([...written, ...named, ...device.availability.map(({ topic }) => topic)])];
}
