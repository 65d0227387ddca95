/** How datagrams reach one server. */
export interface Transport {
  /** Opens the socket; from then on each datagram of the server, and of nobody else, reaches `onDatagram`. */
  open(onDatagram: (datagram: Uint8Array) => void): Promise<void>;
  /** Looks the server's name up anew. Rejects where it has no address; the old address then stays. */
  resolve(): Promise<void>;
  /** Where datagrams to the server leave from, as of the last `resolve`; undefined: not known. */
  readonly localAddress?: string | undefined;
  /** Never throws: a datagram that the network does not take is lost like any other, and counted. */
  send(datagram: Uint8Array): void;
  close(): Promise<void>;
  readonly counters: TransportCounters;
}

export interface TransportCounters {
  readonly sent: number;
  readonly received: number;
  /** Bytes of payload, both ways, without UDP and IP headers. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Datagrams from addresses that are not the server's: dropped. */
  readonly foreign: number;
  readonly sendErrors: number;
}
