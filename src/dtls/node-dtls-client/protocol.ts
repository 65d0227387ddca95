/** What the thread of node-dtls-client is told, and what it tells. */

/** Of one association; the thread has no other. */
export interface ThreadOpening {
  /** ASCII. */
  readonly identity: string;
  readonly key: Uint8Array;
  /** IANA's numbers, the most wanted first. */
  readonly suites: readonly number[];
}

export type ToThread =
  | { readonly type: "datagram"; readonly bytes: Uint8Array }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** close_notify; then `closed`. */
  | { readonly type: "close" };

export type FromThread =
  /**
   * To be sent to the server: of a handshake always a whole flight. `finished`: with it all is said that a client says in a
   * handshake.
   */
  | { readonly type: "datagram"; readonly bytes: Uint8Array; readonly finished: boolean }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "connected"; readonly suite: number }
  /** After a close_notify, ours or the server's. */
  | { readonly type: "closed" }
  | { readonly type: "failed"; readonly failure: ThreadFailure };

export interface ThreadFailure {
  /** RFC 5246 §7.2: what the server told in a handshake, while it could be read. */
  readonly alert?: number;
  /** In the package's words. */
  readonly reason: string;
}
