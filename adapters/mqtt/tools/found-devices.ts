/** What all messages together tell about the devices on a broker. */
import type { Message } from "../message.ts";
import { sightingsOf } from "./families/index.ts";
import type { DeviceSighting, Entity, EntityOwner, EntitySighting, Family, Sighting } from "./families/sighting.ts";

export interface FoundDevice {
  readonly family: Family;
  readonly key: string;
  readonly name?: string | undefined;
  readonly model?: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
  readonly traits: ReadonlySet<string>;
  readonly topics: ReadonlySet<string>;
}

/** A device that is described for Home Assistant. */
export interface DescribedDevice {
  readonly owner: EntityOwner;
  readonly entities: readonly Entity[];
}

/** More would not be read; and what is announced may be endless. */
const MOST_DEVICES = 1000;
const MOST_ENTITIES = 200;
const MOST_TRAITS = 200;

export class FoundDevices {
  private readonly devices = new Map<
    string,
    FoundDevice & { readonly traits: Set<string>; readonly topics: Set<string> }
  >();
  private readonly described = new Map<
    string,
    { readonly owner: EntityOwner; readonly entities: Map<string, Entity> }
  >();
  private readonly hubs = new Set<string>();

  /** Returns who was not known before, each in words. */
  hear(message: Message): readonly string[] {
    return sightingsOf(message)
      .filter((sighting) => this.take(sighting))
      .map(nameOf);
  }

  /** By family and name. */
  get found(): readonly FoundDevice[] {
    const keyed = [...this.devices.values()].map((device) => [`${device.family} ${device.key}`, device] as const);
    return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, device]) => device);
  }

  /** Those of which at least one entity is told on a topic that is none of these devices'. */
  describedBeside(devices: readonly FoundDevice[]): readonly DescribedDevice[] {
    const filters = new Set(devices.flatMap(({ topics }) => [...topics]));
    return [...this.described.values()]
      .map(({ owner, entities }) => ({ owner, entities: [...entities.values()] }))
      .filter(({ entities }) =>
        entities.some(({ stateTopic, command }) => isForeign(stateTopic ?? command?.topic, filters)),
      )
      .sort((a, b) => (a.owner.id < b.owner.id ? -1 : 1));
  }

  /** Bridges and gateways that told who they are. */
  get hubTexts(): readonly string[] {
    return [...this.hubs].sort();
  }

  /** Whether it is somebody new. */
  private take(sighting: Sighting): boolean {
    switch (sighting.kind) {
      case "device":
        return this.see(sighting);
      case "entity":
        return this.describe(sighting);
      case "hub":
        return this.meet(sighting.text);
    }
  }

  private meet(hub: string): boolean {
    if (this.hubs.has(hub) || this.hubs.size >= MOST_DEVICES) return false;
    this.hubs.add(hub);
    return true;
  }

  private see(sighting: DeviceSighting): boolean {
    const key = `${sighting.family} ${sighting.key}`;
    const known = this.devices.get(key);
    if (known === undefined && this.devices.size >= MOST_DEVICES) return false;
    const traits = known?.traits ?? new Set();
    for (const trait of sighting.traits) if (traits.size < MOST_TRAITS) traits.add(trait);
    const topics = known?.topics ?? new Set();
    for (const topic of sighting.topics) if (topics.size < MOST_TRAITS) topics.add(topic);
    this.devices.set(key, {
      family: sighting.family,
      key: sighting.key,
      name: sighting.name ?? known?.name,
      model: sighting.model ?? known?.model,
      facts: { ...known?.facts, ...sighting.facts },
      traits,
      topics,
    });
    return known === undefined;
  }

  private describe({ owner, entity }: EntitySighting): boolean {
    const known = this.described.get(owner.id);
    if (known === undefined && this.described.size >= MOST_DEVICES) return false;
    const entities = known?.entities ?? new Map();
    const key = `${entity.component} ${entity.key}`;
    if (entities.has(key) || entities.size < MOST_ENTITIES) entities.set(key, entity);
    // Later messages often leave out what an earlier one has told.
    const { id, name = known?.owner.name, model = known?.owner.model } = owner;
    this.described.set(id, { owner: { id, name, model }, entities });
    return known === undefined;
  }
}

function nameOf(sighting: Sighting): string {
  switch (sighting.kind) {
    case "device":
      return `${sighting.family}: ${sighting.name ?? sighting.key}`;
    case "entity":
      return `described for Home Assistant: ${sighting.owner.name ?? sighting.owner.id}`;
    case "hub":
      return sighting.text;
  }
}

function isForeign(topic: string | undefined, filters: ReadonlySet<string>): boolean {
  return topic !== undefined && !filtersOf(topic).some((filter) => filters.has(filter));
}

/** What of the filters that families have could mean the topic: itself, `a/#`, and a `+` for the third level from the end. */
function filtersOf(topic: string): readonly string[] {
  const levels = topic.split("/");
  const above = levels.map((_, i) => `${levels.slice(0, i + 1).join("/")}/#`);
  return [topic, ...above.slice(0, -1), ...(levels.length < 3 ? [] : [levels.with(-3, "+").join("/")])];
}
