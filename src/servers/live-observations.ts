/** Which observations of one server stand: found by what is observed, and by the exchange that began it. */
import type { Millis } from "../clock.ts";
import type { ExchangeId } from "../coap/endpoint.ts";
import { type ObservationId, observationId } from "../lwm2m/observation-id.ts";
import type { Path } from "../lwm2m/path.ts";
import { SignsOfLife } from "../lwm2m/signs-of-life.ts";
import { SparseMap } from "../sparse-map.ts";
import type { Told } from "./report-batch.ts";

/**
 * Composite observations of a server, and the paths of all of them: of others there are no more than paths that exist, but
 * lists are without number.
 */
const MOST_LISTS = 1000;
const MOST_LISTED = 50_000;

/** What is told, to the exchange that began it. */
export interface Observing extends Told {
  readonly exchange: ExchangeId;
}

export interface LiveObservation extends Observing {
  readonly signs: SignsOfLife;
  /** Of a restored one: whether what it shows has not been read yet. */
  unread: boolean;
}

export class LiveObservations {
  private readonly server: number;
  private readonly live = new SparseMap<ObservationId, LiveObservation>();
  private readonly byExchange = new SparseMap<ExchangeId, ObservationId>();

  /** `server`: its Short Server ID. */
  constructor(server: number) {
    this.server = server;
  }

  /** What it is called, whether it stands or not. */
  idOf({ paths, composite }: Pick<Told, "paths" | "composite">): ObservationId {
    return observationId(this.server, paths, composite);
  }

  get(id: ObservationId): LiveObservation | undefined {
    return this.live.get(id);
  }

  of(exchange: ExchangeId): ObservationId | undefined {
    return this.byExchange.get(exchange);
  }

  get ids(): readonly ObservationId[] {
    return [...this.live.keys()];
  }

  all(): Iterable<LiveObservation> {
    return this.live.values();
  }

  /** What is observed; of composite observations each of their paths. */
  get paths(): readonly Path[] {
    return [...this.live.values()].flatMap(({ paths }) => paths);
  }

  /** Whether one more, or this one again, can be granted. */
  hasRoomFor(wanted: Pick<Told, "paths" | "composite">): boolean {
    if (!wanted.composite) return true;
    const id = this.idOf(wanted);
    const lists = [...this.live].filter(([other, live]) => live.composite && other !== id);
    const listed = lists.reduce((sum, [, live]) => sum + live.paths.length, wanted.paths.length);
    return lists.length < MOST_LISTS && listed <= MOST_LISTED;
  }

  /** From now on, in place of an earlier one with that id, which it returns where another exchange began that. */
  stand(
    id: ObservationId,
    observing: Observing,
    { unread, now }: { readonly unread: boolean; readonly now: Millis },
  ): LiveObservation | undefined {
    const before = this.live.get(id);
    const { exchange } = observing;
    this.live.set(id, { ...observing, unread, signs: new SignsOfLife(now) });
    this.byExchange.set(exchange, id);
    if (before === undefined || before.exchange === exchange) return undefined;
    this.byExchange.delete(before.exchange);
    return before;
  }

  /** Returns it, where it stood. */
  end(id: ObservationId): LiveObservation | undefined {
    const live = this.live.get(id);
    if (live === undefined) return undefined;
    this.live.delete(id);
    this.byExchange.delete(live.exchange);
    return live;
  }
}
