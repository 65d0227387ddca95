/** Which resource is computed before which. */
import type { PointId } from "../adapter.ts";
import { childOf, type MapNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { titleOf } from "./mapped-resource.ts";
import type { ResourcePlan } from "./plan-types.ts";

/** The computed points, each behind all that it is computed from; what goes round in a circle is left out. */
export function computationOrder(resources: ReadonlyMap<PointId, ResourcePlan>): readonly PointId[] {
  return walk(resources).order;
}

/** What is computed from a resource that is not there, because a condition of its does not hold, is not there either. */
export function leaveOutOrphans(resources: Map<PointId, ResourcePlan>, nodes: Map<PointId, MapNode>): void {
  for (const point of computationOrder(resources)) {
    const source = resources.get(point)?.source;
    if (source?.kind !== "derived" || source.inputs.every((input) => resources.has(input))) continue;
    resources.delete(point);
    nodes.delete(point);
  }
}

/** Reports what is computed from itself, or from what cannot be read; `nodes` know where each expression stands. */
export function checkComputation(
  resources: ReadonlyMap<PointId, ResourcePlan>,
  nodes: ReadonlyMap<PointId, MapNode>,
  report: Report,
): void {
  const placeOf = (plan: ResourcePlan) => childOf(nodes.get(plan.point), "expr")?.place ?? plan.place;
  for (const circle of walk(resources).circles) {
    const plan = resources.get(circle[0] ?? "");
    if (plan === undefined) continue;
    const way = [...circle, plan.point].map((point) => `/${point}`).join(" → ");
    reportError(report, placeOf(plan), `${titleOf(plan)} is computed from itself: ${way}`, "LG317");
  }
  for (const plan of resources.values()) {
    if (plan.source.kind !== "derived") continue;
    for (const input of plan.source.inputs) {
      const from = resources.get(input);
      if (from?.source.kind !== "point" || from.source.readable) continue;
      reportError(
        report,
        placeOf(plan),
        `${titleOf(plan)} is computed from ${titleOf(from)}, which cannot be read`,
        "LG317",
      );
    }
  }
}

interface Walked {
  readonly order: readonly PointId[];
  readonly circles: readonly (readonly PointId[])[];
}

/** Depth first, with a stack of our own: a chain may be as long as a mapping. */
function walk(resources: ReadonlyMap<PointId, ResourcePlan>): Walked {
  const order: PointId[] = [];
  const circles: (readonly PointId[])[] = [];
  const done = new Set<PointId>();
  for (const start of resources.keys()) {
    const way: Step[] = [{ point: start, left: inputsOf(start, resources) }];
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const next = done.has(step.point) ? undefined : step.left.pop();
      if (next === undefined) {
        if (!done.has(step.point) && resources.get(step.point)?.source.kind === "derived") order.push(step.point);
        done.add(step.point);
        way.pop();
        continue;
      }
      const at = way.findIndex(({ point }) => point === next);
      if (at !== -1) circles.push(way.slice(at).map(({ point }) => point));
      else if (!done.has(next)) way.push({ point: next, left: inputsOf(next, resources) });
    }
  }
  const inCircle = new Set(circles.flat());
  return { order: order.filter((point) => !inCircle.has(point)), circles };
}

interface Step {
  readonly point: PointId;
  readonly left: PointId[];
}

function inputsOf(point: PointId, resources: ReadonlyMap<PointId, ResourcePlan>): PointId[] {
  const source = resources.get(point)?.source;
  return source?.kind === "derived" ? [...source.inputs] : [];
}
