import { type Clock, type Millis, type UnixMillis, wallAt } from "../clock.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { AvailabilityRule } from "../mapping/plan-types.ts";
import type { Availability } from "./availability.ts";
import { type DeviceModel, type Leaf, positionOf } from "./device-model.ts";
import type { PollWishes } from "./poll-wishes.ts";
import { type Known, NEVER, type Reset, type Values } from "./values.ts";

/**
 * `paused`: somebody paused its link, and nobody knows how it fares; `held`: its firmware is being updated, or that of another on its
 * link.
 */
export type DeviceState = "connecting" | "online" | "offline" | "paused" | "held";

/** One device as a person wants to see it; plain data. */
export interface DeviceStatus {
  readonly id: string;
  readonly prefix: string;
  readonly mapping: string;
  readonly link: string;
  readonly state: DeviceState;
  /** Since when it is in this state. */
  readonly since: UnixMillis;
  /** Why it is offline, paused or held, or why the last try failed. */
  readonly reason?: string;
  /** When it is asked again. */
  readonly nextTry?: UnixMillis;
  /** How often it was looked for since it was heard: the next try is one more. */
  readonly tries?: number;
  /** Requests in a row that failed, while there are any; and how many make it offline, where a number does. */
  readonly failed?: number;
  readonly failuresAllowed?: number;
  /** When silence makes it offline, unless something is heard. */
  readonly offlineAt?: UnixMillis;
  readonly lastHeard?: UnixMillis;
  /** In the order of object, instance, resource and resource instance; executables are left out. */
  readonly values: readonly ValueStatus[];
  readonly counters: DeviceCounters;
}

/** The same in numbers, for a monitoring that asks often. */
export interface DeviceHealth {
  readonly id: string;
  readonly link: string;
  readonly state: DeviceState;
  /** How long ago it was heard; absent: never. */
  readonly silence?: Millis;
  readonly values: number;
  /** Of these, how many are no good values now. */
  readonly bad: number;
  /** How late its newest poll began. */
  readonly pollLag: Millis;
  readonly counters: DeviceCounters;
}

export interface ValueStatus {
  readonly path: Path;
  /** The registry's name of the resource. */
  readonly name: string;
  /** The last good value; absent where there was none yet. */
  readonly value?: Value;
  readonly unit?: string;
  /** When the value was measured. */
  readonly time?: UnixMillis;
  /** How long ago it was read. */
  readonly age?: Millis;
  /** How often it is read, where servers make that another period than the mapping's (epmin, epmax). */
  readonly period?: Millis;
  /** Why the newest reading is no value. */
  readonly bad?: string;
  /** The last time that the counter began anew, and what it counted before. */
  readonly reset?: Reset;
  /** `file:line` in the mapping; absent for what the gateway itself adds. */
  readonly source?: string;
}

export interface DeviceCounters {
  readonly reads: number;
  readonly writes: number;
  readonly executes: number;
  /** Requests that the device did not answer, or not properly. */
  readonly failures: number;
  /** Polls that fell due while the one before was still running. */
  readonly skippedPolls: number;
  /** Times it went offline. */
  readonly outages: number;
}

/** What the status tells of how a device lives. */
export type LifeStatus = Pick<
  DeviceStatus,
  "state" | "reason" | "nextTry" | "tries" | "failed" | "failuresAllowed" | "offlineAt"
>;

export function lifeStatus(life: Availability, { failures }: AvailabilityRule, clock: Clock): LifeStatus {
  const { state, reason, nextTry, tries, failed, offlineAt } = life;
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(nextTry === undefined ? {} : { nextTry: wallAt(clock, nextTry), tries }),
    ...(failed === 0 ? {} : { failed, ...(failures === undefined ? {} : { failuresAllowed: failures }) }),
    ...(offlineAt === undefined ? {} : { offlineAt: wallAt(clock, offlineAt) }),
  };
}

export function valueStatuses(
  model: DeviceModel,
  values: Values,
  now: Millis,
  wishes: Pick<PollWishes, "periodOf">,
): ValueStatus[] {
  return model.leaves.flatMap((leaf, at) => {
    if (leaf.definition.type === undefined) return [];
    const unit = leaf.definition.unit ?? sensorUnit(leaf, model, values);
    const reset = values.reset(at);
    const period = leaf.point === undefined ? undefined : wishes.periodOf(leaf.point);
    return [
      {
        ...valueStatus(leaf, values.get(at), now),
        ...(unit === undefined ? {} : { unit }),
        ...(period === undefined ? {} : { period }),
        ...(reset === undefined ? {} : { reset }),
      },
    ];
  });
}

function valueStatus({ path, definition, place }: Leaf, known: Known, now: Millis): ValueStatus {
  const { value, time, heard, bad } = known;
  return {
    path,
    name: definition.name,
    ...(value === undefined ? {} : { value, time }),
    ...(heard === NEVER ? {} : { age: now - heard }),
    ...(bad === undefined ? {} : { bad: bad.reason }),
    ...(place === undefined ? {} : { source: `${place.file}:${place.line}` }),
  };
}

/** Sensors of IPSO objects (3300 and on) tell the unit of their values in a resource beside them. */
const SENSOR_UNITS = 5701;
const SENSOR_VALUES: ReadonlySet<number> = new Set([5600, 5601, 5602, 5603, 5604, 5700]);

function sensorUnit({ path }: Leaf, model: DeviceModel, values: Values): string | undefined {
  const { resource, ...instance } = pathParts(path);
  if (resource === undefined || !SENSOR_VALUES.has(resource)) return undefined;
  const at = positionOf(model.tree, makePath({ ...instance, resource: SENSOR_UNITS }));
  const unit = at === undefined ? undefined : values.get(at).value;
  return typeof unit === "string" ? unit : undefined;
}
