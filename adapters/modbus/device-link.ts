/** One device on a Modbus line, as the core sees it. */
import {
  type AdapterContext,
  DeviceError,
  type DeviceLink,
  type DeviceListener,
  type Millis,
  type PointId,
  type RawValue,
  type ReadResult,
} from "../../src/adapter.ts";
import { wireAddress } from "./address.ts";
import { BlockReader, type ReadSpan } from "./block-reader.ts";
import { until } from "./deadline.ts";
import type { Line } from "./line.ts";
import { limitsOf } from "./link-wire.ts";
import { ADDRESSES, type Span } from "./pdu.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep, WriteTarget } from "./points.ts";
import type { ReadLimits } from "./read-plan.ts";
import { coilRequest, isWritten, notTaken, registerRequest, writeTarget } from "./write.ts";

/** A device that is still moving is asked again so often while a write is verified. */
const VERIFY_STEPS = 10;

export class ModbusDeviceLink implements DeviceLink<ModbusStep> {
  private readonly line: Line;
  private readonly device: ModbusDevice;
  private readonly points: ReadonlyMap<PointId, ModbusPoint>;
  private readonly context: AdapterContext;
  private readonly reader: BlockReader;
  private readonly life = new AbortController();
  private readonly stopListening: () => void;

  constructor(
    line: Line,
    { device, points }: { readonly device: ModbusDevice; readonly points: ReadonlyMap<PointId, ModbusPoint> },
    listener: DeviceListener,
    context: AdapterContext,
  ) {
    this.line = line;
    this.device = device;
    this.points = points;
    this.context = context;
    const log = context.log.child({ unit: device.unit_id });
    const limits = (): ReadLimits => limitsOf(device.block, line.gapWorthReading(device.unit_id));
    this.reader = new BlockReader({ points, limits, clock: context.clock, log });
    this.stopListening = line.listen((reachable, reason) => {
      if (reachable) this.reader.forget();
      listener.onReachable(reachable, reason);
    });
  }

  async read(points: readonly PointId[]): Promise<ReadResult> {
    this.checkOpen();
    return this.reader.read(points, this.readSpan("read"));
  }

  async write(point: PointId, value: RawValue, mask?: Uint8Array): Promise<void> {
    this.checkOpen();
    const target = this.points.get(point)?.write;
    if (target === undefined) throw new DeviceError("rejected", `the mapping does not let "${point}" be written`);
    await this.line.use("write", this.unit, (exchange) => writeTarget(exchange, target, value, mask));
    if (target.verify !== undefined) await this.verify({ point, target, value, mask }, target.verify);
  }

  async invoke(steps: readonly ModbusStep[]): Promise<void> {
    for (const step of steps) {
      this.checkOpen();
      await this.run(step);
    }
  }

  async close(): Promise<void> {
    this.stopListening();
    this.life.abort(new DeviceError("unreachable", "the device was detached"));
  }

  private get unit(): { readonly unit: number; readonly timeout: Millis | undefined } {
    return { unit: this.device.unit_id, timeout: this.device.timeout };
  }

  /** Each request waits its turn by itself: a write, or another unit, comes in between. */
  private readSpan(urgency: "read" | "write"): ReadSpan {
    return ({ table, address, count }: Span) =>
      this.line.read(urgency, this.unit, { kind: "read", table, address, count });
  }

  /** Reads the point back until it has the value; the line is free in between. */
  private async verify(
    written: {
      readonly point: PointId;
      readonly target: WriteTarget;
      readonly value: RawValue;
      readonly mask: Uint8Array | undefined;
    },
    span: Millis,
  ): Promise<void> {
    const { clock } = this.context;
    const end = clock.monotonic() + span;
    for (;;) {
      const { readings, refused } = await this.reader.read([written.point], this.readSpan("write"));
      const [back] = readings;
      if (back === undefined)
        throw new DeviceError("rejected", `cannot read back: ${refused[0]?.reason ?? "no value"}`);
      if (isWritten(written.value, back.value, written.mask)) return;
      if (clock.monotonic() >= end) throw notTaken(written.target, written.value, back.value);
      await until(Math.min(end, clock.monotonic() + span / VERIFY_STEPS), clock, this.life.signal);
    }
  }

  private async run(step: ModbusStep): Promise<void> {
    if ("wait" in step) {
      const { clock } = this.context;
      return until(clock.monotonic() + step.wait, clock, this.life.signal);
    }
    const request =
      "coil" in step
        ? coilRequest({ address: this.address("coil", step.coil) }, step.value)
        : registerRequest({ address: this.address("holding", step.holding), fc: step.fc }, step.value);
    await this.line.use("write", this.unit, (exchange) => exchange(request));
  }

  /** A step is parsed without its device, so it is counted only here. */
  private address(table: "holding" | "coil", written: number): number {
    try {
      return wireAddress(table, written, this.device.addressing);
    } catch (error) {
      const reason = error instanceof Error ? error.message : `no address below ${ADDRESSES}`;
      throw new DeviceError("rejected", `${table}: ${reason}`, { cause: error });
    }
  }

  private checkOpen(): void {
    this.life.signal.throwIfAborted();
  }
}
