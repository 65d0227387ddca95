import type { PointId } from "../adapter.ts";
import type { DevicePlan, Poll } from "../mapping/plan-types.ts";
import type { DeviceModel } from "./device-model.ts";
import type { PolledPoint } from "./poll-wishes.ts";

/** What can be read of a device, in document order. */
export function polledPoints({ leaves }: DeviceModel): readonly PolledPoint[] {
  return leaves.flatMap(({ point, path, source }) =>
    point !== undefined && source.kind === "point" && source.readable ? [{ point, path, source }] : [],
  );
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
    source.kind === "point" && source.readable ? [{ point, poll: source.poll }] : [],
  );
  const polled =
    readable.find(({ poll }) => typeof poll === "object") ?? readable.find(({ poll }) => poll === "connect");
  const asked = availability.silence === undefined ? readable[0] : undefined;
  return (polled ?? asked)?.point;
}
