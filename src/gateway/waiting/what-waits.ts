/** What waits for servers, as a person asks for it, and has it forgotten. */
import { join } from "node:path";
import { type Clock, SECOND } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { type History, StoreError } from "../../store/store.ts";
import { type ForgetWish, type Forgotten, isMeant } from "./forgetting.ts";
import {
  HISTORY_FILE,
  type StoreReport,
  type StoreSummary,
  storeReport,
  summaryOf,
  unlessBroken,
} from "./store-report.ts";

export interface WhatWaitsOptions {
  readonly history: History;
  /** The state directory. */
  readonly directory: string;
  readonly clock: Clock;
  /** Short Server IDs. */
  readonly servers: () => readonly number[];
  /** The servers' outboxes hear of it. */
  readonly onForgotten: (match: (id: ObservationId) => boolean) => void;
  readonly log: Logger;
}

export class WhatWaits {
  private readonly options: WhatWaitsOptions;

  constructor(options: WhatWaitsOptions) {
    this.options = options;
  }

  /** In memory and on disk. Rejects with StoreError where the disk cannot be asked. */
  async report(): Promise<StoreReport> {
    const { history, directory, clock, servers } = this.options;
    return storeReport(await history.stats(), {
      source: "gateway",
      file: join(directory, HISTORY_FILE),
      now: clock.wall(),
      servers: servers(),
      dropped: (server) => history.dropped(server),
    });
  }

  /** In short; undefined where the disk does not answer soon. */
  async summary(): Promise<StoreSummary | undefined> {
    const { clock } = this.options;
    let cancel = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.at(clock.monotonic() + SECOND, () => resolve(undefined));
    });
    const summary = await Promise.race([this.report().then(summaryOf, unlessBroken), late]);
    cancel();
    return summary;
  }

  /** Drops what waits: no server gets it any more. Resolves when the disk has no more of it, or cannot be told so now. */
  async forget(wish: ForgetWish): Promise<Forgotten> {
    const { history, onForgotten, log } = this.options;
    const match = (id: ObservationId): boolean => isMeant(id, wish);
    const reports = history.forgetWhere(match);
    onForgotten(match);
    log.warn({ code: "LG669", ...wish, reports }, "somebody had it forgotten: what waited for servers is dropped");
    try {
      await history.flush();
      return { reports };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { reports, unwritten: error.message };
    }
  }
}
