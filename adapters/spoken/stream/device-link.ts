/** One device that speaks over a stream of bytes, as the core sees it. */
import {
  type AdapterContext,
  DeviceError,
  type DeviceLink,
  type DeviceListener,
  type PointId,
  type RawValue,
  type Reading,
  type ReadResult,
} from "../../../src/adapter.ts";
import type { Urgency } from "../../wires/bus.ts";
import { until } from "../../wires/deadline.ts";
import { byRequest, requestOfStep } from "../requests.ts";
import { requestToWrite } from "../write.ts";
import { Ear } from "./ear.ts";
import type { SpokenLine } from "./line.ts";
import type { Message } from "./messages.ts";
import { pointValue } from "./point-value.ts";
import type { SpokenPoint, SpokenStep } from "./points.ts";
import type { RequestSpec, SpokenDevice } from "./section.ts";
import { requestBytes, spelled } from "./template.ts";

/** What there is of one device. */
export interface AttachedDevice {
  readonly device: SpokenDevice;
  readonly points: ReadonlyMap<PointId, SpokenPoint>;
  /** Its number on the line, for its turns. */
  readonly unit: number;
  readonly retries: number;
}

/** What is being gathered. */
interface Gathered {
  readonly readings: Reading[];
  readonly refused: { readonly point: PointId; readonly reason: string }[];
}

/** So many requests in a row without an answer, and it is the device that is away, and not the request that it does not know. */
const SILENT_REQUESTS = 2;

export class SpokenDeviceLink implements DeviceLink<SpokenStep> {
  private readonly line: SpokenLine;
  private readonly attached: AttachedDevice;
  private readonly listener: DeviceListener;
  private readonly context: AdapterContext;
  private readonly ear: Ear;
  private readonly life = new AbortController();
  private readonly endings: (() => void)[];
  /** Of each message the newest that came, as readings. */
  private readonly said = new Map<PointId, Reading>();
  /** How often each request went without an answer since it had one. */
  private readonly silences = new Map<string, number>();
  private failing = false;

  constructor(line: SpokenLine, attached: AttachedDevice, listener: DeviceListener, context: AdapterContext) {
    this.line = line;
    this.attached = attached;
    this.listener = listener;
    this.context = context;
    this.ear = new Ear(attached.device, context.clock, (name, message) => this.hear(name, message));
    const follow = line.listen((reachable, reason) => {
      this.tellPeer();
      listener.onReachable(reachable, reason);
    });
    this.endings = [line.hear(this.ear), follow];
    this.ear.opened();
    this.tellPeer();
  }

  /** What the device said that is none of its messages. */
  get junk(): Ear["junk"] {
    return this.ear.junk;
  }

  /** Called where the device is detached. */
  onClose(ending: () => void): void {
    this.endings.push(ending);
  }

  async read(points: readonly PointId[]): Promise<ReadResult> {
    this.life.signal.throwIfAborted();
    const result: Gathered = { readings: [], refused: [] };
    for (const id of points) this.addSaid(id, result);
    await this.askAll(this.requestsOf(points), result);
    return result;
  }

  async write(id: PointId, value: RawValue, mask?: Uint8Array): Promise<void> {
    this.life.signal.throwIfAborted();
    if (mask?.some((bits) => bits !== 0xff) === true) {
      throw new DeviceError("rejected", "a request writes whole bytes: single bits of them cannot be written");
    }
    await this.ask("write", requestToWrite(id, this.attached.points.get(id)?.write, value), value);
  }

  async invoke(steps: readonly SpokenStep[]): Promise<void> {
    for (const step of steps) {
      this.life.signal.throwIfAborted();
      await this.run(step);
    }
  }

  async close(): Promise<void> {
    for (const end of this.endings) end();
    this.ear.close();
    this.life.abort(new DeviceError("unreachable", "the device was detached"));
  }

  private async run(step: SpokenStep): Promise<void> {
    const { clock } = this.context;
    if ("wait" in step) return until(clock.monotonic() + step.wait, clock, this.life.signal);
    await this.ask("write", requestOfStep(this.attached.device.requests, step), step.value);
  }

  /** Those that are answered first: one that the device does not know costs its time-out in the end. */
  private requestsOf(points: readonly PointId[]): readonly (readonly [RequestSpec, readonly PointId[]])[] {
    const requests = byRequest(points, (id) => {
      const source = this.attached.points.get(id)?.source;
      return source?.kind === "request" ? source.request : undefined;
    });
    const silences = ([{ name }]: readonly [RequestSpec, unknown]): number => this.silences.get(name) ?? 0;
    return [...requests].sort((a, b) => silences(a) - silences(b));
  }

  /** Rejects where the device answers none of them. */
  private async askAll(requests: ReturnType<SpokenDeviceLink["requestsOf"]>, result: Gathered): Promise<void> {
    let answered = result.readings.length > 0;
    let silent = 0;
    for (const [request, ids] of requests) {
      try {
        const message = await this.retried(request);
        answered = true;
        if (message !== undefined) this.sort(ids, message, result);
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        if (error.kind === "rejected") answered = true;
        else silent++;
        const all = silent === requests.length;
        if (!answered && (all || silent >= SILENT_REQUESTS)) throw error;
        for (const point of ids) result.refused.push({ point, reason: error.message });
      }
    }
  }

  private async retried(request: RequestSpec): Promise<Message | undefined> {
    // A device that was failing already costs the others one wait only.
    const known = (this.silences.get(request.name) ?? 0) > 0;
    for (let retries = this.failing || known ? 0 : this.attached.retries; ; retries--) {
      try {
        return await this.ask("read", request, undefined);
      } catch (error) {
        if (!(error instanceof DeviceError) || error.kind === "rejected" || retries <= 0) throw error;
      }
    }
  }

  private async ask(urgency: Urgency, request: RequestSpec, value: RawValue | undefined): Promise<Message | undefined> {
    const { device, unit } = this.attached;
    const bytes = requestBytes(request.send, spelled(value, request.send, device.charset), device.frame);
    const expect = request.answer === undefined ? undefined : () => this.ear.expect(request);
    try {
      const message = await this.line.ask(urgency, {
        unit,
        name: request.name,
        bytes,
        timeout: request.timeout,
        expect,
      });
      this.silences.delete(request.name);
      this.failing = false;
      return message;
    } catch (error) {
      if (error instanceof DeviceError) this.failing = error.kind !== "rejected";
      if (this.failing) this.silences.set(request.name, (this.silences.get(request.name) ?? 0) + 1);
      throw error;
    }
  }

  private hear(name: string, message: Message): void {
    this.line.spoke(this.attached.unit);
    const result: Gathered = { readings: [], refused: [] };
    const ids = [...this.attached.points].flatMap(([id, { source }]) =>
      source.kind === "message" && source.name === name ? [id] : [],
    );
    this.sort(ids, message, result);
    this.listener.onReadings(result.readings, result.refused);
    for (const reading of result.readings) this.said.set(reading.point, reading);
  }

  /** What a message has for each of these points. */
  private sort(ids: readonly PointId[], message: Message, { readings, refused }: Gathered): void {
    const time = this.context.clock.wall();
    for (const id of ids) {
      const point = this.attached.points.get(id);
      if (point === undefined) continue;
      try {
        readings.push({ point: id, value: pointValue(point, message), time });
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        refused.push({ point: id, reason: error.message });
      }
    }
  }

  private addSaid(id: PointId, { readings, refused }: Gathered): void {
    if (this.attached.points.get(id)?.source.kind !== "message") return;
    const said = this.said.get(id);
    if (said === undefined) refused.push({ point: id, reason: "the device has not said it yet" });
    else readings.push(said);
  }

  private tellPeer(): void {
    const { peer } = this.line;
    if (peer !== undefined) this.listener.onConnectivity?.({ addresses: [peer] });
  }
}
