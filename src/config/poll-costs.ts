/** What the polls of a device cost on the wire of its link. */
import type { AdapterModule, PlannedRequest, PointId } from "../adapter.ts";
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { DevicePlan, PointSource, Poll } from "../mapping/plan-types.ts";

/** The points that are read at one pace, and the requests that one turn costs. */
export interface PollCost {
  /** For people: "every 2s", "connect", and how much faster a server may make it. */
  readonly name: string;
  /** How often it is repeated; absent: not by itself. */
  readonly every?: Millis;
  readonly values: number;
  /** Absent where the protocol does not plan. */
  readonly requests?: readonly PlannedRequest[];
}

/** The name of the pace of what nobody asks for: the device tells it. */
export const UNASKED: Poll = "unasked";

/** In the order in which the mapping names the paces first. `options`: of the device's link, where there is one. */
export function pollCosts(
  { resources, device }: DevicePlan,
  adapter: AdapterModule,
  options?: unknown,
): readonly PollCost[] {
  const groups = new Map<string, { readonly every?: Millis; readonly points: Map<PointId, unknown> }>();
  for (const { point, source } of resources.values()) {
    if (source.kind !== "point" || !source.readable) continue;
    const name = pollName(source);
    const every = typeof source.poll === "string" ? {} : { every: source.poll.every };
    const group = groups.get(name) ?? { ...every, points: new Map<PointId, unknown>() };
    group.points.set(point, source.point);
    groups.set(name, group);
  }
  return [...groups].map(([name, { points, ...pace }]) => {
    const requests = name === UNASKED ? undefined : adapter.plan?.(device, points, options);
    return { name, ...pace, values: points.size, ...(requests === undefined ? {} : { requests }) };
  });
}

/** How long the wire is busy with one turn, and with the pauses after its requests; undefined where that is not known. */
export function timeOf({ requests = [] }: PollCost, pause: Millis = 0): Millis | undefined {
  let sum = 0;
  for (const { time } of requests) {
    if (time === undefined) return undefined;
    sum += time + pause;
  }
  return requests.length === 0 ? undefined : sum;
}

/** The pace of the mapping, and how much faster a server may make it where that is not the same (`every.limit`). */
function pollName({ poll, fastest }: PointSource): string {
  const [pace, own] =
    typeof poll === "string" ? [poll, undefined] : [`every ${formatDuration(poll.every)}`, poll.every];
  return fastest === undefined || fastest === own ? pace : `${pace}, or ${formatDuration(fastest)} for a server`;
}
