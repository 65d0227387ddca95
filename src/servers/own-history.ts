/** The history as one registration sees it: ids and samples in shown paths, which lie there in own ones. */
import { serverOf } from "../lwm2m/observation-id.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { OwnIds } from "./own-ids.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ShownPaths } from "./view.ts";

type HistoryPort = ServerOptions["history"];

export interface OwnHistoryOptions {
  /** Short Server ID. */
  readonly server: number;
  readonly history: HistoryPort;
  readonly paths: ShownPaths;
  readonly ids: OwnIds;
}

/** What has no path on the other side keeps the one that it has. */
export function ownHistory({ server, history, paths, ids }: OwnHistoryOptions): HistoryPort {
  const toOwn = (sample: Sample): Sample => ({ ...sample, path: paths.own(sample.path) ?? sample.path });
  const toShown = (sample: Sample): Sample => ({ ...sample, path: paths.shown(sample.path) ?? sample.path });
  return {
    append(id, report, keep) {
      const { sequence } = history.append(ids.own(id), { ...report, samples: report.samples.map(toOwn) }, keep);
      return { ...report, sequence };
    },
    async peek(id, maxSamples) {
      const entries = await history.peek(ids.own(id), maxSamples);
      return entries.map((entry) => ({ ...entry, samples: entry.samples.map(toShown) }));
    },
    confirm: (id, sequences) => history.confirm(ids.own(id), sequences),
    forget(id) {
      history.forget(ids.own(id));
      ids.forget(id);
    },
    waiting: (id) => history.waiting(ids.own(id)),
    observations: () => history.observations().flatMap((id) => (serverOf(id) === server ? [ids.shown(id)] : [])),
    dropped: (id) => history.dropped(id),
  };
}
