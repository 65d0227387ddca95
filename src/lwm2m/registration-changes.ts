/** What a server does not know yet of its registration: Core 1.2 §6.2.2, only what has changed may be in an Update. */
import { type Millis, SECOND } from "../clock.ts";
import type { RegistrationEvent } from "./registration-events.ts";

/** RFC 7252 §4.8.2, MAX_TRANSMIT_WAIT: what an Update may take before the lifetime must not have ended. */
const UPDATE_MARGIN: Millis = 93 * SECOND;

type Change = Extract<RegistrationEvent, { readonly type: "objectsChanged" | "lifetimeChanged" | "updateTriggered" }>;

/** Parts of one request; its answer settles them. */
export interface UpdateParts {
  /** The Uri-Query arguments. */
  readonly query: readonly string[];
  readonly withObjects: boolean;
}

export class RegistrationChanges {
  private current: number;
  private sent: number;
  private acknowledged: number;
  private objects = false;
  private wanted = false;

  constructor(lifetime: number) {
    this.current = lifetime;
    this.sent = lifetime;
    this.acknowledged = lifetime;
  }

  /** Seconds. */
  get lifetime(): number {
    return this.current;
  }

  /** Takes what has changed; returns it in words, for the log. */
  note(event: Change): string {
    switch (event.type) {
      case "objectsChanged":
        this.objects = true;
        return "the objects have changed";
      case "lifetimeChanged":
        this.current = event.lifetime;
        return "the lifetime has changed";
      case "updateTriggered":
        // An Update is wanted though it says nothing new.
        this.wanted = true;
        return "the server asked for an Update";
    }
  }

  /** Whether an Update should be sent now. */
  get owed(): boolean {
    return this.objects || this.wanted || this.current !== this.acknowledged;
  }

  /** A Register is being sent: it carries everything. */
  takeAll(): void {
    this.objects = false;
    this.wanted = false;
    this.sent = this.current;
  }

  /** An Update is being sent: what changes from here on is for the next. */
  take(): UpdateParts {
    const query = this.current === this.acknowledged ? [] : [`lt=${this.current}`];
    const parts = { query, withObjects: this.objects };
    this.takeAll();
    return parts;
  }

  /** The server took the request. Returns how long it then keeps the registration without an Update; undefined: for ever. */
  acknowledge(): Millis | undefined {
    this.acknowledged = this.sent;
    const lifetime = this.sent * SECOND;
    if (lifetime === 0) return undefined;
    return lifetime < 2 * UPDATE_MARGIN ? lifetime / 2 : lifetime - UPDATE_MARGIN;
  }
}
