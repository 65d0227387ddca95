/** What a server does not know yet of its registration: Core 1.2 §6.2.2, only what has changed may be in an Update. */
import { type Millis, SECOND } from "../clock.ts";
import { bindingQuery } from "./links.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";
import type { RegistrationEvent } from "./registration-events.ts";

/** RFC 7252 §4.8.2, MAX_TRANSMIT_WAIT: what an Update may take before the lifetime must not have ended. */
const UPDATE_MARGIN: Millis = 93 * SECOND;

export type Change = Extract<
  RegistrationEvent,
  { readonly type: "objectsChanged" | "lifetimeChanged" | "queueModeChanged" | "updateTriggered" }
>;

/** The parameters of a registration that may change. */
export interface Parameters {
  /** Seconds; 0 never ends. */
  readonly lifetime: number;
  readonly queueMode: boolean;
}

/** Parts of one request; its answer settles them. */
export interface UpdateParts {
  /** The Uri-Query arguments. */
  readonly query: readonly string[];
  readonly withObjects: boolean;
}

/** How long the server keeps a registration without an Update, and when the next one is due; counted from the request. */
export interface Validity {
  readonly update: Millis;
  readonly end: Millis;
}

export class RegistrationChanges {
  private current: Parameters;
  private sent: Parameters;
  private acknowledged: Parameters;
  private readonly binding: string;
  private objects = false;
  private wanted = false;

  constructor(parameters: Parameters, binding: string) {
    this.current = parameters;
    this.sent = parameters;
    this.acknowledged = parameters;
    this.binding = binding;
  }

  get parameters(): Parameters {
    return this.current;
  }

  /** Takes what has changed; returns it in words, for the log. */
  note(event: Change): string {
    switch (event.type) {
      case "objectsChanged":
        this.objects = true;
        return "the objects have changed";
      case "lifetimeChanged":
        this.current = { ...this.current, lifetime: event.lifetime };
        return "the lifetime has changed";
      case "queueModeChanged":
        this.current = { ...this.current, queueMode: event.queueMode };
        return "the binding has changed";
      case "updateTriggered":
        // An Update is wanted though it says nothing new.
        this.wanted = true;
        return "the server asked for an Update";
    }
  }

  /** What a server may still know from before; what is another now, an Update says. */
  resume({ lifetime, queueMode }: Parameters, objectsChanged: boolean): void {
    this.acknowledged = { lifetime, queueMode };
    this.objects ||= objectsChanged;
  }

  /** What the server has taken. */
  get agreed(): Parameters {
    const { lifetime, queueMode } = this.acknowledged;
    return { lifetime, queueMode };
  }

  /** Whether an Update should be sent now. */
  get owed(): boolean {
    const { current, acknowledged } = this;
    const changed = current.lifetime !== acknowledged.lifetime || current.queueMode !== acknowledged.queueMode;
    return this.objects || this.wanted || changed;
  }

  /** Whether the server does not know what objects there are. */
  get objectsOwed(): boolean {
    return this.objects;
  }

  /** A Register is being sent: it carries everything. */
  takeAll(): void {
    this.objects = false;
    this.wanted = false;
    this.sent = this.current;
  }

  /** An Update is being sent: what changes from here on is for the next. */
  take(version: Lwm2mVersion): UpdateParts {
    const { binding, current, acknowledged, objects } = this;
    const { lifetime, queueMode } = current;
    const query = lifetime === acknowledged.lifetime ? [] : [`lt=${lifetime}`];
    if (queueMode !== acknowledged.queueMode) query.push(...bindingQuery(binding, queueMode, version));
    this.takeAll();
    return { query, withObjects: objects };
  }

  /** The server took the request. Undefined: it keeps the registration for ever. */
  acknowledge(): Validity | undefined {
    this.acknowledged = this.sent;
    const end = this.sent.lifetime * SECOND;
    if (end === 0) return undefined;
    return { end, update: end < 2 * UPDATE_MARGIN ? end / 2 : end - UPDATE_MARGIN };
  }
}
