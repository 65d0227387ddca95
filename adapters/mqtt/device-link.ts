/** One device at a broker, as the core sees it. */
import {
  type AdapterContext,
  type Connectivity,
  DeviceError,
  type DeviceLink,
  type DeviceListener,
  type PointId,
  type RawValue,
  type Reading,
  type ReadResult,
  SECOND,
  type Transfer,
  type TransferContext,
} from "../../src/adapter.ts";
import { byRequest, requestOfStep } from "../spoken/requests.ts";
import { requestToWrite } from "../spoken/write.ts";
import { until } from "../wires/deadline.ts";
import { type Availability, AvailabilityState } from "./availability-state.ts";
import type { BrokerLine } from "./broker-line.ts";
import type { VersionWatch } from "./firmware/version-watch.ts";
import { valueAt } from "./json-path.ts";
import type { Message } from "./message.ts";
import type { MqttPoint } from "./points.ts";
import type { RequestSpec } from "./request-spec.ts";
import { Requester, type RequestLine } from "./requester.ts";
import { type MqttDevice, type SignalSpec, STATE, type TopicSpec } from "./section.ts";
import { type MqttStep, publicationOf } from "./steps.ts";
import { type Heard, readingsOf, TopicFeed } from "./topic-feed.ts";

/** What of a line a device needs. */
export type DeviceLine = RequestLine & Pick<BrokerLine, "listen" | "hear" | "peer">;

/** What there is of one device. */
export interface AttachedDevice {
  readonly device: MqttDevice;
  readonly points: ReadonlyMap<PointId, MqttPoint>;
}

/** What is being gathered. */
interface Gathered {
  readonly readings: Reading[];
  readonly refused: { readonly point: PointId; readonly reason: string }[];
}

/** How long the broker may take for what a step publishes. */
const STEP_TIMEOUT = 5 * SECOND;

export class MqttDeviceLink implements DeviceLink<MqttStep> {
  private readonly line: DeviceLine;
  private readonly attached: AttachedDevice;
  private readonly listener: DeviceListener;
  private readonly context: AdapterContext;
  private readonly requester: Requester;
  private readonly availability: AvailabilityState;
  private readonly feeds: readonly TopicFeed[];
  private readonly life = new AbortController();
  private readonly endings: (() => void)[];
  /** Of devices to which images have been brought. */
  private versions: VersionWatch | undefined;
  private signal: Connectivity = {};
  /** It was said that the device is away: when it is back much may be otherwise. */
  private away = false;

  constructor(line: DeviceLine, attached: AttachedDevice, listener: DeviceListener, context: AdapterContext) {
    const { device } = attached;
    this.line = line;
    this.attached = attached;
    this.listener = listener;
    this.context = context;
    this.requester = new Requester(line, device.requests.values(), context, this.life.signal);
    this.availability = new AvailabilityState(device.availability);
    this.feeds = this.topicFeeds();
    this.endings = [
      line.listen((reachable, reason) => this.connection(line, reachable, reason)),
      ...this.feeds.flatMap((feed) => feed.asFeeds().map((one) => line.hear(one, feed.qos))),
      ...device.availability.map(({ topic }, i) =>
        line.hear({ filter: topic, only: [], take: (message) => this.hearAvailability(i, message) }, 0),
      ),
      () => this.requester.close(),
    ];
    if (line.peer !== undefined) {
      listener.onConnectivity?.({ addresses: [line.peer] });
      this.askForAll();
    }
  }

  async read(points: readonly PointId[]): Promise<ReadResult> {
    this.life.signal.throwIfAborted();
    const result: Gathered = { readings: [], refused: [] };
    this.addSaid(points, result);
    await this.askAll(this.requestsOf(points), result);
    return result;
  }

  async write(id: PointId, value: RawValue): Promise<void> {
    const point = this.attached.points.get(id);
    const request = requestToWrite(id, point?.write, value);
    const encoding = point?.part.encoding;
    const spelled =
      encoding !== undefined && value instanceof Uint8Array ? Buffer.from(value).toString(encoding) : value;
    await this.requester.ask(request, spelled);
  }

  async invoke(steps: readonly MqttStep[]): Promise<void> {
    for (const step of steps) {
      this.life.signal.throwIfAborted();
      await this.run(step);
    }
  }

  /** Nothing else is disturbed by it, or disturbs it: its topics are its own. */
  async transfer(transfer: TransferContext): Promise<Transfer> {
    this.life.signal.throwIfAborted();
    const { openTransfer, VersionWatch } = await import("./firmware/open.ts");
    const { context, life, endings } = this;
    this.versions ??= new VersionWatch();
    const remain = (end: () => void): void => void endings.push(end);
    return openTransfer(this.line, { context, transfer, detached: life.signal, versions: this.versions, remain });
  }

  async close(): Promise<void> {
    for (const end of this.endings) end();
    this.life.abort(new DeviceError("unreachable", "the device was detached"));
  }

  private async run(step: MqttStep): Promise<void> {
    if ("wait" in step) {
      const { clock } = this.context;
      return until(clock.monotonic() + step.wait, clock, this.life.signal);
    }
    if ("publish" in step) {
      return this.requester.publish(publicationOf(step, this.attached.device.commandQos), STEP_TIMEOUT);
    }
    await this.requester.ask(requestOfStep(this.attached.device.requests, step), step.value);
  }

  private topicFeeds(): readonly TopicFeed[] {
    const { device, points } = this.attached;
    const byTopic = new Map<string, { readonly topic: TopicSpec; readonly points: [PointId, MqttPoint][] }>();
    const state = device.topics.get(STATE);
    // Of a device of which nothing is read its messages are a sign of life, and may tell of the radio.
    if (state !== undefined) byTopic.set(STATE, { topic: state, points: [] });
    const radio = device.signal === undefined ? undefined : device.topics.get(device.signal.topic);
    if (radio !== undefined) byTopic.set(radio.name, { topic: radio, points: [] });
    for (const [id, point] of points) {
      if (point.source.kind !== "topic") continue;
      const { topic } = point.source;
      const entry = byTopic.get(topic.name) ?? { topic, points: [] };
      byTopic.set(topic.name, entry);
      entry.points.push([id, point]);
    }
    const now = (): number => this.context.clock.wall();
    return [...byTopic.values()].map(({ topic, points: own }) => {
      const signal = topic.name === device.signal?.topic ? device.signal : undefined;
      return new TopicFeed(topic, own, now, (heard, message) => this.hear(heard, message, signal));
    });
  }

  private hear({ readings, refused }: Heard, message: Message, signal: SignalSpec | undefined): void {
    if (readings.length + refused.length === 0) this.listener.onHeard?.();
    else this.listener.onReadings(readings, refused);
    if (signal !== undefined) this.hearSignal(signal, message);
  }

  private hearSignal({ rssi, linkQuality }: SignalSpec, { json }: Message): void {
    if ("fault" in json) return;
    const found = {
      rssi: numberAt(json.value, rssi) ?? this.signal.rssi,
      linkQuality: numberAt(json.value, linkQuality) ?? this.signal.linkQuality,
    };
    if (found.rssi === this.signal.rssi && found.linkQuality === this.signal.linkQuality) return;
    this.signal = {
      ...(found.rssi === undefined ? {} : { rssi: found.rssi }),
      ...(found.linkQuality === undefined ? {} : { linkQuality: found.linkQuality }),
    };
    this.listener.onConnectivity?.(this.signal);
  }

  /** What comes of it comes as if the device had said it by itself. */
  private askForAll(): void {
    for (const request of this.attached.device.ask) {
      const published = this.requester.publish(request, request.timeout);
      published.catch((error: unknown) => this.context.log.debug({ err: error, request: request.name }, "not asked"));
    }
  }

  private connection(line: DeviceLine, reachable: boolean, reason: string | undefined): void {
    this.availability.forget();
    this.listener.onReachable(reachable, reason);
    this.away = false;
    if (reachable) this.askForAll();
    if (line.peer !== undefined) this.listener.onConnectivity?.({ addresses: [line.peer] });
  }

  private hearAvailability(index: number, message: Message): void {
    const availability = this.availability.hear(index, message);
    if (availability !== undefined) this.tellAvailability(availability);
  }

  private tellAvailability(availability: Availability): void {
    switch (availability.state) {
      case "online":
        this.listener.onHeard?.();
        if (this.away) this.askForAll();
        this.away = false;
        return;
      case "offline":
        this.away = true;
        this.listener.onReachable(false, availability.reason);
        return;
      case "unknown":
        return;
      default:
        availability satisfies never;
    }
  }

  private requestsOf(points: readonly PointId[]): ReadonlyMap<RequestSpec, readonly PointId[]> {
    return byRequest(points, (id) => {
      const source = this.attached.points.get(id)?.source;
      return source?.kind === "request" ? source.request : undefined;
    });
  }

  /** Rejects where the device answers none of them. */
  private async askAll(requests: ReadonlyMap<RequestSpec, readonly PointId[]>, result: Gathered): Promise<void> {
    let answered = result.readings.length > 0;
    let failure: DeviceError | undefined;
    for (const [request, ids] of requests) {
      try {
        const message = await this.requester.ask(request);
        answered = true;
        if (message !== undefined) this.sort(ids, message, result);
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        if (error.kind === "rejected") answered = true;
        else failure = error;
        for (const point of ids) result.refused.push({ point, reason: error.message });
      }
    }
    if (failure !== undefined && !answered) throw failure;
  }

  private sort(ids: readonly PointId[], message: Message, { readings, refused }: Gathered): void {
    const points = ids.flatMap((id): (readonly [PointId, MqttPoint])[] => {
      const point = this.attached.points.get(id);
      return point === undefined ? [] : [[id, point]];
    });
    const heard = readingsOf(points, message, this.context.clock.wall());
    readings.push(...heard.readings);
    refused.push(...heard.refused);
  }

  /** What the device tells by itself: as it said it last. */
  private addSaid(points: readonly PointId[], { readings, refused }: Gathered): void {
    for (const id of points) {
      if (this.attached.points.get(id)?.source.kind !== "topic") continue;
      const last = this.feeds.map((feed) => feed.said(id)).find((said) => said !== undefined);
      if (last === undefined) refused.push({ point: id, reason: "the device has not said it yet" });
      else readings.push(last);
    }
  }
}

function numberAt(document: unknown, path: SignalSpec["rssi"]): number | undefined {
  const value = path === undefined ? undefined : valueAt(document, path);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
