import { DeviceError, MINUTE, type Millis, SECOND } from "../../../src/adapter.ts";
import type { Connection } from "../radio/radio.ts";
import type { ExchangeRecord } from "./exchange-record.ts";
import { LivePeripheral } from "./live-peripheral.ts";
import type { SessionSpec } from "./session-types.ts";
import { endIn, type SessionWorld } from "./session-world.ts";
import type { Telling } from "./telling.ts";

/** A connection that lasted so long was good for something. */
const LASTING: Millis = 10 * SECOND;
const RSSI_EVERY: Millis = MINUTE;

/** A session, while it is connected. */
export class SessionLife {
  readonly peripheral: LivePeripheral;
  /** Subscriptions are made: work may begin. */
  ready = false;
  working = false;
  /** It ends with the work that runs. */
  yielding = false;
  private readonly connection: Connection;
  private readonly world: SessionWorld;
  private readonly telling: Telling;
  private readonly since: Millis;

  constructor(connection: Connection, record: ExchangeRecord, telling: Telling, world: SessionWorld) {
    this.connection = connection;
    this.world = world;
    this.telling = telling;
    this.since = world.clock.monotonic();
    this.peripheral = new LivePeripheral(connection, {
      ...{ clock: world.clock, record, pairing: world.pairing(connection.address) },
      onExchange: (exchange) => {
        world.onExchange(exchange);
        if (record.quality !== undefined) telling.quality(record.quality);
      },
    });
  }

  /** Peripherals forget who subscribed to what. Returns whether it is still connected. */
  async prepare({ subscriptions }: SessionSpec): Promise<boolean> {
    const { peripheral, telling } = this;
    for (const ref of subscriptions) {
      try {
        await peripheral.hear(ref, (bytes) => telling.notification(ref, bytes));
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        if (peripheral.signal.aborted) return false;
        telling.refused(ref, error.message);
      }
    }
    this.ready = !peripheral.signal.aborted;
    if (this.ready) this.measure();
    return this.ready;
  }

  /** Whether it was good for something: a peripheral that connects and vanishes at once is tried ever more rarely. */
  served({ connect }: SessionSpec): boolean {
    const lasted = this.world.clock.monotonic() - this.since;
    return lasted >= LASTING || (connect === "poll" && this.peripheral.answers > 0);
  }

  /** What runs on it fails with this. Resolves when the connection is over. */
  end(reason: DeviceError): Promise<void> {
    this.peripheral.giveUp(reason);
    return endIn(this.world, this.connection);
  }

  private measure(): void {
    const { clock } = this.world;
    const { peripheral, telling } = this;
    if (!telling.wantsRssi) return;
    const cancel = clock.at(clock.monotonic() + RSSI_EVERY, () => {
      peripheral.signal.removeEventListener("abort", cancel);
      void peripheral.rssi().then((rssi) => {
        if (peripheral.signal.aborted) return;
        if (rssi !== undefined) telling.rssi(rssi);
        this.measure();
      });
    });
    peripheral.signal.addEventListener("abort", cancel, { once: true });
  }
}
