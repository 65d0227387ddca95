/** Devices of one link, played backwards: each point of their plans answers with a sensible value that moves. */
import type {
  AdapterContext,
  AdapterModule,
  PointId,
  RawValue,
  SimulatedDevice,
  SimulateOptions,
  Simulation,
} from "../adapter.ts";
import type { DevicePlan, PointSource } from "../mapping/plan-types.ts";
import { UsageError } from "./command.ts";

/** Listens as these devices. Throws UsageError where the protocol cannot be simulated. */
export function simulateCabinet(
  plans: readonly DevicePlan[],
  adapter: AdapterModule,
  options: SimulateOptions,
  context: AdapterContext,
): Promise<Simulation> {
  if (adapter.simulate === undefined) throw new UsageError(`devices of protocol ${adapter.name} cannot be simulated`);
  const devices = plans.map((plan, index) => simulatedDevice(plan, index + 1, context));
  return adapter.simulate(options, devices, context);
}

function simulatedDevice(plan: DevicePlan, seed: number, { clock, log }: AdapterContext): SimulatedDevice {
  const points = new Map<PointId, unknown>();
  const signals = new Map<PointId, (time: number) => RawValue>();
  const written = new Map<PointId, RawValue>();
  for (const [id, { source }] of plan.resources) {
    if (source.kind !== "point") continue;
    points.set(id, source.point);
    const signal = signalOf(source, seed + points.size);
    if (signal !== undefined) signals.set(id, signal);
  }
  return {
    device: plan.device,
    points,
    get: (point) => written.get(point) ?? signals.get(point)?.(clock.wall()),
    set(point, value) {
      written.set(point, value);
      log.info({ device: plan.id, point, value: shown(plan, point, value) }, "written");
      return true;
    },
  };
}

function signalOf(source: PointSource, seed: number): ((time: number) => RawValue) | undefined {
  return source.simulate?.(seed);
}

/** The value that a master wrote, as the mapping reads it. */
function shown(plan: DevicePlan, point: PointId, raw: RawValue): unknown {
  const source = plan.resources.get(point)?.source;
  const converted = source?.kind === "point" ? source.toValue(raw) : undefined;
  return converted !== undefined && "good" in converted ? converted.good : raw;
}
