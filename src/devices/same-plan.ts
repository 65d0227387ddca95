import { isDeepStrictEqual } from "node:util";
import type { DevicePlan, ResourcePlan } from "../mapping/plan-types.ts";
import type { LinkPlan, PlacedDevice } from "./devices.ts";

/**
 * Whether two plans make the same device, so that a reload can leave it running. Where something stands in the user's
 * files has no part in it; conversions are functions and are compared by the plan's fingerprint.
 */
export function samePlan(a: PlacedDevice, b: PlacedDevice): boolean {
  return a.prefix === b.prefix && isDeepStrictEqual(description(a.plan), description(b.plan));
}

export function sameLink(a: LinkPlan, b: LinkPlan): boolean {
  return a.adapter === b.adapter && isDeepStrictEqual(a.options, b.options);
}

function description(plan: DevicePlan): unknown {
  const { link, mapping, adapter, device, availability, fingerprint } = plan;
  const objects = [...plan.objects.values()].map(({ definition }) => definition);
  const resources = [...plan.resources.values()].map(resourceDescription);
  return { link, mapping, adapter, device, availability, fingerprint, objects, resources };
}

function resourceDescription({ point, source }: ResourcePlan): unknown {
  switch (source.kind) {
    case "constant":
      return { id: point, constant: source.value };
    case "point": {
      const { readable, writable, poll, fastest } = source;
      return { id: point, point: source.point, readable, writable, poll, fastest };
    }
    case "derived":
      return { id: point, inputs: source.inputs };
    case "link":
      return { id: point, fact: source.fact };
    case "execute":
      return { id: point };
  }
}
