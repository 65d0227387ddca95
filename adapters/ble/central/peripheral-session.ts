/** One device that wants connections: what waits for it, and what it has while it is connected. */
import {
  type Clock,
  DeviceError,
  formatDuration,
  type Logger,
  MINUTE,
  type Millis,
  SECOND,
} from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import type { AddressType, Advertisement, Connection, Radio } from "../radio/radio.ts";
import { RadioError } from "../radio/radio-error.ts";
import { ExchangeRecord } from "./exchange-record.ts";
import { type Exchange, GRACE, LivePeripheral } from "./live-peripheral.ts";
import type { CharacteristicRef, Peripheral, Session, SessionListener, SessionSpec, Urgency } from "./session-types.ts";
import { Telling } from "./telling.ts";
import type { TurnEvent } from "./turns.ts";
import { WaitingWork } from "./waiting-work.ts";

export interface SessionWorld {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connectTimeout: Millis;
  /** What a person does about a peripheral that wants to be paired with. */
  pairing(address: string): string;
  turn(event: TurnEvent): void;
  onExchange(exchange: Exchange): void;
  onClose(): void;
}

/** Work that has not begun after this fails. */
const PATIENCE: Millis = MINUTE;
const MOST_WAITING = 256;
/** How long a farewell may take. */
const DISCONNECT: Millis = 5 * SECOND;
/** A connection that lasted so long was good for something. */
const LASTING: Millis = 10 * SECOND;
/** A connection that was lost may come back so soon that nobody has to know. */
const UNNOTICED: Millis = 30 * SECOND;
const RSSI_EVERY: Millis = MINUTE;

interface Life {
  readonly peripheral: LivePeripheral;
  readonly connection: Connection;
  readonly since: Millis;
  /** Subscriptions are made: work may begin. */
  ready: boolean;
  working: boolean;
  /** It ends with the work that runs. */
  yielding: boolean;
}

export class PeripheralSession implements Session {
  readonly record = new ExchangeRecord();
  private readonly id: number;
  private readonly spec: SessionSpec;
  private readonly world: SessionWorld;
  private readonly telling: Telling;
  private readonly waiting: WaitingWork;
  private life: Life | undefined;
  private closed = false;
  /** Why the adapter is not there. */
  private unavailable: DeviceError | undefined;
  /** Counts up where the adapter vanishes: what was begun before is of no interest. */
  private era = 0;
  /** Attempts that failed since the last connection. */
  private failures = 0;
  /** Why the last one did. */
  private why: DeviceError | undefined;
  private heardAt: Millis | undefined;
  private heardType: AddressType | undefined;
  private cancelNotice: (() => void) | undefined;

  constructor(id: number, spec: SessionSpec, listener: SessionListener, world: SessionWorld) {
    this.id = id;
    this.spec = spec;
    this.world = world;
    this.telling = new Telling(listener, world.clock);
    this.waiting = new WaitingWork(world.clock);
  }

  get address(): string | undefined {
    return this.spec.address();
  }

  /** For people. */
  get name(): string {
    return this.address ?? this.spec.name;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  use<T>(urgency: Urgency, work: (peripheral: Peripheral) => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const late = (): DeviceError => this.late();
    const settled = this.waiting.add(work, { urgency, span: PATIENCE, late, onGone: () => this.needs() });
    this.needs();
    this.next();
    return settled;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.telling.end();
    this.cancelNotice?.();
    const reason = new DeviceError("unreachable", "the device was detached");
    this.waiting.fail(reason);
    this.world.turn({ type: "leave", id: this.id });
    this.disconnect(reason);
    this.world.onClose();
  }

  /** The adapter's turn for it: settles when it is connected, or that failed. Never rejects. */
  async attempt(radio: Radio): Promise<void> {
    const { era } = this;
    const connection = await this.connect(radio).catch((error: unknown) => {
      if (error instanceof DeviceError) return error;
      throw error;
    });
    if (this.era !== era) {
      if (!(connection instanceof DeviceError)) await this.farewell(connection);
    } else if (connection instanceof DeviceError) this.failed(connection);
    else if (this.closed) {
      await this.farewell(connection);
      this.world.turn({ type: "failed", id: this.id, full: false });
    } else this.begin(connection);
  }

  /** Makes room for another, after what is being done. */
  release(): void {
    if (this.life === undefined) return;
    this.life.yielding = true;
    this.next();
  }

  /** The adapter is there. */
  up(): void {
    this.unavailable = undefined;
    // A device that polls is found out to be there or not when it is asked.
    if (this.spec.connect === "poll") this.telling.reachable(true);
  }

  /** The adapter is not there, and no connection either. */
  down(reason: string): void {
    this.era++;
    const error = new DeviceError("unreachable", reason);
    this.unavailable = error;
    this.cancelNotice?.();
    this.why = undefined;
    this.failures = 0;
    const { life } = this;
    this.life = undefined;
    life?.peripheral.giveUp(error);
    this.waiting.fail(error);
    this.telling.reachable(false, reason);
  }

  heard({ rssi, addressType, connectable }: Advertisement): void {
    this.heardType = addressType;
    if (rssi !== undefined) this.telling.rssi(rssi);
    if (!connectable) return;
    this.heardAt = this.world.clock.monotonic();
    if (this.life !== undefined) return;
    this.world.turn({ type: "heard", id: this.id });
    if (this.spec.connect === "poll") this.telling.reachable(true);
  }

  private refusal(): DeviceError | undefined {
    if (this.closed) return new DeviceError("unreachable", "the device was detached");
    if (this.unavailable !== undefined) return this.unavailable;
    // Attempts to a device that is kept go on whether somebody asks or not: the last one says it all.
    if (this.life === undefined && this.spec.connect === "keep" && this.telling.isUnreachable) return this.why;
    if (this.waiting.length < MOST_WAITING) return undefined;
    return new DeviceError("rejected", `it is overloaded: ${MOST_WAITING} requests wait already`);
  }

  private late(): DeviceError {
    const what =
      this.life !== undefined
        ? "it was busy with other requests"
        : (this.why?.message ?? (this.heardAt === undefined ? "it was not heard" : "others had their turns"));
    return new DeviceError("unreachable", `no turn within ${formatDuration(PATIENCE)}: ${what}`);
  }

  /** A connection that comes after all is ended. */
  private async connect(radio: Radio): Promise<Connection> {
    const { connectTimeout: timeout, clock } = this.world;
    const { address } = this;
    if (address === undefined)
      throw new DeviceError("unreachable", "it was not heard yet, and its address is not known");
    const begun = clock.monotonic();
    const addressType = this.spec.addressType ?? this.heardType;
    const pending = radio.connect(address, { addressType, timeout });
    let inTime = true;
    const late = (): DeviceError => {
      inTime = false;
      pending.then((connection) => this.farewell(connection)).catch(() => {});
      return new DeviceError("unreachable", `no connection within ${formatDuration(timeout)}`);
    };
    try {
      return await withDeadline(pending, { clock, span: timeout + GRACE, late });
    } finally {
      this.world.onExchange({ begun, inTime });
    }
  }

  private begin(connection: Connection): void {
    const { clock } = this.world;
    const peripheral = new LivePeripheral(connection, {
      ...{ clock, record: this.record, pairing: this.world.pairing(connection.address) },
      onExchange: (exchange) => {
        this.world.onExchange(exchange);
        if (this.record.quality !== undefined) this.telling.quality(this.record.quality);
      },
    });
    const flags = { ready: false, working: false, yielding: false };
    const life: Life = { peripheral, connection, since: clock.monotonic(), ...flags };
    this.life = life;
    this.telling.connected();
    this.world.turn({ type: "connected", id: this.id });
    const { signal } = peripheral;
    signal.addEventListener("abort", () => this.lost(life, signal.reason), { once: true });
    if (signal.aborted) this.lost(life, signal.reason);
    else void this.prepare(life);
  }

  /** Peripherals forget who subscribed to what. */
  private async prepare(life: Life): Promise<void> {
    for (const ref of this.spec.subscriptions) {
      try {
        await life.peripheral.hear(ref, (bytes) => this.notified(life, ref, bytes));
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        if (this.life !== life) return;
        this.telling.refused(ref, error.message);
      }
    }
    if (this.life !== life) return;
    life.ready = true;
    this.failures = 0;
    this.why = undefined;
    this.cancelNotice?.();
    this.telling.reachable(true);
    this.measure(life);
    this.next();
  }

  private notified(life: Life, ref: CharacteristicRef, bytes: Uint8Array): void {
    if (this.life === life) this.telling.notification(ref, bytes);
  }

  /** Begins what waits, or ends the connection, as the case may be. */
  private next(): void {
    const { life } = this;
    if (life === undefined || life.working) return;
    const entry = life.ready ? this.waiting.next : undefined;
    if (life.yielding) this.disconnect(new DeviceError("unreachable", "it made room for others"));
    if (life.yielding || entry === undefined) return;
    life.working = true;
    void entry.start(life.peripheral).then(() => {
      life.working = false;
      if (this.life !== life) return;
      this.needs();
      this.next();
    });
    this.needs();
  }

  private needs(): void {
    if (this.closed) return;
    const working = this.life?.working === true;
    this.world.turn({ type: "needs", id: this.id, waiting: this.waiting.urgency, working });
  }

  private failed(error: DeviceError): void {
    const full = error instanceof RadioError && error.fault === "full";
    const pairing = error instanceof RadioError && error.fault === "pairing";
    this.world.turn({ type: "failed", id: this.id, full });
    if (this.closed) return;
    const advice = pairing ? `; ${this.world.pairing(this.name)}` : "";
    this.why = new DeviceError(error.kind, `not connected: ${error.message}${advice}`, { cause: error });
    this.world.log.debug({ device: this.spec.name, reason: error.message }, "not connected");
    if (full) return;
    this.failures++;
    // Air is air: a device that was heard just now is tried once more before anybody is told.
    const { clock } = this.world;
    const isHeard = this.heardAt !== undefined && clock.monotonic() - this.heardAt <= UNNOTICED;
    if (this.failures === 1 && isHeard && error.kind === "unreachable") return;
    this.giveUp(this.why);
  }

  private giveUp(error: DeviceError): void {
    this.waiting.fail(error);
    this.needs();
    this.telling.reachable(false, error.message);
  }

  private lost(life: Life, reason: DeviceError): void {
    if (this.life !== life) return;
    this.life = undefined;
    this.why = reason;
    this.world.log.debug({ device: this.spec.name, reason: reason.message }, "connection lost");
    if (this.spec.connect === "keep") this.noticeLater(reason);
    const lasted = this.world.clock.monotonic() - life.since;
    const served = lasted >= LASTING || (this.spec.connect === "poll" && life.peripheral.answers > 0);
    this.end(life, { lost: true, served });
  }

  private noticeLater(reason: DeviceError): void {
    const { clock } = this.world;
    this.cancelNotice?.();
    this.cancelNotice = clock.at(clock.monotonic() + UNNOTICED, () => this.telling.reachable(false, reason.message));
  }

  private disconnect(reason: DeviceError): void {
    const { life } = this;
    if (life === undefined) return;
    this.life = undefined;
    life.peripheral.giveUp(reason);
    this.end(life, { lost: false, served: true });
  }

  /** The place of the connection is free when it is really over. */
  private end({ connection }: Life, how: { readonly lost: boolean; readonly served: boolean }): void {
    const { era } = this;
    void this.farewell(connection).then(() => {
      if (this.era !== era) return;
      this.world.turn({ type: "ended", id: this.id, ...how });
      this.needs();
    });
  }

  private async farewell(connection: Connection): Promise<void> {
    const { clock } = this.world;
    const late = (): DeviceError => new DeviceError("unreachable", "it does not let go");
    const begun = clock.monotonic();
    await withDeadline(connection.disconnect(), { clock, span: DISCONNECT, late }).catch(() =>
      this.world.onExchange({ begun, inTime: false }),
    );
  }

  private measure(life: Life): void {
    const { clock } = this.world;
    if (!this.telling.wantsRssi) return;
    const cancel = clock.at(clock.monotonic() + RSSI_EVERY, () => {
      void life.peripheral.rssi().then((rssi) => {
        if (this.life !== life) return;
        if (rssi !== undefined) this.telling.rssi(rssi);
        this.measure(life);
      });
    });
    life.peripheral.signal.addEventListener("abort", cancel, { once: true });
  }
}
