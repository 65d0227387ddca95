/** Between one registration, which lives in the paths that it shows, and the rest of the gateway, which knows own paths alone. */

import { deviceOf, type ObservationId } from "../lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { SparseMap } from "../sparse-map.ts";
import { ownHistory } from "./own-history.ts";
import { OwnIds } from "./own-ids.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ShownPaths } from "./view.ts";

export interface Crossing extends Pick<ServerOptions, "history" | "onEvaluation"> {
  /** Those of them that are shown, as they are shown, and what else is another by them. */
  changed(own: readonly Sample[]): readonly Sample[];
  /** Those of them that are shown, as they are shown. */
  shown(own: readonly Sample[]): readonly Sample[];
  /** The topmost shown paths at or below an own one. */
  within(own: Path): readonly Path[];
  /** The id that the rest of the gateway knows. */
  ownId(shown: ObservationId): ObservationId;
  /** With whose other observations one shares its turns. */
  deviceOf(shown: ObservationId): string;
  /** Whose values lie at a shown path: a prefix, "" is the gateway itself; where it is nobody's alone, the path. */
  ownerOf(shown: Path): string;
  /** Devices came, went or became others. Returns the topmost shown paths that are gone. */
  refresh(): readonly Path[];
}

export function crossingOf(options: ServerOptions): Crossing {
  const { paths } = options.view;
  return paths === undefined ? direct(options) : new MappedCrossing(options, paths);
}

/** Shown and own paths are the same. */
function direct({ history, onEvaluation }: ServerOptions): Crossing {
  return {
    history,
    onEvaluation,
    changed: (samples) => samples,
    shown: (samples) => samples,
    within: (path) => [path],
    ownId: (id) => id,
    deviceOf,
    ownerOf: prefixOf,
    refresh: () => [],
  };
}

class MappedCrossing implements Crossing {
  readonly history: Crossing["history"];
  private readonly options: ServerOptions;
  private readonly paths: ShownPaths;
  private readonly ids: OwnIds;
  /** Of observations that have no single own path: what they wish of what came since is told, too. */
  private readonly wide = new SparseMap<ObservationId, readonly Evaluation[]>();

  constructor(options: ServerOptions, paths: ShownPaths) {
    this.options = options;
    this.paths = paths;
    this.ids = new OwnIds(paths);
    const { shortServerId: server, history } = options;
    this.history = ownHistory({ server, history, paths, ids: this.ids });
  }

  changed(own: readonly Sample[]): readonly Sample[] {
    const { alsoChanged } = this.options.view;
    const shown = this.shown(own);
    const also = alsoChanged?.(own) ?? [];
    return also.length === 0 ? shown : [...shown, ...also];
  }

  shown(own: readonly Sample[]): readonly Sample[] {
    const shown: Sample[] = [];
    for (const sample of own) {
      const path = this.paths.shown(sample.path);
      if (path !== undefined) shown.push({ ...sample, path });
    }
    return shown;
  }

  within(own: Path): readonly Path[] {
    return this.paths.shownWithin(own);
  }

  ownId(shown: ObservationId): ObservationId {
    return this.ids.own(shown);
  }

  deviceOf(shown: ObservationId): string {
    return this.ids.deviceOf(shown);
  }

  ownerOf(shown: Path): string {
    const own = this.paths.own(shown);
    return own === undefined ? shown : prefixOf(own);
  }

  readonly onEvaluation: Crossing["onEvaluation"] = (id, evaluations) => {
    const isWide = evaluations.some(({ path }) => this.paths.own(path) === undefined);
    if (isWide) this.wide.set(id, evaluations);
    else this.wide.delete(id);
    this.evaluate(id, evaluations);
  };

  refresh(): readonly Path[] {
    const gone = this.options.view.refresh?.() ?? [];
    for (const [id, evaluations] of this.wide) this.evaluate(id, evaluations);
    return gone;
  }

  private evaluate(id: ObservationId, evaluations: readonly Evaluation[]): void {
    const own = evaluations.flatMap((evaluation) =>
      this.paths.ownWithin(evaluation.path).map((path) => ({ ...evaluation, path })),
    );
    this.options.onEvaluation(this.ids.own(id), own);
  }
}
