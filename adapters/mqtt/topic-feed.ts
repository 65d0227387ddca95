/** What one device hears on one topic, as readings: all that is to be known of the points is known before the first message. */
import type { PointId, Reading, ReadResult, UnixMillis } from "../../src/adapter.ts";
import { valueAt } from "./json-path.ts";
import type { Qos } from "./keys.ts";
import { believedTime, measuredTime } from "./measured-time.ts";
import type { Message } from "./message.ts";
import { pointValue, Refusal } from "./point-value.ts";
import type { MqttPoint } from "./points.ts";
import type { Feed } from "./router.ts";
import type { TopicSpec } from "./section.ts";

export type Refused = ReadResult["refused"];

/** What a message said. */
export interface Heard {
  readonly readings: readonly Reading[];
  readonly refused: Refused;
}

export class TopicFeed {
  readonly qos: Qos;
  private readonly topic: TopicSpec;
  private readonly points: readonly (readonly [PointId, MqttPoint])[];
  private readonly now: () => UnixMillis;
  private readonly onHeard: (heard: Heard, message: Message) => void;
  /** When the newest of them was measured, as it said itself. */
  private newest = Number.NEGATIVE_INFINITY;
  /** Of each point what was said last: a message need not mention all of them. */
  private readonly last = new Map<PointId, Reading>();

  constructor(
    topic: TopicSpec,
    points: readonly (readonly [PointId, MqttPoint])[],
    now: () => UnixMillis,
    onHeard: (heard: Heard, message: Message) => void,
  ) {
    this.topic = topic;
    this.qos = topic.qos;
    this.points = points;
    this.now = now;
    this.onHeard = onHeard;
  }

  /** One for each of its filters. */
  asFeeds(): readonly Feed[] {
    const { filters, only } = this.topic;
    return filters.map((filter) => ({ filter, only, take: (message) => this.take(message) }));
  }

  private take(message: Message): void {
    const time = this.timeOf(message);
    if (time === undefined) return;
    const heard = readingsOf(this.points, message, time);
    for (const reading of heard.readings) this.last.set(reading.point, reading);
    this.onHeard(heard, message);
  }

  /** What the newest message that mentions it says of a point. */
  said(point: PointId): Reading | undefined {
    return this.last.get(point);
  }

  /**
   * When it was measured; undefined: it is no new measurement. Of a message that the broker had kept nobody knows how old it is,
   * unless it says so itself; and what it says may have been heard before it was kept.
   */
  private timeOf(message: Message): UnixMillis | undefined {
    const { time: path, retained } = this.topic;
    const now = this.now();
    const said =
      path === undefined || "fault" in message.json ? undefined : measuredTime(valueAt(message.json.value, path));
    if (said === undefined) return message.retained && retained === "ignore" ? undefined : now;
    const time = believedTime(said, now);
    if (message.retained && time <= this.newest) return undefined;
    this.newest = Math.max(this.newest, time);
    return time;
  }
}

/** What a message has for each of the points. Points that it does not mention are in neither list. */
export function readingsOf(
  points: readonly (readonly [PointId, MqttPoint])[],
  message: Message,
  time: UnixMillis,
): Heard {
  const readings: Reading[] = [];
  let refused: { readonly point: PointId; readonly reason: string }[] | undefined;
  for (const [point, spec] of points) {
    const value = pointValue(spec, message);
    if (value === undefined) continue;
    if (value instanceof Refusal) {
      refused ??= [];
      refused.push({ point, reason: value.reason });
    } else readings.push({ point, value, time });
  }
  return { readings, refused: refused ?? NONE };
}

const NONE: Refused = [];
