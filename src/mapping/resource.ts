/** One resource of a mapping, parameters filled in → its plan. */
import type { AdapterModule } from "../adapter.ts";
import { byPlace, type Problem } from "../errors.ts";
import { notSupported, unknownWord } from "../yaml/issues.ts";
import { childOf, entryOf, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, refuseSecrets, reportError } from "../yaml/read.ts";
import { knownKeys } from "../yaml/shape.ts";
import { constantValue } from "./constant.ts";
import type { ByteOrder } from "./conversion-types.ts";
import { resolveDerived } from "./derived.ts";
import type { Constants } from "./expression/scope.ts";
import { furtherProblems } from "./further-problems.ts";
import { CORE_RESOURCE_KEYS, CORE_SOURCES, LATER_RESOURCE_KEYS } from "./keys.ts";
import { resolveLink } from "./link-source.ts";
import { isDerived, type MappedResource, titleOf } from "./mapped-resource.ts";
import type { ResourcePlan, ResourceSource } from "./plan-types.ts";
import { resolvePoint } from "./point.ts";
import type { PollGroups } from "./schedule.ts";
import { readSteps } from "./step-list.ts";
import type { Scope } from "./substitute.ts";

/** What all resources of one device share. */
export interface DeviceContext {
  readonly adapter: AdapterModule;
  /** The adapter's parsed section. */
  readonly device: unknown;
  /** The section's `order`. */
  readonly order?: ByteOrder;
  readonly groups: PollGroups;
  readonly scope: Scope;
  /** The same for expressions. */
  readonly constants: Constants;
  /** All resources of the mapping: what an expression may be made of. */
  readonly siblings: readonly MappedResource[];
  readonly report: Report;
}

/** A resource to resolve; `node` has its parameters filled in. */
export interface ResolvableResource {
  readonly mapped: MappedResource;
  readonly node: MapNode;
}

/** The plan of one resource; undefined where it is wrong, all of which was reported. */
export function resolveResource(resource: ResolvableResource, context: DeviceContext): ResourcePlan | undefined {
  const problems: Problem[] = [];
  const plan = resolveOnce(resource, { ...context, report: (problem) => problems.push(problem) });
  const { mapped, node } = resource;
  const { sources: own } = context.adapter;
  const sources = new Set([...own, ...CORE_SOURCES, ...(isDerived(node, own) ? ["expr"] : [])]);
  const further = furtherProblems(node, plan === undefined ? problems : [], sources, (rest) => {
    const again: Problem[] = [];
    resolveOnce({ mapped, node: rest }, { ...context, report: (problem) => again.push(problem) });
    return again;
  });
  for (const problem of [...problems, ...further].sort(byPlace)) context.report(problem);
  return plan;
}

function resolveOnce(resource: ResolvableResource, context: DeviceContext): ResourcePlan | undefined {
  const { mapped, node } = resource;
  if (!refuseSecrets(node, context.report)) return undefined;
  const source = sourceOf(resource, context);
  if (source === undefined) return undefined;
  const resolved = resolveSource(source, resource, context);
  if (resolved === undefined) return undefined;
  const known = plans.get(node);
  if (known?.source === resolved) return known;
  const plan: ResourcePlan = {
    point: mapped.point,
    object: mapped.object,
    instance: mapped.instance,
    resource: mapped.resource,
    ...(mapped.resourceInstance === undefined ? {} : { resourceInstance: mapped.resourceInstance }),
    definition: mapped.definition,
    place: mapped.key.place,
    source: resolved,
  };
  plans.set(node, plan);
  return plan;
}

/** Of each node, what was made of it last: devices with the same source share the whole. */
const plans = new WeakMap<MapNode, ResourcePlan>();

/** The one key that says where the value comes from; undefined where there is none, or two, or an unknown key beside it. */
function sourceOf({ mapped, node }: ResolvableResource, { adapter, report }: DeviceContext): string | undefined {
  const known = resourceKeysOf(adapter);
  let wrong = false;
  for (const { key } of node.entries) {
    if (known.has(key.text)) continue;
    if (LATER_RESOURCE_KEYS.includes(key.text)) reportError(report, key.place, notSupported(key.text), "LG211");
    else reportError(report, key.place, unknownWord("key", key.text, known), "LG201");
    wrong = true;
  }
  if (wrong) return undefined;
  const sources = node.entries.filter(
    ({ key }) => adapter.sources.includes(key.text) || CORE_SOURCES.includes(key.text),
  );
  if (isDerived(node, adapter.sources)) return "expr";
  const whole = sources.filter(({ key }) => adapter.parts?.includes(key.text) !== true);
  const [first, second] = whole.length === 0 ? sources : whole;
  if (second !== undefined) {
    const names = whole.map(({ key }) => key.text).join(" and ");
    reportError(report, second.key.place, `${titleOf(mapped)} has more than one source: ${names}`, "LG313");
  } else if (first === undefined) {
    const { operations } = mapped.definition;
    const message =
      operations === "E"
        ? `${titleOf(mapped)} is executable: it needs "do"`
        : `${titleOf(mapped)} needs a source: one of ${[...adapter.sources, "const", "param", "expr"].join(", ")}`;
    reportError(report, mapped.key.place, message, "LG313");
  } else return first.key.text;
  return undefined;
}

const knownOf = new WeakMap<AdapterModule, ReadonlySet<string>>();

/** Every key that may stand beside a resource of this protocol; `device` is between core and adapter. */
export function resourceKeysOf(adapter: AdapterModule): ReadonlySet<string> {
  let known = knownOf.get(adapter);
  if (known === undefined) {
    const own = knownKeys(adapter.point).filter((key) => key !== "device");
    known = new Set([...CORE_RESOURCE_KEYS, ...adapter.sources, ...own]);
    knownOf.set(adapter, known);
  }
  return known;
}

function resolveSource(
  source: string,
  resource: ResolvableResource,
  context: DeviceContext,
): ResourceSource | undefined {
  const { mapped, node } = resource;
  const { operations } = mapped.definition;
  const place = entryOf(node, source)?.key.place ?? mapped.key.place;
  if (operations === "E" && source !== "do") {
    reportError(context.report, mapped.key.place, `${titleOf(mapped)} is executable: it needs "do"`, "LG314");
    return undefined;
  }
  if (operations === "") {
    reportError(
      context.report,
      mapped.key.place,
      `${titleOf(mapped)} is for bootstrap servers alone: it cannot be mapped`,
      "LG314",
    );
    return undefined;
  }
  if (source === "do" && operations !== "E") {
    reportError(
      context.report,
      place,
      `${titleOf(mapped)} is not executable (${operations}): "do" has no meaning here`,
      "LG314",
    );
    return undefined;
  }
  if (source === "expr") return resolveDerived(resource, context);
  if (!CORE_SOURCES.includes(source)) return resolvePoint(source, resource, context);
  const others = node.entries.filter(({ key }) => key.text !== source);
  for (const { key } of others)
    reportError(context.report, key.place, `"${key.text}" has no meaning beside "${source}"`, "LG210");
  if (others.length > 0) return undefined;
  switch (source) {
    case "do":
      return resolveSteps(resource, context);
    case "link":
      return resolveLink(resource, context);
    default:
      return resolveConstant(source, resource, context);
  }
}

function resolveConstant(
  source: string,
  { mapped, node }: ResolvableResource,
  { scope, report }: DeviceContext,
): ResourceSource | undefined {
  const written = childOf(node, source);
  if (written === undefined) return undefined;
  const value = source === "param" ? parameterNode(written, scope, report) : written;
  if (value === undefined) return undefined;
  const constant = constantValue(value, mapped.definition);
  if ("value" in constant) return { kind: "constant", value: constant.value };
  reportError(report, written.place, `${titleOf(mapped)}: ${constant.wrong}`, "LG331");
  return undefined;
}

function parameterNode(written: YamlNode, scope: Scope, report: Report): YamlNode | undefined {
  const name = written.kind === "scalar" ? written.text : "";
  const value = scope.get(name);
  if (value !== undefined && value !== "absent")
    return refuseSecrets({ ...value, place: written.place }, report) ? value : undefined;
  reportError(report, written.place, unknownWord("parameter", name, scope.keys()), "LG318");
  return undefined;
}

function resolveSteps({ mapped, node }: ResolvableResource, context: DeviceContext): ResourceSource | undefined {
  const list = childOf(node, "do");
  const items = list?.kind === "list" ? list.items : [];
  const maps = items.filter((item) => item.kind === "map");
  if (list !== undefined && items.length > 0 && maps.length === items.length) {
    const steps = readSteps(maps, titleOf(mapped), context);
    return steps === undefined ? undefined : { kind: "execute", steps };
  }
  const message = `${titleOf(mapped)}: "do" is a list of steps, e.g. [ { wait: 1s } ]`;
  reportError(context.report, list?.place ?? node.place, message, "LG330");
  return undefined;
}
