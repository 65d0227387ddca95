/** One connection to one peripheral: one operation at a time, each with its deadline, and whoever hears its notifications. */
import { type Clock, DeviceError, formatDuration, type Millis, reasonOf, SECOND } from "../../../src/adapter.ts";
import { orAborted, withDeadline } from "../../wires/deadline.ts";
import type { Characteristic, Connection } from "../radio/radio.ts";
import { RadioError } from "../radio/radio-error.ts";
import type { ExchangeRecord } from "./exchange-record.ts";
import { findCharacteristic, refText } from "./find-characteristic.ts";
import type { CharacteristicRef, Peripheral } from "./session-types.ts";

/** How long an operation may take where nobody says. */
const OPERATION: Millis = 10 * SECOND;
const RSSI: Millis = 2 * SECOND;
/** What the radio says itself is better: it gets a little more. */
export const GRACE: Millis = SECOND;

export type NotificationListener = (bytes: Uint8Array) => void;

/** Who hears one characteristic. */
interface Heard {
  readonly listeners: Set<NotificationListener>;
  /** Settles when the peripheral has confirmed, or refused. */
  readonly confirmed: Promise<void>;
}

/** Something that was done over the adapter, and is over. */
export interface Exchange {
  readonly begun: Millis;
  /** Whether the radio settled it in the time that it had. */
  readonly inTime: boolean;
}

export interface LiveSettings {
  readonly clock: Clock;
  readonly record: ExchangeRecord;
  /** What a person does about a peripheral that wants to be paired with. */
  readonly pairing: string;
  onExchange(exchange: Exchange): void;
}

export class LivePeripheral {
  /** Aborted when the connection is over, or given up. */
  readonly signal: AbortSignal;
  private readonly connection: Connection;
  private readonly settings: LiveSettings;
  private readonly life = new AbortController();
  private readonly heard = new Map<number, Heard>();
  private last: Promise<unknown> = Promise.resolve();
  private answerCount = 0;

  constructor(connection: Connection, settings: LiveSettings) {
    this.connection = connection;
    this.settings = settings;
    this.signal = this.life.signal;
    const { signal } = connection;
    if (signal.aborted) this.life.abort(signal.reason);
    else signal.addEventListener("abort", () => this.life.abort(signal.reason), { once: true });
    this.signal.addEventListener("abort", () => this.heard.clear(), { once: true });
  }

  /** Exchanges that came to something. */
  get answers(): number {
    return this.answerCount;
  }

  /** What the work does has an end with it, or with the connection. */
  async run<T>(work: (peripheral: Peripheral) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const endings: (() => void)[] = [];
    const { address, mtu, services } = this.connection;
    const peripheral: Peripheral = {
      ...{ address, mtu, services, signal: this.signal },
      find: (ref) => findCharacteristic(services, ref),
      read: (ref, timeout) => this.read(ref, timeout),
      write: (ref, bytes, options) => this.write(ref, bytes, options),
      subscribe: async (ref, listener, timeout) => {
        endings.push(await this.hear(ref, listener, timeout));
      },
    };
    try {
      return await orAborted(work(peripheral), this.signal);
    } finally {
      for (const end of endings) end();
    }
  }

  /** Resolves, when the peripheral has confirmed, with what ends it. */
  async hear(ref: CharacteristicRef, listener: NotificationListener, timeout = OPERATION): Promise<() => void> {
    const characteristic = this.findFor(ref, "notify");
    const { id } = characteristic;
    const known = this.heard.get(id);
    // The first notification may come before the confirmation.
    known?.listeners.add(listener);
    const heard = known ?? { listeners: new Set([listener]), confirmed: this.subscribe(ref, characteristic, timeout) };
    this.heard.set(id, heard);
    try {
      await heard.confirmed;
    } catch (error) {
      if (this.heard.get(id) === heard) this.heard.delete(id);
      throw error;
    }
    return () => this.unhear(characteristic, heard, listener);
  }

  /** In dBm; undefined: it is not known. */
  async rssi(): Promise<number | undefined> {
    try {
      return await this.inTurn((): Promise<number> => {
        this.signal.throwIfAborted();
        return this.within(RSSI, (span) => this.connection.rssi(span));
      });
    } catch (error) {
      if (error instanceof DeviceError) return undefined;
      throw error;
    }
  }

  /** What runs on it fails with this. */
  giveUp(reason: DeviceError): void {
    this.life.abort(reason);
  }

  private read(ref: CharacteristicRef, timeout = OPERATION): Promise<Uint8Array> {
    return this.on(ref, "read", (characteristic) =>
      this.operate(`read ${refText(ref)}`, timeout, (span) => this.connection.read(characteristic, span)),
    );
  }

  private write(...[ref, bytes, options]: Parameters<Peripheral["write"]>): Promise<void> {
    const { response, timeout = OPERATION } = options;
    return this.on(ref, response ? "write" : "write-without-response", (characteristic) =>
      this.operate(`write ${refText(ref)}`, timeout, (span) =>
        this.connection.write(characteristic, bytes, { response, timeout: span }),
      ),
    );
  }

  private async on<T>(ref: CharacteristicRef, use: Use, run: (found: Characteristic) => Promise<T>): Promise<T> {
    return await run(this.findFor(ref, use));
  }

  /** Some stacks never answer what a characteristic cannot do: it is not asked. */
  private findFor(ref: CharacteristicRef, use: Use): Characteristic {
    const found = findCharacteristic(this.connection.services, ref);
    const { properties } = found;
    if (properties.has(use) || (use === "notify" && properties.has("indicate"))) return found;
    const can = properties.size === 0 ? "nothing" : [...properties].join(", ");
    throw new DeviceError("rejected", `${refText(ref)} has no "${use}"; it has ${can}`);
  }

  private subscribe(ref: CharacteristicRef, characteristic: Characteristic, timeout: Millis): Promise<void> {
    const tell: NotificationListener = (bytes) => this.tell(characteristic.id, bytes);
    return this.operate(`subscribe to ${refText(ref)}`, timeout, (span) =>
      this.connection.subscribe(characteristic, tell, span),
    );
  }

  private unhear(characteristic: Characteristic, heard: Heard, listener: NotificationListener): void {
    heard.listeners.delete(listener);
    if (heard.listeners.size > 0 || this.heard.get(characteristic.id) !== heard) return;
    this.heard.delete(characteristic.id);
    const unsubscribe = (span: Millis): Promise<void> => this.connection.unsubscribe(characteristic, span);
    // Whoever heard it has what was wanted; what comes of this is seen at the next exchange.
    this.operate(`unsubscribe from ${characteristic.uuid}`, OPERATION, unsubscribe).catch((error: unknown) => {
      if (!(error instanceof DeviceError)) throw error;
    });
  }

  private tell(id: number, bytes: Uint8Array): void {
    if (this.signal.aborted) return;
    const { clock, onExchange } = this.settings;
    onExchange({ begun: clock.monotonic(), inTime: true });
    for (const listener of [...(this.heard.get(id)?.listeners ?? [])]) listener(bytes);
  }

  /** An exchange with the peripheral, in its turn. One that is not answered ends the connection: stacks answer nothing after it. */
  private operate<T>(what: string, timeout: Millis, run: (span: Millis) => Promise<T>): Promise<T> {
    const { clock, record } = this.settings;
    return this.inTurn(async () => {
      this.signal.throwIfAborted();
      const begun = clock.monotonic();
      try {
        const result = await this.within(timeout, run);
        record.answered(clock.monotonic() - begun);
        this.answerCount++;
        this.settings.onExchange({ begun, inTime: true });
        return result;
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        record.failed(error);
        this.settings.onExchange({ begun, inTime: !(error instanceof Overdue) });
        throw this.failed(what, error, timeout);
      }
    });
  }

  private failed(what: string, error: DeviceError, timeout: Millis): DeviceError {
    if (error.kind === "unreachable" && !this.signal.aborted) {
      const reason = `${what}: no answer within ${formatDuration(timeout)}`;
      this.giveUp(new DeviceError("unreachable", reason, { cause: error }));
    }
    const advice = error instanceof RadioError && error.fault === "pairing" ? `; ${this.settings.pairing}` : "";
    return new DeviceError(error.kind, `${what}: ${error.message}${advice}`, { cause: error });
  }

  private async within<T>(span: Millis, run: (span: Millis) => Promise<T>): Promise<T> {
    const late = (): DeviceError => new Overdue();
    const answer = withDeadline(run(span), { clock: this.settings.clock, span: span + GRACE, late });
    return await orAborted(answer, this.signal);
  }

  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.last.then(task);
    this.last = run.catch(reasonOf);
    return run;
  }
}

type Use = "read" | "write" | "write-without-response" | "notify";

/** The radio did not even say that nothing came. */
class Overdue extends DeviceError {
  constructor() {
    super("unreachable", "the adapter does not answer");
  }
}
