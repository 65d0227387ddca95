/** A mapping and a device entry → the plan of the device. */
import type { PointId } from "../adapter.ts";
import type { Place } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { MapEntry, MapNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, refuseSecrets, reportError } from "../yaml/read.ts";
import { completeRule, readAvailability } from "./availability.ts";
import { checkComputation, leaveOutOrphans } from "./computation-order.ts";
import { Conditions, type Facts } from "./conditions.ts";
import { constantsOf } from "./expression/scope.ts";
import { filledNode, filler } from "./fill.ts";
import { fillFirmware, readFirmware } from "./firmware.ts";
import { deviceUrn } from "./identity.ts";
import type { MappingFile } from "./load.ts";
import { type MappedResource, titleOf } from "./mapped-resource.ts";
import type { DevicePlan, ObjectPlan, ResourcePlan, Variants } from "./plan-types.ts";
import type { PreparedMapping } from "./prepare.ts";
import { type DeviceContext, resolveResource } from "./resource.ts";
import { readEvery } from "./schedule.ts";
import { readScope, scopeText } from "./scope.ts";
import { sectionOrder } from "./section-order.ts";
import { withSensorUnits } from "./sensor-units.ts";
import type { MappedObject } from "./structure.ts";
import type { Scope } from "./substitute.ts";

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

/** A plan, and for each point the keys that made it, parameters filled in. */
export interface ResolvedDevice {
  readonly plan: DevicePlan;
  readonly nodes: ReadonlyMap<PointId, MapNode>;
  /** Whether an entry with these conditions is there. */
  holds(conditions: readonly YamlNode[]): boolean;
  /** The same device, when this is known of it. */
  withFacts(facts: Facts): ResolvedDevice;
}

/** `facts`: what the device has said of itself so far. */
export function resolveWithNodes(
  mapping: PreparedMapping,
  entry: DeviceEntry,
  report: Report,
  facts: Facts = new Map(),
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
  const context: DeviceContext = {
    adapter,
    device,
    groups: readEvery(fill(file.every), reports.counted),
    ...sectionOrder(section, reports.counted),
    scope,
    ...namesOf(mapping, scope),
    report: reports.counted,
  };
  const conditions = conditionsOf(mapping, context, facts);
  const { resources, nodes, undecided } = resolveResources(mapping, conditions, context, reports.unfilled);
  const objects = objectPlans(mapping.objects, resources);
  const availability = completeRule(rule, life, { objects, resources, mapped: context.siblings }, reports.counted);
  const ownName = ownNameOf(fill(file.identity), reports.counted);
  const firmware = firmwareOf(file, context, resources, reports.unfilled);
  if (reports.anyError() || device === undefined) return undefined;
  const deviceId = entry.deviceId ?? ownName;
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
    ...(firmware === undefined ? {} : { firmware }),
    fingerprint: `${mapping.fingerprint} ${scopeText(scope)} ${conditions.text}`.trimEnd(),
  };
  return withVariants({ plan, nodes, undecided }, conditions, (known) =>
    resolveWithNodes(mapping, entry, ignore, known),
  );
}

/** What expressions may name. */
function namesOf({ file, objects }: PreparedMapping, scope: Scope): Pick<DeviceContext, "constants" | "siblings"> {
  return {
    constants: constantsOf(file.parameters, scope),
    siblings: objects.flatMap(({ resources }) => resources),
  };
}

function firmwareOf(
  { firmware }: MappingFile,
  context: DeviceContext,
  resources: DevicePlan["resources"],
  unfilled: Report,
): DevicePlan["firmware"] {
  const { scope } = context;
  const node = fillFirmware(firmware, filler(scope, unfilled), filler(scope, unfilled, true));
  return readFirmware(node, context, resources);
}

function ignore(): void {}

/** Servers see it: no secret has a part in it. */
function ownNameOf(identity: YamlNode | undefined, report: Report): string | undefined {
  return refuseSecrets(identity, report) ? deviceUrn(identity, report) : undefined;
}

/** A device with what it becomes when it has said something of itself. */
function withVariants(
  { plan, nodes, undecided }: Pick<ResolvedDevice, "plan" | "nodes"> & Pick<Variants, "undecided">,
  conditions: Conditions,
  resolveAgain: (facts: Facts) => ResolvedDevice | undefined,
): ResolvedDevice {
  const facts = conditions.needed.map(({ point }) => point);
  const withFacts = (known: Facts): ResolvedDevice => resolveAgain(known) ?? resolved;
  const variants: Variants = { facts, undecided, withFacts: (known) => withFacts(known).plan };
  const resolved: ResolvedDevice = {
    plan: facts.length === 0 ? plan : { ...plan, variants },
    nodes,
    holds: (wanted) => conditions.outcomeOf(wanted) === "holds",
    withFacts,
  };
  return resolved;
}

function conditionsOf(mapping: PreparedMapping, context: DeviceContext, facts: Facts): Conditions {
  return new Conditions({
    objects: mapping.objects,
    constants: context.constants,
    report: context.report,
    factOf(mapped) {
      const said = facts.get(mapped.point);
      if (said !== undefined) return said;
      const silent = { ...context, report: () => {} };
      const node = filledNode(mapped, mapping, { scope: context.scope, report: silent.report });
      const source = resolveResource({ mapped, node }, silent)?.source;
      return source?.kind === "constant" ? source.value : undefined;
    },
  });
}

/** A condition on what is never read would never hold. */
function checkReadable(needed: MappedResource, resources: ReadonlyMap<PointId, ResourcePlan>, report: Report): void {
  const source = resources.get(needed.point)?.source;
  if (source?.kind !== "point" || (source.readable && source.poll !== "never")) return;
  reportError(
    report,
    needed.key.place,
    `${titleOf(needed)} is never read, but a "when" needs it: expected e.g. poll: connect`,
    "LG326",
  );
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

interface Resolved {
  readonly resources: Map<PointId, ResourcePlan>;
  readonly nodes: Map<PointId, MapNode>;
  readonly undecided: readonly MappedResource[];
}

/** Of several with one point the first whose conditions hold; none, while that is not known. */
function resolveResources(
  mapping: PreparedMapping,
  conditions: Conditions,
  context: DeviceContext,
  unfilled: Report,
): Resolved {
  const resources = new Map<PointId, ResourcePlan>();
  const nodes = new Map<PointId, MapNode>();
  const undecided = new Map<PointId, MappedResource>();
  for (const object of mapping.objects) {
    const there: MappedResource[] = [];
    for (const mapped of object.resources) {
      const { point } = mapped;
      const outcome = conditions.outcomeOf(mapped.conditions);
      if (outcome === "never") continue;
      // What is wrong with it is told though the device may never have it.
      const node = filledNode(mapped, mapping, { scope: context.scope, report: unfilled });
      const plan = resolveResource({ mapped, node }, context);
      if (plan === undefined || resources.has(point) || undecided.has(point)) continue;
      if (outcome === "unknown") undecided.set(point, mapped);
      if (outcome !== "holds") continue;
      there.push(mapped);
      resources.set(point, plan);
      nodes.set(point, node);
    }
    for (const plan of withSensorUnits({ ...object, resources: there }, nodes)) resources.set(plan.point, plan);
  }
  leaveOutOrphans(resources, nodes);
  checkComputation(resources, nodes, context.report);
  for (const needed of conditions.needed) checkReadable(needed, resources, context.report);
  return { resources, nodes, undecided: [...undecided.values()] };
}

function emptySection(file: MappingFile): MapNode {
  return { kind: "map", place: file.protocol.place, entries: [] };
}

/** Those of which some resource is there. */
function objectPlans(
  objects: readonly MappedObject[],
  resources: ReadonlyMap<PointId, ResourcePlan>,
): ReadonlyMap<number, ObjectPlan> {
  const there = new Set([...resources.values()].map(({ object }) => object));
  const plans = objects.map(({ definition }) => [definition.id, { definition }] as const);
  return new Map(plans.filter(([id]) => there.has(id)));
}
