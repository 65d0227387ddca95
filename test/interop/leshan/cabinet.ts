/** What is behind the gateway on one Modbus port: a slave with a value of each type, and two feeders. */
import { aSimulation, portOf } from "../../support/modbus-device.ts";
import type { Lifetime } from "../../support/process.ts";
import { EveryType } from "./every-type.ts";
import { Feeder } from "./feeder.ts";

export interface Cabinet {
  readonly port: number;
  /** Unit 1. */
  readonly meter: EveryType;
  /** Units 2 and 3. */
  readonly feeders: readonly [Feeder, Feeder];
}

/** For `devices:`, by number: the entries of both feeders. */
export const FEEDERS = [2, 3].map((unit, i) => `{ id: feeder-${i + 1}, mapping: feeder, link: bus, unit_id: ${unit} }`);

export async function openCabinet(owner: Lifetime): Promise<Cabinet> {
  const meter = new EveryType();
  const feeders = [new Feeder(2), new Feeder(3)] as const;
  const simulation = await aSimulation([meter, ...feeders].map(({ slave }) => slave));
  owner.after(() => simulation.close());
  return { port: portOf(simulation), meter, feeders };
}
