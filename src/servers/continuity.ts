/** What of a session with a server outlives the process: its registration, its observations, the numbers of its messages. */
import { exchangeId, type ReservedNumbers } from "../coap/endpoint.ts";
import type { ObservedRequest } from "../coap/observed-request.ts";
import type { Connection } from "./connection.ts";
import { writeObservation } from "./kept-observation.ts";
import type { KeptSession, StateToKeep } from "./kept-state.ts";
import type { Registrar } from "./registrar.ts";
import type { Reports } from "./reports.ts";

export interface ContinuityOptions {
  readonly connection: Connection;
  readonly registrar: Registrar;
  readonly reports: Reports;
  /** What the process before this one left. */
  readonly kept: KeptSession;
  /** What `toKeep` gives may be another now. */
  readonly onChange: () => void;
}

/** The text of a request is made once. One for all: even an empty one takes room. */
const texts = new WeakMap<ObservedRequest, string>();

export class Continuity {
  private readonly options: ContinuityOptions;
  private numbers: ReservedNumbers | undefined;

  constructor(options: ContinuityOptions) {
    this.options = options;
    this.numbers = options.kept.numbers;
  }

  /**
   * Begins to register, or goes on with the registration of before. Its observations go on in any case: until the server takes
   * another registration, what is measured is owed to them.
   */
  begin(): void {
    const { connection, registrar, reports, kept } = this.options;
    const restored = kept.observations.map((observation, i) => ({ ...observation, exchange: exchangeId(-1 - i) }));
    for (const { exchange, observed } of restored) connection.restore(exchange, observed);
    reports.restore(restored);
    if (kept.registration === undefined) registrar.begin();
    else {
      reports.outbox.expect();
      registrar.resume(kept.registration);
    }
  }

  reserved(numbers: ReservedNumbers): void {
    this.numbers = numbers;
    this.options.onChange();
  }

  get toKeep(): Pick<StateToKeep, keyof KeptSession> {
    const { connection, registrar, reports } = this.options;
    const observations = new Map<string, string>();
    for (const { exchange, codec } of reports.observing) {
      const observed = connection.observed(exchange);
      if (observed === undefined) continue;
      const text = texts.get(observed) ?? writeObservation(observed, codec);
      texts.set(observed, text);
      observations.set(Buffer.from(observed.token).toString("hex"), text);
    }
    return { registration: registrar.kept, numbers: this.numbers, observations };
  }
}
