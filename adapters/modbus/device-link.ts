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
  type Transfer,
  type TransferContext,
} from "../../src/adapter.ts";
import { until } from "../wires/deadline.ts";
import { wireAddress } from "./address.ts";
import type { ModbusTransferOptions } from "./firmware/keys.ts";
import type { Exchange, Line } from "./line.ts";
import { limitsOf } from "./link-wire.ts";
import { ADDRESSES, type Request } from "./pdu.ts";
import { type Ask, PointReader } from "./point-reader.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep } from "./points.ts";
import type { ReadLimits } from "./read-plan.ts";
import { codeByQuirk } from "./register-points.ts";
import {
  coilRequests,
  isWritable,
  isWritten,
  notTaken,
  registerRequests,
  type WritablePoint,
  withAnyEcho,
  writePoint,
} from "./write.ts";

/** A device that is still moving is asked again so often while a write is verified. */
const VERIFY_STEPS = 10;

export class ModbusDeviceLink implements DeviceLink<ModbusStep> {
  private readonly line: Line;
  private readonly device: ModbusDevice;
  private readonly points: ReadonlyMap<PointId, ModbusPoint>;
  private readonly context: AdapterContext;
  private readonly reader: PointReader;
  private readonly life = new AbortController();
  private readonly stopListening: () => void;
  /** An image is on its way to it, and nothing else. */
  private isTaken = false;

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
    this.reader = new PointReader({ device, points, limits, clock: context.clock, log, link: context.linkId });
    this.stopListening = line.listen((reachable, reason) => {
      if (reachable) this.reader.forget();
      this.tellPeer(listener);
      listener.onReachable(reachable, reason);
    });
    this.tellPeer(listener);
  }

  async read(points: readonly PointId[]): Promise<ReadResult> {
    this.checkFree();
    return this.reader.read(points, this.ask("read"));
  }

  async write(point: PointId, value: RawValue, mask?: Uint8Array): Promise<void> {
    this.checkFree();
    const known = this.points.get(point);
    if (!isWritable(known)) throw new DeviceError("rejected", `the mapping does not let "${point}" be written`);
    const { verify } = known.write;
    const back = await this.writing((exchange) => writePoint(exchange, known, value, mask));
    if (verify === undefined || (back !== undefined && isWritten(value, back, mask))) return;
    await this.verify({ id: point, point: known, value, mask }, verify);
  }

  async invoke(steps: readonly ModbusStep[]): Promise<void> {
    for (const step of steps) {
      this.checkFree();
      await this.run(step);
    }
  }

  async transfer(context: TransferContext<ModbusTransferOptions>): Promise<Transfer> {
    this.checkOpen();
    const { ModbusTransfer } = await import("./firmware/transfer.ts");
    if (this.isTaken) throw new DeviceError("rejected", "an image is on its way to the device already");
    this.isTaken = true;
    const onClose = (): void => {
      this.isTaken = false;
    };
    return new ModbusTransfer(context, { line: this.line, device: this.device, onClose }, this.context);
  }

  async close(): Promise<void> {
    this.stopListening();
    this.life.abort(new DeviceError("unreachable", "the device was detached"));
  }

  private tellPeer(listener: DeviceListener): void {
    const { peer } = this.line;
    if (peer !== undefined) listener.onConnectivity?.({ addresses: [peer] });
  }

  private get unit(): { readonly unit: number; readonly timeout: Millis | undefined } {
    return { unit: this.device.unit_id, timeout: this.device.timeout };
  }

  /** Each request waits its turn by itself: a write, or another unit, comes in between. */
  private ask(urgency: "read" | "write"): Ask {
    return (request) => this.line.read(urgency, this.unit, request);
  }

  /** Has the line for itself. */
  private writing<T>(task: (exchange: Exchange) => Promise<T>): Promise<T> {
    const loose = this.device.quirks.includes("loose-echo");
    return this.line.use("write", this.unit, (exchange) =>
      task((request) => exchange(loose ? withAnyEcho(request) : request)),
    );
  }

  /** Reads the point back until it has the value; the line is free in between. */
  private async verify(
    written: {
      readonly id: PointId;
      readonly point: WritablePoint;
      readonly value: RawValue;
      readonly mask: Uint8Array | undefined;
    },
    span: Millis,
  ): Promise<void> {
    const { clock } = this.context;
    const end = clock.monotonic() + span;
    for (;;) {
      const { readings, refused } = await this.reader.read([written.id], this.ask("write"));
      const [back] = readings;
      if (back === undefined)
        throw new DeviceError("rejected", `cannot read back: ${refused[0]?.reason ?? "no value"}`);
      if (isWritten(written.value, back.value, written.mask)) return;
      if (clock.monotonic() >= end) throw notTaken(written.point, written.value, back.value);
      await until(Math.min(end, clock.monotonic() + span / VERIFY_STEPS), clock, this.life.signal);
    }
  }

  private async run(step: ModbusStep): Promise<void> {
    if ("wait" in step) {
      const { clock } = this.context;
      return until(clock.monotonic() + step.wait, clock, this.life.signal);
    }
    const requests = this.requestsOf(step);
    await this.writing(async (exchange) => {
      for (const request of requests) await exchange(request);
    });
  }

  private requestsOf(step: Exclude<ModbusStep, { readonly wait: Millis }>): readonly Request[] {
    const { quirks } = this.device;
    if ("coil" in step) {
      return coilRequests({ address: this.address("coil", step.coil), fc: codeByQuirk("coil", quirks) }, step.value);
    }
    const target = { address: this.address("holding", step.holding), fc: step.fc ?? codeByQuirk("holding", quirks) };
    return registerRequests(target, step.value);
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

  /** Nobody disturbs an image on its way. */
  private checkFree(): void {
    this.checkOpen();
    if (this.isTaken) throw new DeviceError("unreachable", "an image is on its way to the device");
  }
}
