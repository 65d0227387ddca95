import type { Logger } from "../../log.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import type { Dropped } from "./calls.ts";
import type { DropCause } from "./history.ts";
import type { Waiting } from "./waiting.ts";

/** Counts what no server will get, by server and cause, and says so the first time. */
export class Drops {
  private readonly byServer = new Map<number, Record<DropCause, number>>();
  private readonly byNumber: ReadonlyMap<number, Waiting>;
  private readonly log: Logger;
  private readonly told = new Set<DropCause>();

  constructor(byNumber: ReadonlyMap<number, Waiting>, log: Logger) {
    this.byNumber = byNumber;
    this.log = log;
  }

  /** As they are now. */
  of(server: number): Readonly<Record<DropCause, number>> {
    return { ...(this.byServer.get(server) ?? NONE) };
  }

  count(cause: DropCause, { server }: Pick<Waiting, "server">, entries: number): void {
    const counts = this.byServer.get(server) ?? { ...NONE };
    counts[cause] += entries;
    this.byServer.set(server, counts);
  }

  /** Takes them out of what waits. What was confirmed meanwhile is not lost. */
  take(dropped: readonly Dropped[]): void {
    for (const { number, from, to, cause } of dropped) {
      const waiting = this.byNumber.get(number);
      if (waiting === undefined) continue;
      const { entries } = waiting.settle({ from, to });
      this.refused(cause, waiting, entries);
    }
  }

  /** What has found no room. */
  refused(cause: DropCause, waiting: Waiting, entries: number): void {
    this.count(cause, waiting, entries);
    if (entries > 0) this.tell(cause, waiting.id);
  }

  private tell(cause: DropCause, observation: ObservationId): void {
    if (this.told.has(cause)) return;
    this.told.add(cause);
    this.log.warn(
      { code: "LG667", cause, observation },
      `history: ${REASONS[cause]}; said once, and counted from now on`,
    );
  }
}

const NONE: Readonly<Record<DropCause, number>> = { hqmax: 0, bytes: 0, age: 0, share: 0, damaged: 0, disk: 0 };

const REASONS: Readonly<Record<DropCause, string>> = {
  hqmax: "an observation keeps no more",
  bytes: "its limit in bytes is reached: reports are dropped, though servers were promised them",
  age: "reports reached the limit of age and are dropped, though servers were promised them",
  share: "a device reached its share: reports of it are dropped, though servers were promised them",
  damaged: "reports could not be read again and are lost to their servers",
  disk: "the disk takes nothing and the memory for it is full: reports are dropped, though servers were promised them",
};
