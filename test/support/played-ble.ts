/** A simulated BLE device of a mapping's keys, at an emulated controller, with a host that writes each command itself. */
import { Controller } from "../../adapters/ble/emulator/controller.ts";
import { type BlePoint, pointSchema } from "../../adapters/ble/points.ts";
import { type BleDevice, deviceSchema } from "../../adapters/ble/section.ts";
import { parseFaults } from "../../adapters/ble/simulation/faults.ts";
import { PlayedPeripheral } from "../../adapters/ble/simulation/played-peripheral.ts";
import { type BleStep, stepSchema } from "../../adapters/ble/steps.ts";
import type { PointId, RawValue, SimulatedDevice, SimulatedIdentity } from "../../src/adapter.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { HciHost } from "./hci-host.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

/** As the core hands it over: the source keys, and `length` of what is bytes. */
export type PointKeys = Readonly<Record<string, unknown>>;

export interface PlayedSetting {
  readonly section: Readonly<Record<string, unknown>>;
  readonly points: Readonly<Record<PointId, PointKeys>>;
  readonly values?: Readonly<Record<PointId, RawValue>>;
  /** Of executable resources. */
  readonly steps?: readonly Readonly<Record<string, unknown>>[];
  readonly identity?: SimulatedIdentity;
  readonly faults?: string;
}

/** Where the mapping knows no address. */
export const THOUGHT_OF = "c2:00:00:00:00:01";

export function playedBle({ section, points, values = {}, steps = [], identity, faults = "" }: PlayedSetting) {
  const device = deviceSchema.parse(section);
  const parsed = new Map(Object.entries(points).map(([id, keys]) => [id, pointSchema.parse({ ...keys, device })]));
  const now = new Map<PointId, RawValue>(Object.entries(values));
  const refused = new Set<PointId>();
  const played: SimulatedDevice<BleDevice, BlePoint, BleStep> = {
    device,
    points: parsed,
    steps: steps.map((step) => stepSchema.parse(step)),
    ...(identity === undefined ? {} : { identity }),
    get: (point) => now.get(point),
    set(point, value) {
      if (refused.has(point)) return false;
      now.set(point, value);
      return true;
    },
  };
  const clock = new FakeClock();
  const log: LogLine[] = [];
  const context = { clock, random: fakeRandom(), log: recordingLogger(log) };
  const controller = new Controller({}, context);
  const peripheral = new PlayedPeripheral(
    played,
    { controller, address: THOUGHT_OF, faults: parseFaults(faults) },
    context,
  );
  const host = new HciHost(controller);
  host.prepare();
  return { clock, log, controller, peripheral, host, values: now, refused, points: parsed };
}
