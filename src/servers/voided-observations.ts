import type { ObservationId } from "../lwm2m/observation-id.ts";
import { isWithin, type Path } from "../lwm2m/path.ts";
import { SparseMap } from "../sparse-map.ts";

/** Observations of a registration before this one: the server may observe again, and then gets what it is owed. */
export class VoidedObservations {
  private readonly paths = new SparseMap<ObservationId, Path>();

  add(id: ObservationId, path: Path): void {
    this.paths.set(id, path);
  }

  /** It is observed again. */
  delete(id: ObservationId): void {
    this.paths.delete(id);
  }

  /** Forgets those of what lies at or below a path that is gone; returns them. */
  remove(gone: Path): readonly ObservationId[] {
    const removed = [...this.paths].flatMap(([id, path]) => (isWithin(path, gone) ? [id] : []));
    for (const id of removed) this.paths.delete(id);
    return removed;
  }
}
