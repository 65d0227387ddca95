import {
  type AdapterContext,
  DeviceError,
  type DeviceLink,
  type Link,
  type Millis,
  type PointId,
  pooled,
  type RawValue,
  type ReadResult,
  randomFraction,
  type Transfer,
  type TransferContext,
} from "../../src/adapter.ts";
import { type FlashOptions, SimulatedTransfer } from "./firmware.ts";
import { Flash } from "./flash.ts";
import type { SimulatedDevice, SimulatedOptions, SimulatedPoint } from "./points.ts";
import { type SignalState, startOf, valueAt } from "./signals.ts";

/** A wire with any number of devices, each as cheap as its values. */
export class SimulatedLink implements Link<SimulatedDevice, SimulatedPoint, never> {
  private readonly options: SimulatedOptions;
  private readonly context: AdapterContext;

  constructor(options: SimulatedOptions, context: AdapterContext) {
    this.options = options;
    this.context = context;
  }

  async attach(device: SimulatedDevice, points: ReadonlyMap<PointId, SimulatedPoint>): Promise<DeviceLink<never>> {
    return new SimulatedDeviceLink(points, device.latency ?? this.options.latency, this.context);
  }

  async close(): Promise<void> {}
}

interface LivePoint extends SimulatedPoint {
  readonly state: SignalState;
}

class SimulatedDeviceLink implements DeviceLink<never> {
  private readonly points: ReadonlyMap<PointId, LivePoint>;
  private readonly latency: Millis;
  private readonly context: AdapterContext;
  private readonly born: Millis;
  private readonly fraction: () => number;
  /** Ends what still waits. */
  private readonly waiting = new Set<(error: DeviceError) => void>();
  /** Only devices that were given firmware have one. */
  private flash: Flash | undefined;

  constructor(points: ReadonlyMap<PointId, SimulatedPoint>, latency: Millis, context: AdapterContext) {
    this.points = new Map([...points].map(([id, point]) => [id, { ...point, state: startOf(point.signal) }]));
    this.latency = latency;
    this.context = context;
    this.born = context.clock.monotonic();
    const random = pooled(context.random);
    this.fraction = () => randomFraction(random);
  }

  async read(points: readonly PointId[]): Promise<ReadResult> {
    // Thousands of devices without latency need no timer, and no promise of one.
    if (this.latency > 0) await this.delay();
    const { clock } = this.context;
    const time = clock.wall();
    if (this.flash?.isAway(time)) throw new DeviceError("unreachable", "the device starts");
    const age = clock.monotonic() - this.born;
    const readings = points.map((point) => {
      const { signal, state } = this.at(point);
      return { point, value: valueAt(signal, state, age, this.fraction), time };
    });
    return { readings, refused: [] };
  }

  async write(point: PointId, value: RawValue): Promise<void> {
    if (this.latency > 0) await this.delay();
    const { state, writable } = this.at(point);
    if (!writable) throw new DeviceError("rejected", `"${point}" cannot be written`);
    if (typeof value !== typeof state.last) {
      throw new DeviceError("rejected", `"${point}" holds a ${typeof state.last}, not a ${typeof value}`);
    }
    state.last = value;
  }

  async transfer(context: TransferContext<FlashOptions>): Promise<Transfer> {
    const { options } = context;
    this.flash ??= new Flash(options.version, options.memory);
    return new SimulatedTransfer(this.flash, context, this.context);
  }

  async invoke(): Promise<void> {
    if (this.latency > 0) await this.delay();
  }

  async close(): Promise<void> {
    for (const end of this.waiting) end(new DeviceError("unreachable", "the device was detached"));
    this.waiting.clear();
  }

  private at(point: PointId): LivePoint {
    const found = this.points.get(point);
    if (found === undefined) throw new RangeError(`the device has no point "${point}"`);
    return found;
  }

  private delay(): Promise<void> {
    const { clock } = this.context;
    return new Promise<void>((resolve, reject) => {
      const end = (error: DeviceError): void => {
        cancel();
        reject(error);
      };
      const cancel = clock.at(clock.monotonic() + this.latency, () => {
        this.waiting.delete(end);
        resolve();
      });
      this.waiting.add(end);
    });
  }
}
