/** What the observations of all servers wish the polls of devices to be: epmin and epmax, Core 1.2 §5.1.2. */
import type { Device } from "../devices/device.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";

type Steered = Pick<Device, "prefix" | "steer">;

export class Steering {
  private readonly deviceOf: (prefix: string) => Steered | undefined;
  /** By prefix and observed path. An id names its server, so those of all servers stand side by side. */
  private readonly wishes = new Map<string, Map<Path, Map<ObservationId, Evaluation>>>();
  private readonly pathsOf = new Map<ObservationId, readonly Path[]>();

  constructor(deviceOf: (prefix: string) => Steered | undefined) {
    this.deviceOf = deviceOf;
  }

  /** What one observation wishes from now on; empty: it has ended. Only the devices that it observes are touched. */
  take(id: ObservationId, evaluations: readonly Evaluation[]): void {
    const touched = new Set([...(this.pathsOf.get(id) ?? []), ...evaluations.map(({ path }) => path)]);
    const byPath = new Map(evaluations.map((evaluation) => [evaluation.path, evaluation]));
    if (byPath.size === 0) this.pathsOf.delete(id);
    else this.pathsOf.set(id, [...byPath.keys()]);
    for (const path of touched) this.put(path, id, byPath.get(path));
  }

  /** A device that has just been made knows of no wishes: those of its prefix are told to it. */
  adopt(device: Steered | undefined): void {
    if (device === undefined) return;
    for (const [path, wishes] of this.wishes.get(device.prefix) ?? []) device.steer(path, [...wishes.values()]);
  }

  private put(path: Path, id: ObservationId, evaluation: Evaluation | undefined): void {
    const prefix = prefixOf(path);
    const paths = this.wishes.get(prefix) ?? new Map<Path, Map<ObservationId, Evaluation>>();
    const wishes = paths.get(path) ?? new Map<ObservationId, Evaluation>();
    if (evaluation === undefined) wishes.delete(id);
    else wishes.set(id, evaluation);
    keep(paths, path, wishes);
    keep(this.wishes, prefix, paths);
    this.deviceOf(prefix)?.steer(path, [...wishes.values()]);
  }
}

/** What is empty leaves nothing behind. */
function keep<K, V extends { readonly size: number }>(all: Map<K, V>, key: K, value: V): void {
  if (value.size === 0) all.delete(key);
  else all.set(key, value);
}
