/** A mapping made of what a device, or something in its name, announced to Home Assistant: a beginning for whoever knows the device. */
import {
  commentText,
  flowMap,
  idOf,
  type SuggestedResource,
  type ToolContext,
  yamlText,
} from "../../../src/adapter.ts";
import { quantityOf, unitOfEntity } from "./entity-quantity.ts";
import type { Entity, EntityAvailability } from "./families/sighting.ts";
import type { DescribedDevice } from "./found-devices.ts";

export interface Skeleton {
  /** Of the mapping. */
  readonly name: string;
  readonly lines: readonly string[];
}

type Suggest = ToolContext["suggest"];

/** `taken`: names of mappings that there are. Undefined where it would have no resource. */
export function skeletonOf(device: DescribedDevice, taken: Set<string>, suggest: Suggest): Skeleton | undefined {
  const usable = device.entities.map((entity) => usageOf(entity, suggest));
  const mapped = usable.filter((usage) => usage.kind === "mapped");
  if (mapped.length === 0) return undefined;
  const name = idOf(device.owner.name ?? device.owner.id, taken);
  const left = usable.filter((usage) => usage.kind === "left");
  const state = mostCommon(mapped.map(({ topic }) => topic));
  const written = writing(mapped);
  return {
    name,
    lines: [
      "format: 1",
      `mapping: ${yamlText(name)}`,
      `description: ${JSON.stringify(commentText(device.owner.name ?? device.owner.id))}`,
      "protocol: mqtt",
      ...identityLines(device),
      "mqtt:",
      ...(state === undefined ? [] : [`  state: ${yamlText(state)}`]),
      ...availabilityLines(device.entities),
      ...requestLines(written),
      "objects:",
      ...objectLines(mapped, state, written),
      ...left.map(({ entity, why }) => `  # ${commentText(`${entity.component} "${entity.name}": ${why}`)}`),
    ],
  };
}

interface Mapped {
  readonly kind: "mapped";
  readonly entity: Entity;
  readonly topic: string;
  readonly place: SuggestedResource;
}

type Usage = Mapped | { readonly kind: "left"; readonly entity: Entity; readonly why: string };

function usageOf(entity: Entity, suggest: Suggest): Usage {
  const { stateTopic, value } = entity;
  const quantity = quantityOf(entity);
  const place = quantity === undefined ? undefined : suggest(quantity);
  if (place === undefined) return { kind: "left", entity, why: "which object it is, nothing of it tells" };
  if (stateTopic === undefined) return { kind: "left", entity, why: "it has no topic that tells its state" };
  if (/[+#]/.test(stateTopic)) return { kind: "left", entity, why: "its topic has a wildcard" };
  if (value.kind === "template")
    return { kind: "left", entity, why: `its template is more than a path: ${value.text}` };
  return { kind: "mapped", entity, topic: stateTopic, place };
}

function mostCommon(topics: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const topic of topics) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function identityLines({ owner: { model } }: DescribedDevice): readonly string[] {
  return model === undefined ? [] : [`identity: { model: ${JSON.stringify(commentText(model))} }`];
}

/** Those that all entities have: of one alone the device itself does not depend. */
function availabilityLines(entities: readonly Entity[]): readonly string[] {
  const texts = entities.map(({ availability }) => availability.map(availabilityText));
  const common = (texts[0] ?? []).filter((text) => texts.every((others) => others.includes(text)));
  return common.length === 0 ? [] : ["  availability:", ...common.map((text) => `    - ${text}`)];
}

function availabilityText({ topic, path, online, offline }: EntityAvailability): string {
  return flowMap([
    ["topic", yamlText(topic)],
    ...(path === undefined ? [] : [["path", yamlText(path)] as const]),
    ["online", JSON.stringify(online)],
    ["offline", JSON.stringify(offline)],
  ]);
}

/** The request by which an entity is written, by the entity; none where its state is not what is sent to it. */
function writing(mapped: readonly Mapped[]): ReadonlyMap<Entity, string> {
  const taken = new Set<string>();
  return new Map(
    mapped.flatMap(({ entity, place }) => {
      const { command } = entity;
      const sameWords = command?.on === entity.on && command.off === entity.off;
      const isSimple = command !== undefined && !command.templated && !/[+#]/.test(command.topic);
      if (!isSimple || (place.isBoolean === true && !sameWords) || entity.component === "binary_sensor") return [];
      return [[entity, `set_${idOf(entity.key, taken).replaceAll("-", "_").slice(0, 20)}`] as const];
    }),
  );
}

function requestLines(written: ReadonlyMap<Entity, string>): readonly string[] {
  if (written.size === 0) return [];
  const lines = [...written].map(([{ command }, name]) => {
    const payload = command?.json === true ? 'json: { state: "{value}" }' : 'send: "{value}"';
    return `    ${name}: { topic: ${yamlText(command?.topic ?? "")}, ${payload} }`;
  });
  return ["  requests:", ...lines];
}

function objectLines(
  mapped: readonly Mapped[],
  state: string | undefined,
  written: ReadonlyMap<Entity, string>,
): readonly string[] {
  const byObject = new Map<number, Mapped[]>();
  for (const each of mapped) {
    const { object, isSingle } = each.place;
    const others = byObject.get(object) ?? [];
    if (isSingle === undefined || others.length === 0) byObject.set(object, [...others, each]);
  }
  const line = (each: Mapped): string =>
    `{ ${each.place.resource}: ${sourceText(each, state, written)} }  # ${commentText(each.entity.name)}`;
  return [...byObject]
    .sort(([a], [b]) => a - b)
    .flatMap(([object, list]) => {
      const [only, ...others] = list;
      if (only !== undefined && others.length === 0) return [`  ${object}: ${line(only)}`];
      return [`  ${object}:`, ...list.map((each, i) => `    ${i}: ${line(each)}`)];
    });
}

function sourceText(
  { entity, topic, place }: Mapped,
  state: string | undefined,
  written: ReadonlyMap<Entity, string>,
): string {
  const { value } = entity;
  const unit = unitOfEntity(entity);
  const request = written.get(entity);
  return flowMap([
    ...(topic === state && value.kind === "path"
      ? []
      : [["topic", topic === state ? "state" : yamlText(topic)] as const]),
    ...(value.kind === "path" ? [["path", yamlText(value.path)] as const] : []),
    ...(unit === undefined ? [] : [["unit", yamlText(unit)] as const]),
    ...(place.isBoolean === true ? [["enum", wordsText(entity)] as const] : []),
    ...(request === undefined ? [] : [["write", `{ request: ${request} }`] as const]),
  ]);
}

function wordsText({ on, off }: Entity): string {
  return flowMap([
    [on, "true"],
    [off, "false"],
  ]);
}
