/** Ids of observations in the paths of a registration, and in own paths, under which the history has what they are owed. */

import { deviceOf, type ObservationId, pathsObserved, withPaths } from "../lwm2m/observation-id.ts";
import { SparseMap } from "../sparse-map.ts";
import type { ShownPaths } from "./view.ts";

export class OwnIds {
  private readonly paths: ShownPaths;
  /** What was said once holds until it is forgotten, also when a device is gone: it is owed something under that id. */
  private readonly toOwn = new SparseMap<ObservationId, ObservationId>();
  private readonly toShown = new SparseMap<ObservationId, ObservationId>();

  constructor(paths: ShownPaths) {
    this.paths = paths;
  }

  /** A path that is not one single own path stays what it is. */
  own(shown: ObservationId): ObservationId {
    const known = this.toOwn.get(shown);
    if (known !== undefined) return known;
    const own = withPaths(shown, (path) => this.paths.own(path) ?? path);
    return this.toShown.has(own) ? shown : this.pair(shown, own).own;
  }

  /** A path that is not shown stays what it is. */
  shown(own: ObservationId): ObservationId {
    const known = this.toShown.get(own);
    if (known !== undefined) return known;
    const shown = withPaths(own, (path) => this.paths.shown(path) ?? path);
    return this.toOwn.has(shown) ? own : this.pair(shown, own).shown;
  }

  /** For turns: the prefix of the device whose values it has; where it has those of several, the id. */
  deviceOf(shown: ObservationId): string {
    const isWide = pathsObserved(shown).some((path) => this.paths.own(path) === undefined);
    return isWide ? shown : deviceOf(this.own(shown));
  }

  forget(shown: ObservationId): void {
    const own = this.toOwn.get(shown);
    this.toOwn.delete(shown);
    if (own !== undefined) this.toShown.delete(own);
  }

  private pair(
    shown: ObservationId,
    own: ObservationId,
  ): { readonly shown: ObservationId; readonly own: ObservationId } {
    this.toOwn.set(shown, own);
    this.toShown.set(own, shown);
    return { shown, own };
  }
}
