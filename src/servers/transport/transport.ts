import type { StreamEvent } from "../../coap/events.ts";

/** How bytes reach one server: as datagrams, or as a stream that is cut anywhere. */
export interface Transport {
  /**
   * Opens the socket; from then on each datagram of the server, and of nobody else, reaches `onDatagram`. Of a stream also
   * the pieces, in order, and `onConnection` hears what becomes of its connections.
   */
  open(onDatagram: (datagram: Uint8Array) => void, onConnection?: (event: StreamEvent) => void): Promise<void>;
  /**
   * Looks the server's name up anew, and connects where there is no connection. Rejects where it has no address (the old
   * address then stays) or cannot be connected to, with a sentence that says so.
   */
  resolve(): Promise<void>;
  /** Whether requests can only leave after a `resolve` that did not reject. */
  readonly connects?: boolean;
  /** What the server knows us by, as of the last `resolve`: our address, or the connection; undefined: not known. */
  readonly localAddress?: string | undefined;
  /** The port that they leave from; undefined: not known, or it means nothing to the server. */
  readonly localPort?: number | undefined;
  /** Never throws: a datagram that the network does not take is lost like any other, and counted. */
  send(datagram: Uint8Array): void;
  /** Closes the connection, once what was sent has left. */
  disconnect?(): void;
  close(): Promise<void>;
  readonly counters: TransportCounters;
}

export interface TransportCounters {
  /** Datagrams; of a stream its pieces. */
  readonly sent: number;
  readonly received: number;
  /** Bytes of payload, both ways, without the headers of UDP, TCP and IP. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Datagrams from addresses that are not the server's: dropped. */
  readonly foreign: number;
  readonly sendErrors: number;
}
