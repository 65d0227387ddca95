/** Devices of one link, played backwards: each point of their plans answers with a sensible value that moves. */
import type {
  AdapterContext,
  AdapterModule,
  PointId,
  RawValue,
  SimulatedDevice,
  SimulatedIdentity,
  SimulateOptions,
  Simulation,
} from "../adapter.ts";
import type { UnixMillis } from "../clock.ts";
import type { DevicePlan, PointSource } from "../mapping/plan-types.ts";
import { UsageError } from "./command.ts";
import { exampleSteps, stepTargets } from "./step-targets.ts";

/** Listens as these devices. Throws UsageError where the protocol cannot be simulated; rejects as `simulate` does. */
export async function simulateCabinet(
  plans: readonly DevicePlan[],
  adapter: AdapterModule,
  options: SimulateOptions,
  context: AdapterContext,
): Promise<Simulation> {
  if (adapter.simulate === undefined) throw new UsageError(`devices of protocol ${adapter.name} cannot be played`);
  const devices = plans.map((plan, index) => simulatedDevice(plan, { adapter, context, seed: index + 1 }));
  return adapter.simulate(options, devices, context);
}

/** One point of a simulated device. */
interface Played {
  /** The adapter's. */
  readonly point: unknown;
  get(now: UnixMillis): RawValue | undefined;
  /** Returns what was written, for the log. */
  set(raw: RawValue): unknown;
}

function simulatedDevice(
  plan: DevicePlan,
  {
    adapter,
    context,
    seed,
  }: { readonly adapter: AdapterModule; readonly context: AdapterContext; readonly seed: number },
): SimulatedDevice {
  const { clock } = context;
  const log = context.log.child({ device: plan.id });
  const played = new Map<PointId, Played>();
  // Targets of steps first: where one lies on a point of the mapping, the point has the last word.
  for (const { id, point, idle } of stepTargets(plan, adapter, log)) played.set(id, commandPoint(point, idle));
  for (const [i, { point, source }] of [...plan.resources.values()].entries()) {
    if (source.kind === "point") played.set(point, valuePoint(source, seed + i + 1, clock.wall()));
  }
  return {
    device: plan.device,
    identity: identityOf(plan),
    steps: exampleSteps(plan),
    points: new Map([...played].map(([id, { point }]) => [id, point])),
    get: (id) => played.get(id)?.get(clock.wall()),
    set(id, raw) {
      const value = played.get(id)?.set(raw);
      log.info({ point: id, value }, "written");
      return true;
    },
  };
}

/** What `identity:` of the mapping says in so many words. */
function identityOf({ resources }: DevicePlan): SimulatedIdentity {
  const constant = (point: PointId): string | undefined => {
    const source = resources.get(point)?.source;
    return source?.kind === "constant" && typeof source.value === "string" ? source.value : undefined;
  };
  const entries = { manufacturer: constant("3/0/0"), model: constant("3/0/1"), version: constant("3/0/3") };
  return Object.fromEntries(Object.entries(entries).filter(([, text]) => text !== undefined));
}

/** Takes whatever is written, and shows nothing of it: a command is no state. */
function commandPoint(point: unknown, idle: RawValue): Played {
  return { point, get: () => idle, set: (raw) => (raw instanceof Uint8Array ? Buffer.from(raw).toString("hex") : raw) };
}

/** Moves by itself until it is written. */
function valuePoint(source: PointSource, seed: number, now: UnixMillis): Played {
  const signal = source.simulate?.(seed);
  const mask = signal === undefined ? undefined : maskOf(source, signal(now));
  let written: RawValue | undefined;
  return {
    point: source.point,
    get: (time) => written ?? signal?.(time),
    set(raw) {
      written = mask === undefined ? raw : masked(raw, mask);
      const converted = source.toValue(raw);
      return "good" in converted ? converted.good : raw;
    },
  };
}

/** The bits of its register that are the point's: what lies beside them belongs to others. */
function maskOf(source: PointSource, sample: RawValue): Uint8Array | undefined {
  const converted = source.toValue(sample);
  return source.writable && "good" in converted ? source.toRaw(converted.good).mask : undefined;
}

function masked(raw: RawValue, mask: Uint8Array): RawValue {
  return raw instanceof Uint8Array ? raw.map((byte, i) => byte & (mask[i] ?? 0)) : raw;
}
