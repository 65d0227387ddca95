import { MAX_ID } from "../lwm2m/path.ts";
import { isUsablePrefix, RESERVED_PREFIXES } from "../lwm2m/prefix.ts";

/** A device of the configuration that needs its place in the north. */
export interface DeviceClaim {
  /** Unique in a list of claims. */
  readonly id: string;
  /** `prefix:` of the device entry: this prefix and no other. */
  readonly prefix?: string;
  /** `was:` of the device entry: the id under which the store may still know this device. */
  readonly was?: string;
}

/** Where a device stands in the north. */
export interface DevicePlace {
  /** First path segment of everything that the device has, e.g. "meter-1". */
  readonly prefix: string;
  /** Instance of object 25 (Gateway TS §6). */
  readonly instance: number;
}

/** What came of a list of claims: each id is in one of the two. */
export interface DevicePlaces {
  readonly assigned: ReadonlyMap<string, DevicePlace>;
  /** Why a device got no place: a sentence that says what to change. It concerns this device alone. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What the store remembers of placed devices. */
export interface PlaceMemory {
  readonly places: ReadonlyMap<string, DevicePlace>;
  /** The device that has, or once had, each prefix. */
  readonly owners: ReadonlyMap<string, string>;
}

/** What changes in the memory, to be applied in this order. */
export type PlaceChange =
  | { readonly type: "renamed"; readonly from: string; readonly to: string }
  | { readonly type: "placed"; readonly id: string; readonly place: DevicePlace };

/** Finds or makes the place of each device. Changes nothing itself: the same memory and claims give the same outcome. */
export function placeDevices(
  memory: PlaceMemory,
  claims: readonly DeviceClaim[],
): DevicePlaces & { readonly changes: readonly PlaceChange[] } {
  const placement = new Placement(memory, claims);
  placement.rename();
  placement.pin();
  placement.place();
  return placement;
}

class Placement {
  readonly assigned = new Map<string, DevicePlace>();
  readonly refused = new Map<string, string>();
  readonly changes: PlaceChange[] = [];
  private readonly places: Map<string, DevicePlace>;
  private readonly owners: Map<string, string>;
  private readonly instances: Set<number>;
  private readonly claims: ReadonlyMap<string, DeviceClaim>;
  private nextInstance = 0;
  private nextNumber = 1;

  constructor(memory: PlaceMemory, claims: readonly DeviceClaim[]) {
    this.places = new Map(memory.places);
    this.owners = new Map(memory.owners);
    this.instances = new Set([...memory.places.values()].map(({ instance }) => instance));
    this.claims = new Map(claims.map((claim) => [claim.id, claim]));
  }

  /** Moves known devices to their new ids. An id that is known itself was renamed before: its `was` is history. */
  rename(): void {
    // Chains (c was b, b was a) resolve from their free end, whatever the order of the list.
    for (let moved = true; moved; ) {
      moved = false;
      for (const { id, was } of this.claims.values()) {
        if (was === undefined || this.places.has(id) || !this.places.has(was) || !this.leaves(was)) continue;
        this.move(was, id);
        moved = true;
      }
    }
    for (const { id, was } of this.claims.values()) {
      if (was === undefined || this.places.has(id)) continue;
      const rival = [...this.claims.values()].find((other) => other.was === was && other.id !== id);
      if (this.places.has(was)) {
        this.refused.set(id, `was: "${was}" is still configured as a device of its own: remove one of the two`);
      } else if (rival !== undefined) {
        this.refused.set(id, `was: "${was}" is also said by device "${rival.id}": only one can have been it`);
      }
    }
  }

  /** Pinned prefixes come first, so that no assigned one takes them away. */
  pin(): void {
    for (const { id, prefix } of this.claims.values()) {
      if (prefix === undefined || this.refused.has(id)) continue;
      const owner = this.owners.get(prefix);
      if (!isUsablePrefix(prefix)) {
        this.refused.set(
          id,
          `prefix "${prefix}" cannot be used: expected a letter, then at most 31 letters, digits, "-" or "_", and none of ${[...RESERVED_PREFIXES].join(", ")}`,
        );
      } else if (owner !== undefined && owner !== id) {
        this.refused.set(id, `prefix "${prefix}" ${this.claims.has(owner) ? belongs(owner) : lingers(owner)}`);
      } else {
        this.owners.set(prefix, id);
      }
    }
  }

  place(): void {
    for (const claim of this.claims.values()) {
      if (this.refused.has(claim.id)) continue;
      const known = this.places.get(claim.id);
      const prefix = claim.prefix ?? known?.prefix ?? this.freePrefix(claim.id);
      const instance = known?.instance ?? this.freeInstance();
      if (instance >= MAX_ID) {
        this.refused.set(claim.id, `all ${MAX_ID} instances of object 25 are taken: forget devices that are gone`);
        continue;
      }
      this.owners.set(prefix, claim.id);
      this.instances.add(instance);
      this.assigned.set(claim.id, { prefix, instance });
      if (known?.prefix !== prefix) this.changes.push({ type: "placed", id: claim.id, place: { prefix, instance } });
    }
  }

  /** Whether the device of this id gives it up: it is configured no more, or is about to be renamed from another one. */
  private leaves(id: string, seen: ReadonlySet<string> = new Set()): boolean {
    const claim = this.claims.get(id);
    if (claim === undefined) return true;
    const { was } = claim;
    return was !== undefined && this.places.has(was) && !seen.has(was) && this.leaves(was, new Set([...seen, id]));
  }

  private move(from: string, to: string): void {
    const place = this.places.get(from);
    if (place === undefined) return;
    this.places.delete(from);
    this.places.set(to, place);
    for (const [prefix, owner] of this.owners) if (owner === from) this.owners.set(prefix, to);
    this.changes.push({ type: "renamed", from, to });
  }

  private freePrefix(id: string): string {
    if (isUsablePrefix(id) && !this.owners.has(id)) return id;
    // dev7 is left to a device of this list that is itself called dev7.
    while (this.owners.has(`dev${this.nextNumber}`) || this.claims.has(`dev${this.nextNumber}`)) this.nextNumber++;
    return `dev${this.nextNumber++}`;
  }

  private freeInstance(): number {
    while (this.instances.has(this.nextInstance)) this.nextInstance++;
    return this.nextInstance;
  }
}

function belongs(owner: string): string {
  return `belongs to device "${owner}": choose another`;
}

function lingers(owner: string): string {
  return `still belongs to device "${owner}", which is configured no more: choose another, or say was: "${owner}" where this is that device`;
}
