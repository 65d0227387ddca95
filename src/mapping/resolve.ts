/** A mapping and a device entry → the plan of the device. */
import type { AdapterModule, PointId } from "../adapter.ts";
import type { Place } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { childOf, type MapEntry, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, refuseSecrets, toPlain } from "../yaml/read.ts";
import { completeRule, readAvailability } from "./availability.ts";
import type { ByteOrder } from "./conversion-types.ts";
import { EXPRESSION_KEYS } from "./expression/expression.ts";
import { constantsOf } from "./expression/scope.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { deviceUrn, withIdentity } from "./identity.ts";
import { resourceKeys } from "./keys.ts";
import type { MappingFile } from "./load.ts";
import { byInstance, type MappedResource } from "./mapped-resource.ts";
import type { DevicePlan, ObjectPlan, ResourcePlan } from "./plan-types.ts";
import { type DeviceContext, resolveResource } from "./resource.ts";
import { readEvery } from "./schedule.ts";
import { readScope, scopeText } from "./scope.ts";
import { withSensorUnits } from "./sensor-units.ts";
import { type MappedObject, readObjects } from "./structure.ts";
import { namesIn, type Scope, substitute } from "./substitute.ts";

/** A mapping with what it has in common for all its devices. */
export interface PreparedMapping {
  readonly file: MappingFile;
  readonly adapter: AdapterModule;
  readonly objects: readonly MappedObject[];
  /** Equal text, equal meaning; without the parameters. */
  readonly fingerprint: string;
  /** Resources with parameters filled in: devices with the same values share them. */
  readonly filled: Map<MappedResource, Map<string, MapNode>>;
}

/** A device as its entry says it. */
export interface DeviceEntry {
  readonly id: string;
  readonly place: Place;
  readonly link: string;
  readonly prefix?: string;
  readonly was?: string;
  readonly deviceId?: string;
  readonly storedObjects?: readonly ObjectDefinition[];
  /** The other keys of the entry. */
  readonly parameters: readonly MapEntry[];
}

/** Finds the objects and resources of a mapping, once for all its devices. What is wrong is reported and left out. */
export function prepareMapping(
  file: MappingFile,
  adapter: AdapterModule,
  catalogue: ObjectCatalogue,
  report: Report,
): PreparedMapping {
  const context = { catalogue, sources: adapter.sources, report };
  const objects = withIdentity(readObjects(file.objects, context), file.identity, context);
  for (const object of objects) warnOfMandatory(object, report);
  return { file, adapter, objects, fingerprint: fingerprintOf(file, objects), filled: new Map() };
}

/** The plan of one device; undefined where the mapping or the entry is wrong, all of which was reported. */
export function resolveDevice(mapping: PreparedMapping, entry: DeviceEntry, report: Report): DevicePlan | undefined {
  return resolveWithNodes(mapping, entry, report)?.plan;
}

/** A plan, and for each point the keys that made it, parameters filled in. */
export interface ResolvedDevice {
  readonly plan: DevicePlan;
  readonly nodes: ReadonlyMap<PointId, MapNode>;
}

export function resolveWithNodes(
  mapping: PreparedMapping,
  entry: DeviceEntry,
  report: Report,
): ResolvedDevice | undefined {
  const { file, adapter } = mapping;
  const reports = trackErrors(report);
  const scope = readScope(file, entry, reports.counted);
  if (scope === undefined) return undefined;
  const fill = filler(scope, reports.unfilled);
  const section = fill(file.section ?? emptySection(file));
  const device = readNode(section, adapter.device, reports.counted, { secrets: true });
  const life = fill(file.availability);
  const rule = readAvailability(life, reports.counted);
  const groups = readEvery(fill(file.every), reports.counted);
  const context: DeviceContext = {
    adapter,
    device,
    ...orderOf(section),
    groups,
    scope,
    constants: constantsOf(file.parameters, scope),
    report: reports.counted,
  };
  const { resources, nodes } = resolveResources(mapping, context, reports.unfilled);
  const objects = objectPlans(mapping.objects);
  const availability = completeRule(rule, life, { objects, resources }, reports.counted);
  const identity = fill(file.identity);
  refuseSecrets(identity, reports.counted);
  if (reports.anyError() || device === undefined) return undefined;
  const deviceId = entry.deviceId ?? deviceUrn(identity);
  const { parameters: _parameters, deviceId: _deviceId, ...own } = entry;
  const plan: DevicePlan = {
    ...own,
    ...(deviceId === undefined ? {} : { deviceId }),
    mapping: file.name,
    adapter: adapter.name,
    device,
    availability,
    objects,
    resources,
    fingerprint: `${mapping.fingerprint} ${scopeText(scope)}`,
  };
  return { plan, nodes };
}

interface Reports {
  /** What is wrong; left out where a `$name` at that place could not be filled in: its reader complains of the name. */
  readonly counted: Report;
  /** A `$name` that could not be filled in. */
  readonly unfilled: Report;
  anyError(): boolean;
}

function trackErrors(report: Report): Reports {
  let wrong = false;
  const places = new Set<Place>();
  const counted: Report = (problem) => {
    wrong ||= problem.severity === "error";
    if (problem.place === undefined || !places.has(problem.place)) report(problem);
  };
  const unfilled: Report = (problem) => {
    counted(problem);
    if (problem.place !== undefined) places.add(problem.place);
  };
  return { counted, unfilled, anyError: () => wrong };
}

type Fill = <T extends YamlNode | undefined>(node: T) => T;

function filler(scope: Scope, report: Report): Fill {
  return <T extends YamlNode | undefined>(node: T) =>
    (node === undefined
      ? undefined
      : substitute(node, scope, report, { owner: "this mapping", untouched: EXPRESSION_KEYS })) as T;
}

function resolveResources(
  mapping: PreparedMapping,
  context: DeviceContext,
  unfilled: Report,
): { readonly resources: Map<PointId, ResourcePlan>; readonly nodes: Map<PointId, MapNode> } {
  const resources = new Map<PointId, ResourcePlan>();
  const nodes = new Map<PointId, MapNode>();
  for (const object of mapping.objects) {
    for (const mapped of object.resources) {
      const node = filledNode(mapped, mapping, { scope: context.scope, report: unfilled });
      const plan = resolveResource({ mapped, node }, context);
      if (plan === undefined) continue;
      resources.set(mapped.point, plan);
      nodes.set(mapped.point, node);
    }
    for (const plan of withSensorUnits(object, nodes)) resources.set(plan.point, plan);
  }
  return { resources, nodes };
}

/** The resource's keys for this device; shared with the devices that have the same values for what it names. */
function filledNode(
  mapped: MappedResource,
  { filled }: PreparedMapping,
  { scope, report }: Pick<DeviceContext, "scope" | "report">,
): MapNode {
  let known = filled.get(mapped);
  if (known === undefined) {
    known = new Map();
    filled.set(mapped, known);
  }
  const values = scopeText(scope, namesIn(mapped.node));
  const shared = known.get(values);
  if (shared !== undefined) return shared;
  let wrong = false;
  const node = filler(scope, (problem) => {
    wrong = true;
    report(problem);
  })(mapped.node);
  // What is wrong must be said again for the next device.
  if (!wrong) known.set(values, node);
  return node;
}

const orderSchema = resourceKeys.shape.order;

/** `order` in the protocol's section is the default of all its points. */
function orderOf(section: YamlNode): { readonly order?: ByteOrder } {
  const order = childOf(section, "order");
  const read = order === undefined ? undefined : orderSchema.safeParse(toPlain(order)).data;
  return read === undefined ? {} : { order: read };
}

function emptySection(file: MappingFile): MapNode {
  return { kind: "map", place: file.protocol.place, entries: [] };
}

function objectPlans(objects: readonly MappedObject[]): ReadonlyMap<number, ObjectPlan> {
  return new Map(objects.map(({ definition }) => [definition.id, { definition }]));
}

/** Servers refuse objects whose mandatory resources are missing; object 3 is completed by the gateway. */
function warnOfMandatory({ key, definition, resources }: MappedObject, report: Report): void {
  if (definition.id === 3) return;
  const instances = byInstance(resources);
  for (const [instance, mapped] of instances) {
    const have = new Set(mapped.map(({ resource }) => resource));
    for (const { id, name, mandatory, operations } of definition.resources.values()) {
      if (!mandatory || operations === "" || have.has(id)) continue;
      const where = instances.size > 1 ? ` (instance ${instance})` : "";
      const message = `mandatory resource ${id} ${name.trim()} of object ${definition.id}${where} is not mapped: it will read as absent (4.04)`;
      report({ severity: "warning", place: key.place, message });
    }
  }
}
