/** One device that wants connections: what waits for it, and what it has while it is connected. */
import { DeviceError, formatDuration, MINUTE, type Millis, SECOND } from "../../../src/adapter.ts";
import type { AddressType, Advertisement, Connection, Radio } from "../radio/radio.ts";
import { RadioError } from "../radio/radio-error.ts";
import { ExchangeRecord } from "./exchange-record.ts";
import { SessionLife } from "./session-life.ts";
import type { Peripheral, Session, SessionListener, SessionSpec, Urgency } from "./session-types.ts";
import { connectIn, endIn, type SessionWorld } from "./session-world.ts";
import { Telling } from "./telling.ts";
import { WaitingWork } from "./waiting-work.ts";

/** Work that has not begun after this fails. */
const PATIENCE: Millis = MINUTE;
const MOST_WAITING = 256;
/** A connection that was lost may come back so soon that nobody has to know. */
const UNNOTICED: Millis = 30 * SECOND;

export class PeripheralSession implements Session {
  readonly record = new ExchangeRecord();
  private readonly id: number;
  private readonly spec: SessionSpec;
  private readonly world: SessionWorld;
  private readonly telling: Telling;
  private readonly waiting: WaitingWork;
  private life: SessionLife | undefined;
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
    const result = await this.connect(radio);
    const isWanted = this.era === era && !this.closed;
    if (result instanceof DeviceError) {
      if (this.era === era) this.failed(result);
    } else if (isWanted) this.begin(result);
    else {
      await endIn(this.world, result);
      if (this.era === era) this.world.turn({ type: "failed", id: this.id, full: false });
    }
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
    this.hopeful();
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
    this.hopeful();
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

  private async connect(radio: Radio): Promise<Connection | DeviceError> {
    const { address } = this;
    const addressType = this.spec.addressType ?? this.heardType;
    if (address === undefined) return new DeviceError("unreachable", "it was not heard yet: its address is not known");
    try {
      return await connectIn(this.world, radio, { address, addressType });
    } catch (error) {
      if (error instanceof DeviceError) return error;
      throw error;
    }
  }

  private begin(connection: Connection): void {
    const life = new SessionLife(connection, this.record, this.telling, this.world);
    this.life = life;
    this.telling.connected();
    this.world.turn({ type: "connected", id: this.id });
    const { signal } = life.peripheral;
    signal.addEventListener("abort", () => this.lost(life, signal.reason), { once: true });
    if (signal.aborted) this.lost(life, signal.reason);
    else void life.prepare(this.spec).then((isReady) => isReady && this.prepared());
  }

  private prepared(): void {
    this.failures = 0;
    this.why = undefined;
    this.cancelNotice?.();
    this.telling.reachable(true);
    this.next();
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

  /** A device that polls is found out to be there or not when it is asked. */
  private hopeful(): void {
    if (this.spec.connect === "poll" && this.telling.isUnreachable) this.telling.reachable(true);
  }

  private giveUp(error: DeviceError): void {
    this.cancelNotice?.();
    this.waiting.fail(error);
    this.needs();
    this.telling.reachable(false, error.message);
  }

  private lost(life: SessionLife, reason: DeviceError): void {
    if (this.life !== life) return;
    this.why = reason;
    this.world.log.debug({ device: this.spec.name, reason: reason.message }, "connection lost");
    if (this.spec.connect === "keep") this.noticeLater(reason);
    this.end(life, reason, { lost: true, served: life.served(this.spec) });
  }

  private noticeLater(reason: DeviceError): void {
    const { clock } = this.world;
    this.cancelNotice?.();
    this.cancelNotice = clock.at(clock.monotonic() + UNNOTICED, () => this.telling.reachable(false, reason.message));
  }

  private disconnect(reason: DeviceError): void {
    if (this.life !== undefined) this.end(this.life, reason, { lost: false, served: true });
  }

  /** The place of the connection is free when it is really over. */
  private end(life: SessionLife, reason: DeviceError, how: { readonly lost: boolean; readonly served: boolean }): void {
    const { era } = this;
    this.life = undefined;
    void life.end(reason).then(() => {
      if (this.era !== era) return;
      this.world.turn({ type: "ended", id: this.id, ...how });
      this.needs();
    });
  }
}
