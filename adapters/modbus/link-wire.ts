/** The serial wire behind a link: how fast it is, and who shares it. */
import type { AdapterContext, Millis, PlannedRequest, PlannedWire } from "../../src/adapter.ts";
import { Bus } from "../wires/bus.ts";
import { fasterBaudRate, formatSerialSettings, type SerialSettings } from "../wires/serial-settings.ts";
import type { BlockLimits, ModbusDevice, ModbusPoint } from "./points.ts";
import type { ReadLimits } from "./read-plan.ts";
import { formatPlanned, pollRequests } from "./request-plan.ts";
import { gapWorthReading, lengthOf, USUAL_TURNAROUND, type Wire, wireOf, wireTime } from "./wire-time.ts";

/** What a link says of its wire. */
export interface WireOptions {
  /** The serial line that its requests cross in the end; absent where there is none, or nobody says. */
  readonly line?: SerialSettings | undefined;
  /** How it is framed there; absent: as RTU. */
  readonly framing?: Wire["framing"] | undefined;
  /** The name of a wire that several links lead to. */
  readonly behind?: string | undefined;
  readonly gap: Millis;
}

/** Over a network a register more costs nothing, and a hole that the device refuses costs a request once. */
const NETWORK_GAP = 16;

export function wireOfLink({ line, framing = "rtu" }: WireOptions): Wire | undefined {
  return line === undefined ? undefined : wireOf(framing, line);
}

/** The turns on the wire, which links of one name share; undefined: each connection of the link is a wire of its own. */
export function busOf(options: WireOptions, { clock, common, linkId }: AdapterContext): Bus | undefined {
  const key = keyOf(options, linkId);
  if (key === undefined) return options.line === undefined ? undefined : new Bus(clock);
  const name = `wire ${key}`;
  const known = common?.get(name);
  if (known instanceof Bus) return known;
  const bus = new Bus(clock);
  common?.set(name, bus);
  return bus;
}

/** Whose the wire is: that of the links which name it, else of this one alone. */
function keyOf({ line, behind }: WireOptions, link: string | undefined): string | undefined {
  return behind ?? (line === undefined ? undefined : link);
}

/** For `check`: undefined where nobody says how fast the wire is. */
export function plannedWire<Options extends WireOptions>(
  options: Options,
  link: string,
): PlannedWire<Options> | undefined {
  const { line, gap } = options;
  const wire = wireOfLink(options);
  if (line === undefined || wire === undefined) return undefined;
  const baudRate = fasterBaudRate(line);
  const planned = {
    key: keyOf(options, link) ?? link,
    text: formatSerialSettings(line),
    pause: Math.max(0, gap - wire.silence),
  };
  if (baudRate === undefined) return planned;
  const faster = { text: `${baudRate} baud`, options: { ...options, line: { ...line, baudRate } } };
  return { ...planned, faster };
}

/** For `check`: the reads of these points, and how long each takes with a usual time to think. */
export function plannedReads(
  device: ModbusDevice,
  points: ReadonlyMap<string, ModbusPoint>,
  options: WireOptions | undefined,
): readonly PlannedRequest[] {
  const wire = options === undefined ? undefined : wireOfLink(options);
  const worth = wire && gapWorthReading(wire, { turnaround: USUAL_TURNAROUND, rest: options?.gap ?? 0 });
  return pollRequests(device, [...points.values()], limitsOf(device.block, worth)).map((request) => {
    const text = formatPlanned(request);
    if (wire === undefined) return { text };
    return { text, time: wireTime(wire, lengthOf(request)) + USUAL_TURNAROUND };
  });
}

/** The mapping's word stands; else a gap is read as far as that is faster than a second request. */
export function limitsOf({ max, gap, single = false }: BlockLimits, worthReading: number | undefined): ReadLimits {
  return { max, single, gap: Math.min(max, gap ?? worthReading ?? NETWORK_GAP) };
}
