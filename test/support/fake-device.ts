import {
  type AdapterModule,
  type Clock,
  type Connectivity,
  DeviceError,
  type DeviceLink,
  type DeviceListener,
  type Link,
  type Millis,
  type PointId,
  type RawValue,
  type ReadResult,
  type Transfer,
  type TransferContext,
} from "../../src/adapter.ts";

export type FakeRequest =
  | { readonly type: "read"; readonly points: readonly PointId[] }
  | { readonly type: "write"; readonly point: PointId; readonly value: RawValue; readonly mask?: Uint8Array }
  | { readonly type: "invoke"; readonly steps: readonly unknown[] };

/** A device as an adapter shows it to the core: points with raw values, which a test sets and looks at. */
export class FakeDevice {
  readonly points = new Map<PointId, RawValue>();
  /** Points that it refuses, each with the reason. */
  readonly refused = new Map<PointId, string>();
  /** Everything it was asked, answered or not. */
  readonly requests: FakeRequest[] = [];
  /** Where it does not answer, a request fails after `timeout`. */
  alive = true;
  latency: Millis = 0;
  timeout: Millis = 500;
  /** Thrown by every request, and by the attempt to attach, in place of an answer. */
  failure: unknown;
  /** Holds back the answer to a read that has seen its values, until it resolves. */
  holdRead: () => Promise<void> = async () => {};
  /** How an image gets to it; undefined: not at all. */
  carry: ((context: TransferContext) => Promise<Transfer>) | undefined;
  attached = 0;
  detached = 0;
  private listener: DeviceListener | undefined;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  set(point: PointId, value: RawValue): this {
    this.points.set(point, value);
    return this;
  }

  /** Says something unasked. */
  say(point: PointId, value: RawValue): void {
    this.points.set(point, value);
    this.listener?.onReadings([{ point, value, time: this.clock.wall() }]);
  }

  /** The link loses it, or finds it again. */
  reachable(reachable: boolean): void {
    this.listener?.onReachable(reachable);
  }

  /** The link knows how it is connected. */
  tellConnectivity(connectivity: Connectivity): void {
    this.listener?.onConnectivity?.(connectivity);
  }

  get reads(): readonly (readonly PointId[])[] {
    return this.requests.flatMap((request) => (request.type === "read" ? [request.points] : []));
  }

  attach(listener: DeviceListener): DeviceLink {
    if (this.failure !== undefined) throw this.failure;
    this.attached++;
    this.listener = listener;
    return {
      read: async (points) => {
        const result = await this.answer({ type: "read", points }, () => this.read(points));
        await this.holdRead();
        return result;
      },
      write: (point, value, mask) =>
        this.answer({ type: "write", point, value, ...(mask === undefined ? {} : { mask }) }, () =>
          this.write(point, value),
        ),
      invoke: (steps) => this.answer({ type: "invoke", steps }, () => {}),
      ...(this.carry === undefined ? {} : { transfer: this.carry }),
      close: async () => {
        this.detached++;
        this.listener = undefined;
      },
    };
  }

  private async answer<T>(request: FakeRequest, work: () => T): Promise<T> {
    this.requests.push(request);
    const span = this.alive ? this.latency : this.timeout;
    if (span > 0) await new Promise<void>((resolve) => this.clock.at(this.clock.monotonic() + span, resolve));
    if (this.failure !== undefined) throw this.failure;
    if (!this.alive) throw new DeviceError("unreachable", `no answer within ${this.timeout} ms`);
    return work();
  }

  private read(points: readonly PointId[]): ReadResult {
    const time = this.clock.wall();
    const refused = points.flatMap((point) => {
      const reason = this.refused.get(point);
      return reason === undefined ? [] : [{ point, reason }];
    });
    const readings = points.flatMap((point) => {
      const value = this.points.get(point);
      return value === undefined || this.refused.has(point) ? [] : [{ point, value, time }];
    });
    return { readings, refused };
  }

  private write(point: PointId, value: RawValue): void {
    const reason = this.refused.get(point);
    if (reason !== undefined) throw new DeviceError("rejected", reason);
    this.points.set(point, value);
  }
}

/** What happened to the links of a fake adapter, by the link's `name` option. */
export interface FakeLinks {
  readonly opened: string[];
  readonly closed: string[];
  /** Rejects the next openings. */
  failure?: unknown;
}

/** An adapter whose links reach these devices: `device` of a plan is the name in the map. */
export function fakeAdapter(
  devices: ReadonlyMap<string, FakeDevice>,
  links: FakeLinks = { opened: [], closed: [] },
): AdapterModule<string, string, unknown, unknown> {
  const text = { parse: (input: unknown): string => String(input) };
  const anything = { parse: (input: unknown): unknown => input };
  return {
    name: "fake",
    linkTypes: { fake: text },
    sources: ["fake"],
    polled: true,
    device: text,
    point: anything,
    step: anything,
    shape: () => ({ kind: "scalar", writable: true }),
    async open(name) {
      if (links.failure !== undefined) throw links.failure;
      links.opened.push(name);
      return fakeLink(devices, () => links.closed.push(name));
    },
  };
}

export function fakeLink(devices: ReadonlyMap<string, FakeDevice>, onClose: () => void = () => {}): Link<string> {
  return {
    async attach(name, _points, listener) {
      const device = devices.get(name);
      if (device === undefined) throw new DeviceError("unreachable", `there is no fake device "${name}"`);
      return device.attach(listener);
    },
    async close() {
      onClose();
    },
  };
}
