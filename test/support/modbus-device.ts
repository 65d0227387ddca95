import { modbus } from "../../adapters/modbus/index.ts";
import type { ModbusDevice, ModbusPoint } from "../../adapters/modbus/points.ts";
import type { AdapterContext, RawValue, SimulatedDevice, Simulation } from "../../src/adapter.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { fakeRandom } from "./fake-clock.ts";

/** A context on the machine's own clock: for tests in which nothing waits. */
export function aContext(context: Partial<AdapterContext> = {}): AdapterContext {
  return { clock: systemClock, log: silentLogger, random: fakeRandom(), ...context };
}

/** Points by name, from the keys that a mapping has. */
export function pointsOf(
  keys: Readonly<Record<string, object>>,
  device: ModbusDevice,
): ReadonlyMap<string, ModbusPoint> {
  return new Map(Object.entries(keys).map(([id, source]) => [id, modbus.point.parse({ ...source, device })]));
}

/** A simulated device that keeps raw values; `refuse` lists the points whose writes it refuses. */
export function aDeviceOf(
  keys: Readonly<Record<string, object>>,
  { section = {}, refuse = [] }: { readonly section?: object; readonly refuse?: readonly string[] } = {},
): SimulatedDevice<ModbusDevice, ModbusPoint, never> & { readonly values: Map<string, RawValue> } {
  const device = modbus.device.parse({ unit_id: 1, ...section });
  const values = new Map<string, RawValue>();
  return {
    device,
    points: pointsOf(keys, device),
    values,
    get: (point) => values.get(point),
    set: (point, value) => !refuse.includes(point) && values.set(point, value) !== undefined,
  };
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

export function hex(data: Uint8Array): string {
  return Buffer.from(data)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

/** The simulated devices as a real Modbus TCP server on a free port. */
export function aSimulation(
  devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint, never>[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Simulation> {
  if (modbus.simulate === undefined) throw new TypeError("the adapter cannot simulate");
  return modbus.simulate(options, devices, aContext());
}

export function portOf({ address }: Simulation): number {
  return Number(Object.entries(address).find(([key]) => key === "port")?.[1]);
}
