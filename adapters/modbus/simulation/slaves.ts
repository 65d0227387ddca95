/** Simulated devices on one wire, whatever carries it: requests in, bytes and their times out. */
import type { AdapterContext, SimulatedDevice } from "../../../src/adapter.ts";
import { DataModel } from "../data-model.ts";
import type { ModbusDevice, ModbusPoint } from "../points.ts";
import { serve } from "../serve.ts";
import { Faults, type Sending } from "./faults.ts";
import type { SimulationSettings } from "./options.ts";
import { type Incoming, type RequestReader, requestReader, type SlaveFraming } from "./request-reader.ts";

/** Gateway target device failed to respond (V1.1b3 §7): what a gateway says of a unit that is not there. */
const NO_SUCH_UNIT = 0x0b;
/** Serial Line V1.02 §2.2: all do it, nobody answers. */
const BROADCAST = 0;

export class Slaves {
  readonly framing: SlaveFraming;
  private readonly units: ReadonlyMap<number, DataModel>;
  private readonly faults: Faults;

  /** Throws RangeError where two devices have one unit. */
  constructor(
    devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint>[],
    { framing, faults }: Pick<SimulationSettings, "framing" | "faults">,
    context: AdapterContext,
  ) {
    this.framing = framing;
    this.units = modelsOf(devices);
    this.faults = new Faults(faults, framing, context);
  }

  /** For one connection, or for one serial line. */
  reader(): RequestReader {
    return requestReader(this.framing);
  }

  answer(request: Incoming): readonly Sending[] {
    return this.faults.sendings(request, this.responseTo(request));
  }

  private responseTo({ unit, pdu }: Incoming): Uint8Array | undefined {
    const model = this.units.get(unit);
    if (model !== undefined) return serve(model, pdu);
    // A gateway answers for units that are not there; on a line nobody does.
    if (this.framing === "mbap") return Uint8Array.of((pdu[0] ?? 0) | 0x80, NO_SUCH_UNIT);
    if (unit === BROADCAST) for (const each of this.units.values()) serve(each, pdu);
    return undefined;
  }
}

function modelsOf(devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint>[]): ReadonlyMap<number, DataModel> {
  const units = new Map<number, DataModel>();
  for (const device of devices) {
    const { unit_id } = device.device;
    if (units.has(unit_id)) throw new RangeError(`two simulated devices have the unit_id ${unit_id}`);
    units.set(unit_id, new DataModel(device));
  }
  return units;
}
