/** What can be asked of a running gateway: the same, whichever door it comes through. */
import type { LogFields } from "../log.ts";

/** One thing that can be asked. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** "/v1/devices/{id}": each `{name}` is one segment, percent-decoded. */
  readonly path: string;
  /** It changes something: who asked for what, and what became of it, goes to the log. */
  readonly writes?: true;
  /** What that line tells of the request beside its path; never a secret. The body is not checked yet. */
  readonly about?: (request: ApiRequest) => LogFields;
  /** Whoever reaches the door may ask it, without a token: what a supervisor asks, and nothing of what is measured. */
  readonly open?: true;
  /** What is sent with it is no JSON, and may be long: it is taken as it comes. */
  readonly takesBytes?: true;
  /**
   * Resolves to what is sent as JSON; to a `Plain` text; or to a `Stream` of events. Throws AdminRefusal for what makes no
   * sense.
   */
  answer(request: ApiRequest): unknown;
}

export interface ApiRequest {
  /** By the names in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON of a POST; undefined where there is none. */
  readonly body: unknown;
  /** Of a route that takes them; throws where who sends them hangs up. `length`: as it was announced. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  readonly length?: number;
  /** It came without the token, to a route that is open. */
  readonly anonymous?: true;
  /** Who asked has gone. */
  readonly signal: AbortSignal;
}

/** An answer that is no JSON. */
export class Plain {
  readonly type: string;
  readonly text: string;
  /** HTTP status. */
  readonly status: number;

  constructor(type: string, text: string, status = 200) {
    this.type = type;
    this.text = text;
    this.status = status;
  }
}

/** Server-sent events, until they end: by `signal` of the request at the latest. An EventQueue is such. */
export class Stream {
  readonly events: AsyncIterable<StreamEvent>;

  constructor(events: AsyncIterable<StreamEvent>) {
    this.events = events;
  }
}

export interface StreamEvent {
  /** The name of the event, e.g. "value". */
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
}
