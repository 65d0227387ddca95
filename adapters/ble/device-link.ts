/** One Bluetooth device, as the core sees it: what it advertises, and what it is asked over a connection. */
import {
  type AdapterContext,
  DeviceError,
  type DeviceLink,
  type DeviceListener,
  type PointId,
  type RawValue,
  type ReadResult,
  type Transfer,
  type TransferContext,
} from "../../src/adapter.ts";
import type { RequestStep } from "../spoken/requests.ts";
import type { SpokenPoint } from "../spoken/stream/points.ts";
import { AdvertisedDevice, type AdvertisedPoint } from "./advertised.ts";
import type { Central } from "./central/central.ts";
import { ConnectedDevice, type ConnectedPoint, type Gathered } from "./connected.ts";
import { type BleTransferOptions, beginTransfer } from "./firmware.ts";
import { titleOfMatch } from "./match.ts";
import { runSteps, type Terms, writeValue } from "./peripheral-work.ts";
import type { BlePoint, WriteSpec } from "./points.ts";
import type { AdvertisementRouter } from "./router.ts";
import type { BleDevice } from "./section.ts";
import { Signal } from "./signal.ts";
import type { BleStep, PeripheralStep } from "./steps.ts";

/** What of a link a device needs. */
export interface Air {
  readonly central: Pick<Central, "listen" | "session">;
  readonly router: Pick<AdvertisementRouter, "add">;
  /** Whether advertisements are listened for. */
  readonly scans: boolean;
}

/** What there is of one device. */
export interface AttachedDevice {
  readonly device: BleDevice;
  readonly points: ReadonlyMap<PointId, BlePoint>;
}

const DEAF = "the link does not listen to advertisements (scan: off)";

export class BleDeviceLink implements DeviceLink<BleStep> {
  private readonly air: Air;
  private readonly attached: AttachedDevice;
  private readonly listener: DeviceListener;
  private readonly context: AdapterContext;
  private readonly terms: Terms;
  private readonly signal: Signal;
  private readonly advertised: AdvertisedDevice;
  /** What is known from advertisements. Where there is something, the device is there as long as it is heard, connected or not. */
  private readonly spoken: readonly AdvertisedPoint[];
  private readonly life = new AbortController();
  private readonly endings: (() => void)[] = [];
  private connected: ConnectedDevice | undefined;

  constructor(air: Air, attached: AttachedDevice, listener: DeviceListener, context: AdapterContext) {
    this.air = air;
    this.attached = attached;
    this.listener = listener;
    this.context = context;
    const { device, points } = attached;
    this.terms = { clock: context.clock, timeout: device.timeout };
    this.spoken = [...points].flatMap(([id, { source }]): readonly AdvertisedPoint[] =>
      source.kind === "characteristic" || source.kind === "uart" ? [] : [[id, source]],
    );
    this.signal = new Signal(context.clock, (connectivity) => listener.onConnectivity?.(connectivity));
    this.advertised = new AdvertisedDevice({ device, points: this.spoken }, listener, this.signal, context);
  }

  /** Begins to hear it, and to connect to it where that is wanted. */
  start(): void {
    const { device } = this.attached;
    const isHeard = this.spoken.length > 0 || device.match.address === undefined;
    if (isHeard && this.air.scans) this.endings.push(this.air.router.add(this.advertised));
    const isConnected = this.connectedPoints().length > 0 || device.uart !== undefined;
    if (this.spoken.length === 0 || isConnected) this.connection();
    this.endings.push(this.air.central.listen((available, reason) => this.listener.onReachable(available, reason)));
    if (isHeard && !this.air.scans) this.tellDeaf();
  }

  async read(ids: readonly PointId[]): Promise<ReadResult> {
    this.life.signal.throwIfAborted();
    const result: Gathered = { readings: [], refused: [] };
    const asked: ConnectedPoint[] = [];
    const said: PointId[] = [];
    for (const id of ids) {
      const source = this.attached.points.get(id)?.source;
      if (source?.kind === "characteristic" && source.via === "read") asked.push([id, source]);
      else if (source?.kind === "uart") said.push(id);
      else this.addSaid(id, result);
    }
    if (asked.length > 0) await this.connection().read(asked, result);
    if (said.length > 0) await this.connection().ask(said, result);
    return result;
  }

  async write(id: PointId, value: RawValue, mask?: Uint8Array): Promise<void> {
    this.life.signal.throwIfAborted();
    const point = this.attached.points.get(id);
    if (point?.source.kind === "uart") return this.connection().tell({ point: id, value, mask });
    if (point === undefined || !isWritable(point))
      throw new DeviceError("rejected", `the mapping does not let "${id}" be written`);
    const { when } = point.write;
    if (when !== undefined && !isMeant(when, value)) throw new DeviceError("rejected", `only ${when} may be written`);
    await this.connection().use("write", (peripheral) => writeValue({ point, value, mask }, peripheral, this.terms));
  }

  async invoke(steps: readonly BleStep[]): Promise<void> {
    this.life.signal.throwIfAborted();
    const connection = this.connection();
    for (const part of inParts(steps)) {
      if ("request" in part) await connection.tell(part);
      else await connection.use("write", (peripheral) => runSteps(part, peripheral, this.terms));
    }
  }

  /** Connects with the first that is asked, and has the connection until it is closed. */
  async transfer(context: TransferContext<BleTransferOptions>): Promise<Transfer> {
    this.life.signal.throwIfAborted();
    return beginTransfer(context, this.connection(), this.context);
  }

  async close(): Promise<void> {
    for (const end of this.endings) end();
    this.connected?.close();
    this.life.abort(new DeviceError("unreachable", "the device was detached"));
  }

  private connectedPoints(): readonly ConnectedPoint[] {
    return [...this.attached.points].flatMap(([id, { source }]): readonly ConnectedPoint[] =>
      source.kind === "characteristic" ? [[id, source]] : [],
    );
  }

  private saidPoints(): ReadonlyMap<PointId, SpokenPoint> {
    return new Map(
      [...this.attached.points].flatMap(([id, { source }]) => (source.kind === "uart" ? [[id, source.point]] : [])),
    );
  }

  /** Of a device that only advertises there is none before somebody writes or executes something. */
  private connection(): ConnectedDevice {
    this.connected ??= this.connect();
    return this.connected;
  }

  private connect(): ConnectedDevice {
    const { device } = this.attached;
    const parts = {
      central: this.air.central,
      device,
      name: titleOfMatch(device.match),
      points: this.connectedPoints(),
      said: this.saidPoints(),
      address: () => device.match.address ?? this.advertised.heardFrom,
    };
    return new ConnectedDevice(
      parts,
      {
        onReachable: (reachable, reason) => this.tellConnection(reachable, reason),
        onTold: (readings, refused) => {
          if (readings.length + refused.length === 0) this.listener.onHeard?.();
          else this.listener.onReadings(readings, refused);
        },
        onRssi: (rssi) => this.signal.hear(rssi),
        onQuality: (percent) => this.signal.quality(percent),
      },
      this.context,
    );
  }

  /** A device that is heard is there, whether it lets itself be connected to or not. */
  private tellConnection(reachable: boolean, reason: string | undefined): void {
    if (this.spoken.length === 0) this.listener.onReachable(reachable, reason);
    else if (!reachable) this.connected?.refuse(reason ?? "it is not connected");
  }

  /** What it advertises will never come. */
  private tellDeaf(): void {
    if (this.connected === undefined || this.attached.device.match.address === undefined)
      this.listener.onReachable(false, DEAF);
    else
      this.listener.onReadings(
        [],
        this.spoken.map(([point]) => ({ point, reason: DEAF })),
      );
  }

  /** What the device tells by itself: as it said it last. */
  private addSaid(point: PointId, { readings, refused }: Gathered): void {
    const last = this.connected?.said(point) ?? this.advertised.said(point);
    if (last === undefined) refused.push({ point, reason: "the device has not said it yet" });
    else readings.push(last);
  }
}

/** Requests over the UART take their turns by themselves; what stands between them is done at one turn. */
function inParts(steps: readonly BleStep[]): readonly (RequestStep | readonly PeripheralStep[])[] {
  const parts: (RequestStep | PeripheralStep[])[] = [];
  for (const step of steps) {
    const last = parts.at(-1);
    if ("request" in step) parts.push(step);
    else if (Array.isArray(last)) last.push(step);
    else parts.push([step]);
  }
  return parts;
}

function isWritable(point: BlePoint): point is BlePoint & { readonly write: WriteSpec } {
  return point.write !== undefined;
}

/** Of bytes a truth value means whether any of them is not 0; a number, what they are, whichever end stands first. */
function isMeant(when: NonNullable<WriteSpec["when"]>, value: RawValue): boolean {
  if (!(value instanceof Uint8Array)) return String(when) === String(value);
  if (typeof when === "boolean") return value.some((byte) => byte !== 0) === when;
  const digits = Buffer.from(value).toString("hex");
  const turned = Buffer.from(value).reverse().toString("hex");
  return [digits, turned].some((each) => each !== "" && BigInt(`0x${each}`).toString() === String(when));
}
