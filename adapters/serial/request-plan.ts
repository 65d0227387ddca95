/** For `check`: the requests that a poll of some points costs. */
import type { PlannedRequest, PointId } from "../../src/adapter.ts";
import type { SerialPoint } from "./points.ts";
import type { SerialDevice } from "./section.ts";

/** One for each request of the mapping that has a value for one of them. */
export function plannedRequests(
  _device: SerialDevice,
  points: ReadonlyMap<PointId, SerialPoint>,
): readonly PlannedRequest[] {
  const names = [...points.values()].flatMap(({ source }) => (source.kind === "request" ? [source.request.name] : []));
  return [...new Set(names)].map((text) => ({ text }));
}
