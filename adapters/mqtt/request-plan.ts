import type { PlannedRequest, PointId } from "../../src/adapter.ts";
import type { MqttPoint } from "./points.ts";
import type { MqttDevice } from "./section.ts";

/** For `check`: what a poll of these points publishes; what devices tell by themselves costs nothing. */
export function plannedRequests(
  _device: MqttDevice,
  points: ReadonlyMap<PointId, MqttPoint>,
): readonly PlannedRequest[] {
  const requests = [...points.values()].flatMap(({ source }) => (source.kind === "request" ? [source.request] : []));
  return [...new Set(requests)].map(({ name, topic }) => ({ text: `${name} (${topic})` }));
}
