import type { PointId, RawValue } from "../../src/adapter.ts";
import { SECOND } from "../../src/clock.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { ObjectDefinition } from "../../src/lwm2m/objects/definition.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePath, pathParts } from "../../src/lwm2m/path.ts";
import { isObjectLink, type Value } from "../../src/lwm2m/sample.ts";
import type { FirmwarePlan } from "../../src/mapping/firmware-plan.ts";
import type {
  AvailabilityRule,
  DevicePlan,
  PointSource,
  ResourcePlan,
  ResourceSource,
} from "../../src/mapping/plan-types.ts";

export interface PlanOptions {
  readonly id?: string;
  readonly link?: string;
  /** The adapter's section: for the fake adapter the name of a fake device; default: the id. */
  readonly device?: string;
  readonly availability?: AvailabilityRule;
  readonly fingerprint?: string;
  readonly firmware?: FirmwarePlan;
}

const AVAILABILITY: AvailabilityRule = {
  failures: 3,
  retry: { first: 5 * SECOND, longest: 600 * SECOND },
  whenOffline: "error",
};

/** A plan as the mapping makes it, by hand: sources by point. */
export function aPlan(resources: Readonly<Record<PointId, ResourceSource>>, options: PlanOptions = {}): DevicePlan {
  const { id = "meter-1", link = "bus", device = id, availability = AVAILABILITY, fingerprint = "" } = options;
  const plans = new Map(Object.entries(resources).map(([point, source]) => [point, resourcePlan(point, source)]));
  const objects = new Map([...plans.values()].map(({ object }) => [object, { definition: definitionOf(object) }]));
  const place = { file: "config.yaml", line: 1, column: 1 };
  const names = { id, place, link, mapping: "test-meter", adapter: "fake" };
  const { firmware } = options;
  const rest = firmware === undefined ? { fingerprint } : { firmware, fingerprint };
  return { ...names, device, availability, objects, resources: plans, ...rest };
}

/** By a way "test", changed by what anything else says. */
export function aFirmwarePlan(changes: Partial<FirmwarePlan> = {}): FirmwarePlan {
  return {
    ...{ via: "test", transfer: {}, stage: "on-update", accept: { maxSize: 2 ** 20 }, version: { kind: "none" } },
    ...{ expect: "changed", enter: [], activate: [], confirm: [], abort: [], retries: 3, lock: "device" },
    verify: { within: 180 * SECOND, poll: 5 * SECOND, settle: 10 * SECOND },
    results: new Map(),
    ...changes,
  };
}

export function constant(value: Value): ResourceSource {
  return { kind: "constant", value };
}

/** A point whose raw value is its value; -1 is no value, and 255 cannot be written. Polled each 10 s, read-only. */
export function point(options: Partial<PointSource> = {}): PointSource {
  return {
    kind: "point",
    point: {},
    readable: true,
    writable: false,
    poll: { every: 10 * SECOND },
    toValue: (raw: RawValue) => (raw === -1 ? { bad: "-1 means no value" } : { good: raw }),
    toRaw(value) {
      if (value === 255 || isObjectLink(value)) throw new Lwm2mError(0x80, `${value} is above 254`);
      return { raw: value };
    },
    ...options,
  };
}

/** The newest version of an object in the registry. */
export function definitionOf(object: number): ObjectDefinition {
  const definition = catalogue.find(object);
  if (definition === undefined) throw new RangeError(`there is no object ${object}`);
  return definition;
}

function resourcePlan(pointId: PointId, source: ResourceSource): ResourcePlan {
  const { object = -1, instance = 0, resource = -1, resourceInstance } = pathParts(parsePath(`/${pointId}`));
  const definition = definitionOf(object).resources.get(resource);
  if (definition === undefined) throw new RangeError(`there is no resource ${pointId}`);
  const place = { file: "test-meter.yaml", line: 3, column: 5 };
  const ids = { object, instance, resource, ...(resourceInstance === undefined ? {} : { resourceInstance }) };
  return { point: pointId, ...ids, definition, place, source };
}
