/** One connection to a scripted peripheral, on a fake clock, without an adapter between. */
import { ExchangeRecord } from "../../adapters/ble/central/exchange-record.ts";
import { type Exchange, LivePeripheral } from "../../adapters/ble/central/live-peripheral.ts";
import type { Connection } from "../../adapters/ble/radio/radio.ts";
import { FakeClock } from "./fake-clock.ts";
import { ScriptedPeripheral, type ScriptedServices } from "./scripted-radio.ts";

export interface LiveWorld {
  readonly clock: FakeClock;
  readonly peripheral: ScriptedPeripheral;
  readonly live: LivePeripheral;
  readonly record: ExchangeRecord;
  readonly exchanges: readonly Exchange[];
}

/** `wrong`: what the adapter does instead of what it should. */
export function aLivePeripheral(services: ScriptedServices, wrong: Partial<Connection> = {}): LiveWorld {
  const clock = new FakeClock();
  const peripheral = new ScriptedPeripheral(clock, "a4", services);
  const record = new ExchangeRecord();
  const exchanges: Exchange[] = [];
  const connection = { ...peripheral.connect(() => {}), ...wrong };
  const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
  const live = new LivePeripheral(connection, { clock, record, pairing: "bond it once", onExchange });
  return { clock, peripheral, live, record, exchanges };
}
