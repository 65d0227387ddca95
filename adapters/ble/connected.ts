/** One device while it is connected, again and again: what its characteristics have for its points, and what is done with it. */
import {
  type AdapterContext,
  DeviceError,
  type PointId,
  type RawValue,
  type Reading,
  type ReadResult,
} from "../../src/adapter.ts";
import type { RequestStep } from "../spoken/requests.ts";
import type { SpokenPoint } from "../spoken/stream/points.ts";
import type { Central } from "./central/central.ts";
import type { CharacteristicRef, Peripheral, Session, SessionSpec, Urgency } from "./central/session-types.ts";
import { nameOfRef } from "./characteristic.ts";
import { type Answer, readInto, runSteps } from "./peripheral-work.ts";
import { characteristicValue, Refusal } from "./point-value.ts";
import type { CharacteristicSource } from "./points.ts";
import type { BleDevice } from "./section.ts";
import { UartDevice } from "./uart/uart-device.ts";

export type ConnectedPoint = readonly [PointId, CharacteristicSource];

export interface ConnectedParts {
  readonly central: Pick<Central, "session">;
  readonly device: BleDevice;
  /** For people. */
  readonly name: string;
  readonly points: readonly ConnectedPoint[];
  /** What it says over its UART service. */
  readonly said: ReadonlyMap<PointId, SpokenPoint>;
  /** Undefined while nobody knows which peripheral it is. */
  address(): string | undefined;
}

/** What came, and of what it was said that it has no value. */
export interface Gathered {
  readonly readings: Reading[];
  readonly refused: { readonly point: PointId; readonly reason: string }[];
}

/** A value for a point that is said over the UART. */
export interface SaidValue {
  readonly point: PointId;
  readonly value: RawValue;
  readonly mask?: Uint8Array | undefined;
}

export interface ConnectedListener {
  onReachable(reachable: boolean, reason?: string): void;
  /** Both may be empty: it gave a sign of life. */
  onTold(readings: readonly Reading[], refused: ReadResult["refused"]): void;
  onRssi(rssi: number): void;
  onQuality(percent: number): void;
}

export class ConnectedDevice {
  private readonly parts: ConnectedParts;
  private readonly listener: ConnectedListener;
  private readonly context: AdapterContext;
  private readonly session: Session;
  private readonly uart: UartDevice | undefined;
  /** What its characteristics tell by themselves … */
  private readonly told: readonly ConnectedPoint[];
  /** … and have told. */
  private readonly last = new Map<PointId, Reading>();

  constructor(parts: ConnectedParts, listener: ConnectedListener, context: AdapterContext) {
    this.parts = parts;
    this.listener = listener;
    this.context = context;
    this.told = parts.points.filter(([, { via }]) => via !== "read");
    this.session = parts.central.session(this.spec(), {
      onReachable: (reachable, reason) => listener.onReachable(reachable, reason),
      onConnected: () => {
        this.uart?.connected();
        this.begin();
      },
      onNotification: (ref, bytes) => this.uart?.notified(ref, bytes) === true || this.hear(ref, bytes),
      onRefused: (ref, reason) => this.refuse(reason, ref),
      onRssi: (rssi) => listener.onRssi(rssi),
      onQuality: (percent) => listener.onQuality(percent),
    });
    const { device, said } = parts;
    const onSaid: ConnectedListener["onTold"] = (readings, refused) => listener.onTold(readings, refused);
    this.uart =
      device.uart && new UartDevice({ uart: device.uart, points: said, session: this.session }, onSaid, context);
  }

  /** What is done with it, in its turn. */
  use<T>(urgency: Urgency, work: (peripheral: Peripheral) => Promise<T>): Promise<T> {
    return this.session.use(urgency, work);
  }

  /** Reads what these points are, each characteristic once, into `result`. Rejects where the device answers none of them. */
  async read(points: readonly ConnectedPoint[], result: Gathered): Promise<void> {
    const answers = new Map<string, Answer>();
    const refs = points.map(([, { ref }]) => ref);
    try {
      await this.use("read", (peripheral) => readInto(answers, refs, peripheral, this.parts.device));
    } catch (error) {
      if (!(error instanceof DeviceError) || (answers.size === 0 && result.readings.length === 0)) throw error;
      for (const ref of refs) if (!answers.has(nameOfRef(ref))) answers.set(nameOfRef(ref), { refused: error.message });
    }
    this.sort(points, answers, result);
  }

  /** Asks over the UART service, where it has one, what these points are, into `result`. Rejects where nothing at all is known. */
  async ask(points: readonly PointId[], result: Gathered): Promise<void> {
    try {
      const { readings = [], refused = [] } = (await this.uart?.read(points)) ?? {};
      result.readings.push(...readings);
      result.refused.push(...refused);
    } catch (error) {
      if (!(error instanceof DeviceError) || result.readings.length === 0) throw error;
      for (const point of points) result.refused.push({ point, reason: error.message });
    }
  }

  /** Tells it something over the UART service. */
  async tell(what: RequestStep | SaidValue): Promise<void> {
    if ("request" in what) await this.uart?.ask(what);
    else await this.uart?.write(what.point, what.value, what.mask);
  }

  /** What a characteristic told by itself last. */
  said(point: PointId): Reading | undefined {
    return this.last.get(point);
  }

  /** That it cannot tell anything now. */
  refuse(reason: string, ref?: CharacteristicRef): void {
    const refused = this.told.flatMap(([point, source]) =>
      ref === undefined || nameOfRef(source.ref) === nameOfRef(ref) ? [{ point, reason }] : [],
    );
    for (const point of this.uart?.silenced(reason, ref) ?? []) refused.push({ point, reason });
    if (refused.length > 0) this.listener.onTold([], refused);
  }

  close(): void {
    void this.uart?.close();
    this.session.close();
  }

  private spec(): SessionSpec {
    const { device, name } = this.parts;
    const refs = new Map(this.told.map(([, { ref }]) => [nameOfRef(ref), ref]));
    const subscriptions = [...refs.values(), ...(device.uart === undefined ? [] : [device.uart.notify])];
    return {
      name,
      address: () => this.parts.address(),
      addressType: device.addressType,
      connect: device.connect ?? (subscriptions.length > 0 ? "keep" : "poll"),
      subscriptions,
    };
  }

  /** In the order in which they are asked for: what is written overtakes what waits to be read. */
  private begin(): void {
    const { setup, timeout } = this.parts.device;
    const { clock, log } = this.context;
    const terms = { clock, timeout };
    if (setup.length > 0) {
      this.use("write", (peripheral) => runSteps(setup, peripheral, terms)).catch((error: unknown) => {
        if (!(error instanceof DeviceError)) throw error;
        if (error.kind !== "unreachable") this.refuse(`setup: ${error.message}`);
        log.debug({ err: error }, "what is to be done after the connect was not done");
      });
    }
    this.readTold();
  }

  /** What it tells only when it changes is read once, where it lets itself be read. */
  private readTold(): void {
    if (this.told.length === 0) return;
    const result: Gathered = { readings: [], refused: [] };
    const done = this.use("read", async (peripheral) => {
      const readable = this.told.filter(([, { ref }]) => isReadable(peripheral, ref));
      const answers = new Map<string, Answer>();
      await readInto(
        answers,
        readable.map(([, { ref }]) => ref),
        peripheral,
        this.parts.device,
      );
      this.sort(readable, answers, result);
    });
    done.then(
      () => this.keep(result.readings, []),
      (error: unknown) => {
        if (!(error instanceof DeviceError)) throw error;
        this.context.log.debug({ err: error }, "what it tells by itself could not be read");
      },
    );
  }

  private hear(ref: CharacteristicRef, bytes: Uint8Array): void {
    const name = nameOfRef(ref);
    const result: Gathered = { readings: [], refused: [] };
    const own = this.told.filter(([, source]) => nameOfRef(source.ref) === name);
    this.sort(own, new Map([[name, { bytes }]]), result);
    this.keep(result.readings, result.refused);
  }

  private keep(readings: readonly Reading[], refused: ReadResult["refused"]): void {
    for (const reading of readings) this.last.set(reading.point, reading);
    this.listener.onTold(readings, refused);
  }

  private sort(
    points: readonly ConnectedPoint[],
    answers: ReadonlyMap<string, Answer>,
    { readings, refused }: Gathered,
  ): void {
    const time = this.context.clock.wall();
    for (const [point, source] of points) {
      const answer = answers.get(nameOfRef(source.ref));
      if (answer === undefined) continue;
      if ("refused" in answer) {
        refused.push({ point, reason: answer.refused });
        continue;
      }
      const value = characteristicValue(source, answer.bytes);
      if (value instanceof Refusal) refused.push({ point, reason: value.reason });
      else if (value !== undefined) readings.push({ point, value, time });
      else if (source.via === "read") refused.push({ point, reason: "it begins otherwise than the mapping says" });
    }
  }
}

function isReadable(peripheral: Peripheral, ref: CharacteristicRef): boolean {
  try {
    return peripheral.find(ref).properties.has("read");
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}
