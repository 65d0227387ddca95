/** Whether a gateway does its work: for whoever starts it again, or leaves it out, where it does not. */
import { type Clock, MINUTE, type Millis, wallAt } from "../../clock.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Readiness {
  readonly ready: boolean;
  /** Sentences; of a gateway that is ready, what is not well all the same. */
  readonly reasons: readonly string[];
}

/** A server, or the way to it, may be away that long: the gateway goes on measuring, and keeps what it owes. */
export const GRACE: Millis = 5 * MINUTE;

const THERE: readonly string[] = ["registered", "updating"];
/** The server said so, or it waits for another as it was told. */
const BY_ORDER: readonly string[] = ["disabled", "waiting"];

export class ReadinessWatch {
  private readonly clock: Clock;
  /** When one of the servers was seen to have us; the start counts as such. */
  private lastThere: Millis;

  constructor(clock: Clock) {
    this.clock = clock;
    this.lastThere = clock.monotonic();
  }

  judge({ servers, store }: Pick<Snapshot, "servers" | "store">): Readiness {
    const now = this.clock.monotonic();
    const away = servers.filter(({ state }) => !THERE.includes(state) && !BY_ORDER.includes(state));
    const reasons = away.map(
      ({ shortServerId, uri, state, reason }) => `server ${shortServerId}, ${uri}: ${state}: ${reason}`,
    );
    if (away.length < servers.length) this.lastThere = now;
    const isLong = now - this.lastThere > GRACE;
    const since = new Date(wallAt(this.clock, this.lastThere)).toISOString();
    if (isLong) reasons.unshift(`no server has had this gateway registered since ${since}`);
    if (store === undefined) reasons.unshift("the store does not answer: what servers are owed may be lost");
    return { ready: !isLong && store !== undefined, reasons };
  }
}
