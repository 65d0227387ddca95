import type { PointId, RawValue } from "../adapter.ts";
import type { Millis, UnixMillis } from "../clock.ts";
import type { PauseRange } from "../duration.ts";
import type { Place } from "../errors.ts";
import type { ObjectDefinition, ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { ReportingRule, Value } from "../lwm2m/sample.ts";
import type { FirmwarePlan } from "./firmware-plan.ts";

/** A device as the configuration and its mapping describe it, everything filled in and checked. */
export interface DevicePlan {
  readonly id: string;
  /** Where the device stands in the configuration. */
  readonly place: Place;
  readonly link: string;
  readonly mapping: string;
  /** Pinned by `prefix:`; else the store assigns one. */
  readonly prefix?: string;
  /** `was:`: the id under which the store knows this device. */
  readonly was?: string;
  /** `device_id:`, or a URN made of the identity in the mapping; else the gateway makes one (/25/x/0). */
  readonly deviceId?: string;
  /** `stored_objects:`: what servers fill under its prefix; the device knows nothing of it, and runs on where it changes. */
  readonly storedObjects?: readonly ObjectDefinition[];
  /** Name of the adapter, e.g. "modbus". */
  readonly adapter: string;
  /** The adapter's parsed section. */
  readonly device: unknown;
  readonly availability: AvailabilityRule;
  readonly objects: ReadonlyMap<number, ObjectPlan>;
  /** Each mapped resource by its point: "3303/0/5700", "3/0/11/0" for a resource instance. */
  readonly resources: ReadonlyMap<PointId, ResourcePlan>;
  /** How images get to it; absent: it has no object 5. */
  readonly firmware?: FirmwarePlan;
  /** Where `when:` depends on what the device says of itself: what that is, and the plan for it. */
  readonly variants?: Variants;
  /**
   * Whatever decides how the device behaves and is not comparable above, the conversions first of all: equal text, equal
   * behaviour. A reload leaves a device alone whose text stays, so comments and places have no part in it.
   */
  readonly fingerprint: string;
}

export interface Variants {
  /** The resources of object 3 on which it depends: "3/0/3". */
  readonly facts: readonly PointId[];
  /** What is not there, since it depends on one of these that is not known. */
  readonly undecided: readonly ResourceIdentity[];
  /** The plan of the same device that says this of itself. */
  withFacts(facts: ReadonlyMap<PointId, Value>): DevicePlan;
}

export interface ObjectPlan {
  readonly definition: ObjectDefinition;
}

/** Offline when the first of its limits is reached; it has one at least. */
export interface AvailabilityRule {
  /** Offline after so many failed requests in a row … */
  readonly failures?: number;
  /** … or after so long without hearing anything. */
  readonly silence?: Millis;
  readonly retry: PauseRange;
  /** The point that is read to see whether it is back; absent: one that is polled anyway. */
  readonly probe?: PointId;
  /**
   * Where the device is a client of its own: how long it is away before it is de-registered, so that servers see it gone. Absent:
   * it is registered whether it is there or not.
   */
  readonly deregisterAfter?: Millis;
  /** What reads get meanwhile: 5.00, the last values, or these with their Measurement Quality resources saying so. */
  readonly whenOffline: "error" | "hold" | "bad-quality";
}

/** When the core reads a point: every so often, once after each connection, only when a server asks, or not at all: it is told. */
export type Poll = { readonly every: Millis } | "connect" | "never" | "unasked";

/** Which resource, or which instance of one: its IDs, and what the registry says of it. */
export interface ResourceIdentity {
  readonly point: PointId;
  readonly object: number;
  readonly instance: number;
  readonly resource: number;
  readonly resourceInstance?: number;
  readonly definition: ResourceDefinition;
}

export interface ResourcePlan extends ResourceIdentity {
  /** Where the resource stands in the mapping. */
  readonly place: Place;
  readonly source: ResourceSource;
}

export type ResourceSource =
  | { readonly kind: "constant"; readonly value: Value }
  | PointSource
  | DerivedSource
  /** What the link knows of the device's connection; nothing while it does not know. */
  | { readonly kind: "link"; readonly fact: LinkFact }
  /** An executable resource: the steps for these arguments (`$0` … `$9`), each parsed by the adapter's `step`. */
  | { readonly kind: "execute"; steps(args: ReadonlyMap<number, string>): readonly unknown[] };

/** Computed from other resources of the device. */
export interface DerivedSource {
  readonly kind: "derived";
  /** The points of those, each once; no chain of them comes back to where it began. */
  readonly inputs: readonly PointId[];
  /** As of a point. */
  readonly note?: string;
  /** As of a point. */
  readonly reporting?: ReportingRule;
  /** From the values of the inputs as servers see them, in that order. */
  compute(values: readonly Value[]): Converted;
}

/** What can be known of a connection; the instance of a multiple resource says which of several addresses. */
export const LINK_FACTS = ["address", "router", "rssi", "link_quality"] as const;
export type LinkFact = (typeof LINK_FACTS)[number];

export interface PointSource {
  readonly kind: "point";
  /** The adapter's parsed point. */
  readonly point: unknown;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly poll: Poll;
  /** The shortest period to which a server may push it (`every.limit`); absent: not beyond its own. */
  readonly fastest?: Millis;
  /** What `unit` makes of the value, for the reader of `check`: "W -> kW (x0.001)". */
  readonly note?: string;
  /** What a device of this kind could deliver at each time, for `sim` and the demo; the same for the same seed. */
  simulate?(seed: number): (time: UnixMillis) => RawValue;
  /** What makes a change worth telling where an observer says nothing (`deadband`, `max_age`). */
  readonly reporting?: ReportingRule;
  /** Whether it is a counter (`monotonic`): a smaller value has begun anew. */
  readonly counts?: boolean;
  /** Whether `toValue` looks at the history; for the others nobody need keep one. */
  readonly looksBack?: boolean;
  /**
   * Raw to value, the whole pipeline of mapping-language order; a bad value says why. Without a history the reading is the
   * first good one.
   */
  toValue(raw: RawValue, history?: PointHistory): Converted;
  /** What a raw value becomes on the way, for a person. Absent where nobody knows. */
  explain?(raw: RawValue): Explained;
  /** The exact inverse; only where `writable`. Throws Lwm2mError 4.00 where the value cannot be written. */
  toRaw(value: Value): { readonly raw: RawValue; readonly mask?: Uint8Array };
}

/** Between the wire and the value; what is absent was not reached, since what came before is bad. */
export interface Explained {
  /** What the bytes say: `as`, `order`. */
  readonly decoded?: Value;
  /** After bits, scale and offset, `expr` and unit; before `enum`, limits and the type of the resource. */
  readonly scaled?: Value;
}

/** What was known of a point before a reading. */
export interface PointHistory {
  /** The last good value, as servers see it. */
  readonly value: Value;
  /** From the time of that value to the time of this reading; never negative. */
  readonly elapsed: Millis;
  /** What the reading just before was, where it was not believed after that value. */
  readonly doubted?: Value;
  /** The device is known to be another one since, or to have begun anew. */
  readonly renewed?: boolean;
}

/** `doubted`: see PointHistory. */
export type Converted = { readonly good: Value } | { readonly bad: string; readonly doubted?: Value };
