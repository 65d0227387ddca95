import type { PointId } from "../adapter.ts";
import type { Path } from "../lwm2m/path.ts";
import type { DevicePlan, PointSource, Poll } from "../mapping/plan-types.ts";
import type { DeviceModel, Leaf } from "./device-model.ts";
import type { PolledPoint } from "./poll-wishes.ts";

/** What can be read of a device, in document order. */
export function polledPoints({ leaves, computed }: DeviceModel): readonly PolledPoint[] {
  const feeds = feedsOf(leaves, computed);
  return leaves.flatMap((leaf, at) => {
    if (!isPolled(leaf)) return [];
    const fed = feeds.get(at);
    return [fed === undefined ? leaf : { ...leaf, feeds: fed }];
  });
}

/** Whether it is the device's, and can be asked for. */
export function isPolled(leaf: Leaf): leaf is Leaf & { readonly point: PointId; readonly source: PointSource } {
  return (
    leaf.point !== undefined && leaf.source.kind === "point" && leaf.source.readable && leaf.source.poll !== "unasked"
  );
}

/** By position of a leaf: the paths of all that is computed from it, also by way of others. */
function feedsOf(
  leaves: DeviceModel["leaves"],
  computed: DeviceModel["computed"],
): ReadonlyMap<number, readonly Path[]> {
  const feeds = new Map<number, Path[]>();
  const roots = new Map<number, ReadonlySet<number>>();
  for (const [at, inputs] of computed) {
    const path = leaves[at]?.path;
    const below = new Set(inputs.flatMap((input) => [...(roots.get(input) ?? [input])]));
    roots.set(at, below);
    if (path === undefined) continue;
    for (const root of below) feeds.set(root, [...(feeds.get(root) ?? []), path]);
  }
  return feeds;
}

/** When each is read by the mapping. */
export function pollsOf(points: readonly PolledPoint[]): ReadonlyMap<PointId, Poll> {
  return new Map(points.map(({ point, source }) => [point, source.poll]));
}

/**
 * The point that a probe asks for: that of the mapping, or one that is polled anyway. None for a device that speaks by itself,
 * or tells nothing.
 */
export function probePoint({
  availability,
  resources,
}: Pick<DevicePlan, "availability" | "resources">): PointId | undefined {
  if (availability.probe !== undefined) return availability.probe;
  const readable = [...resources.values()].flatMap(({ point, source }) =>
    source.kind === "point" && source.readable && source.poll !== "unasked" ? [{ point, poll: source.poll }] : [],
  );
  const polled =
    readable.find(({ poll }) => typeof poll === "object") ?? readable.find(({ poll }) => poll === "connect");
  const asked = availability.silence === undefined ? readable[0] : undefined;
  return (polled ?? asked)?.point;
}
