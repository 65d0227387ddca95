/** Mappings run backwards: Modbus slaves with many units, on a network, on a serial port or on a pseudo-terminal. */
import type { AdapterContext, SimulatedDevice, SimulateOptions, Simulation } from "../../src/adapter.ts";
import { type Play, playOnPty, playOnSerialPort } from "../wires/played-port.ts";
import { playOnTcp } from "../wires/played-tcp.ts";
import type { ModbusDevice, ModbusPoint } from "./points.ts";
import { simulationSettings } from "./simulation/options.ts";
import { Session } from "./simulation/session.ts";
import { Slaves } from "./simulation/slaves.ts";
import { playOnUdp } from "./simulation/udp.ts";

/**
 * Listens, and answers for all the devices by their unit. Rejects with WrongArguments, where the port is taken or cannot be
 * opened, and where two devices have one unit.
 */
export async function simulate(
  options: SimulateOptions,
  devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint>[],
  context: AdapterContext,
): Promise<Simulation> {
  const settings = simulationSettings(options);
  const slaves = new Slaves(devices, settings, context);
  const { place } = settings;
  const play: Play = (send) => new Session(slaves, context.clock, send);
  switch (place.kind) {
    case "tcp":
      return playOnTcp(place, play, context);
    case "udp":
      return playOnUdp(place, slaves, context);
    case "serial":
      return playOnSerialPort(place, play, context);
    case "pty":
      return playOnPty(place, play, context);
  }
}
