/** Twelve electricity meters on a simulated Modbus line: what the adapter makes of float32 registers is the real thing. */
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { FakeBus } from "../../test/support/fake-bus.ts";
import type { FakeClock } from "../../test/support/fake-clock.ts";

export const METERS = 12;
/** How often a meter is read: the least age that a value has when it is reported. */
const POLLED: Millis = 2 * SECOND;

/** Of object 10242, 3-Phase Power Meter; active power is told in W and the object has it in kW. */
const RESOURCES = {
  ...{ tension_r: 4, current_r: 5, active_power_r: 6, power_factor_r: 11 },
  ...{ tension_s: 14, current_s: 15, active_power_s: 16, power_factor_s: 21 },
  ...{ tension_t: 24, current_t: 25, active_power_t: 26, power_factor_t: 31 },
  ...{ "3-phase_active_power": 34, "3-phase_reactive_power": 35, "3-phase_apparent_power": 38 },
  ...{ "3-phase_power_factor": 39, active_energy: 41, frequency: 49 },
};
const IDS = Object.values(RESOURCES);
export const VALUES = IDS.length;

export const MAPPING = [
  "format: 1",
  "mapping: wan-meter",
  "description: Three-phase meter with eighteen values",
  "protocol: modbus",
  "params: { unit_id: { type: int, range: [1, 247], default: 1, description: Modbus address } }",
  "modbus: { unit_id: $unit_id, order: ABCD }",
  `every: { normal: ${POLLED / SECOND}s }`,
  "objects:",
  "  10242:",
  "    defaults: { as: f32, poll: normal }",
  ...Object.keys(RESOURCES).map(
    (name, i) => `    ${name}: { input: ${2 * i}${/(?:^|_)active_power/.test(name) ? ", unit: W" : ""} }`,
  ),
  "",
].join("\n");

/** The line; each meter has other values whenever it is read. */
export function meters(clock: FakeClock): FakeBus {
  const bus = new FakeBus(clock);
  const change = (): void => {
    for (let unit = 1; unit <= METERS; unit++) {
      const meter = bus.unit(unit);
      for (const id of IDS) meter.set(`10242/0/${id}`, 230 + 10 * Math.sin(clock.monotonic() / MINUTE + unit * id));
    }
    clock.at(clock.monotonic() + POLLED, change);
  };
  change();
  return bus;
}
