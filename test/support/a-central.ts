/** A Central on a fake clock, over a scripted adapter; and devices that note what they are told. */
import { Central, type CentralOptions } from "../../adapters/ble/central/central.ts";
import type { Session, SessionSpec } from "../../adapters/ble/central/session-types.ts";
import { SECOND } from "../../src/clock.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { ScriptedRadio } from "./scripted-radio.ts";

const USUAL: CentralOptions = {
  backend: { kind: "bluez", adapter: "hci0" },
  scan: "active",
  connections: 4,
  connectTimeout: 10 * SECOND,
};

export interface CentralWorld {
  readonly clock: FakeClock;
  readonly air: ScriptedRadio;
  readonly central: Central;
  readonly lines: LogLine[];
  device(address: string, spec?: Partial<SessionSpec>): NotingDevice;
}

/** A device, and what it was told: "reachable", "unreachable: …", "2a6e = a608", "refused 2a6e: …", "rssi -60", "quality 98". */
export interface NotingDevice {
  readonly session: Session;
  readonly told: string[];
}

export function aCentral(options: Partial<CentralOptions> = {}): CentralWorld {
  const clock = new FakeClock();
  const air = new ScriptedRadio(clock);
  const lines: LogLine[] = [];
  const context = { clock, log: recordingLogger(lines), random: fakeRandom() };
  const central = new Central(air.open, { ...USUAL, ...options }, context);
  return { clock, air, central, lines, device: (address, spec) => notingDevice(central, address, spec) };
}

function notingDevice(central: Central, address: string, spec: Partial<SessionSpec> = {}): NotingDevice {
  const told: string[] = [];
  const session = central.session(
    { name: `device ${address}`, address: () => address, connect: "keep", subscriptions: [], ...spec },
    {
      onReachable: (reachable, reason) => told.push(reachable ? "reachable" : `unreachable: ${reason}`),
      onNotification: ({ uuid }, bytes) => told.push(`${uuid} = ${Buffer.from(bytes).toString("hex")}`),
      onRefused: ({ uuid }, reason) => told.push(`refused ${uuid}: ${reason}`),
      onRssi: (rssi) => told.push(`rssi ${rssi}`),
      onQuality: (percent) => told.push(`quality ${percent}`),
    },
  );
  return { session, told };
}
