import type { Clock, Random } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import type { Credentials } from "../../dtls/credentials.ts";
import type { ServerSecurity } from "../../dtls/server-security.ts";
import type { Logger } from "../../log.ts";
import type { Uplink } from "../uplink/selection.ts";
import type { UplinkPort } from "../uplink/uplinks.ts";

/** How bytes reach one server: as datagrams, or as a stream that is cut anywhere. */
export interface Transport {
  /**
   * Opens the socket; from then on each datagram of the server, and of nobody else, reaches `onDatagram`. Of a stream also
   * the pieces, in order. `onConnection` hears what becomes of connections and associations.
   */
  open(onDatagram: (datagram: Uint8Array) => void, onConnection?: (event: ConnectionEvent) => void): Promise<void>;
  /**
   * Looks the server's name up anew, and connects where there is no connection, or one in doubt. Rejects where it has no
   * address (the old address then stays) or cannot be connected to, with a sentence that says so.
   */
  resolve(): Promise<void>;
  /** Whether requests can only leave after a `resolve` that did not reject. */
  readonly connects?: boolean;
  /** Whether what arrives are pieces of a stream, of which none can be left out. */
  readonly stream?: boolean;
  /** What we said had no answer in its time: unless the server is heard meanwhile, the next `resolve` makes sure of it. */
  doubt?(): void;
  /**
   * Whether the server answers at this address of ours, found out beside all that goes on; undefined: nobody can tell without
   * leaving the one that is in use.
   */
  probe?(from: Uplink, clock: Clock): Promise<boolean | undefined>;
  /** How it is secured now; undefined: not at all, or nothing is agreed on. */
  readonly security?: SecurityStatus | undefined;
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

/** What a conversation needs of it: bytes, whichever way they go. */
export type Carrier = Pick<Transport, "open" | "send" | "disconnect" | "close" | "stream">;

/** Datagrams to one server, as DTLS has them below itself. */
export interface DatagramWire extends Transport {
  /** Looks from where the routes of this moment lead to the server, which `localAddress` then says. No name is looked up. */
  relocate(): Promise<void>;
  /** Leaves from another port from now on. Rejects where none can be had; the one before then stays. */
  rebind(): Promise<void>;
  /** Whether the server says anything to this datagram, which is repeated, where it comes from that address of ours. */
  ask?(from: Uplink, datagram: Uint8Array, clock: Clock): Promise<boolean>;
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

/** As `status` shows it; plain data, without anything secret. */
export interface SecurityStatus {
  /** "openssl", "node-dtls-client". */
  readonly provider: string;
  readonly mode: Credentials["mode"];
  /** IANA's name, without "TLS_". */
  readonly suite: string;
  /** Whether the session is one of before, taken up again. */
  readonly resumed: boolean;
  /** Whether the server gave one (RFC 9146), by which it knows us at another address too. */
  readonly connectionId: boolean;
}

/** Of a transport with DTLS, whoever provides that. */
export interface SecureTransportOptions {
  readonly host: string;
  readonly port: number;
  readonly security: ServerSecurity;
  /** By which of our interfaces it is reached; absent: as the routes say. */
  readonly uplink?: UplinkPort | undefined;
  /** The server sent an alert, of this number in RFC 5246 §7.2. */
  readonly onAlert?: ((alert: number) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}
