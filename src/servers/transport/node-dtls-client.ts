/**
 * CoAP over DTLS 1.2 (`coaps://`, RFC 7252 §9.1) by node-dtls-client: pre-shared keys alone, for where the addon of native/dtls
 * cannot be had. It knows no resumption: each association is a new session, from a new port.
 */
import { type Millis, randomFraction, SECOND } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import type { Psk } from "../../dtls/credentials.ts";
import { suitesFor } from "../../dtls/node-dtls-client/capabilities.ts";
import { cipherSuite } from "../../dtls/suites.ts";
import { ClientAssociation } from "./client-association.ts";
import type { SecureTransportOptions, SecurityStatus, Transport, TransportCounters } from "./transport.ts";

/** Its credentials are a PSK, whatever else there may be: `chooseProvider` saw to that. */
export interface NodeDtlsClientOptions extends SecureTransportOptions {
  readonly psk: Psk;
}

/** After that a `resolve` rejects. */
const HANDSHAKE_TIME: Millis = 60 * SECOND;
/** One handshake: what is lost at its very end is never repeated, so another one is begun soon. */
const PATIENCE: Millis = 5 * SECOND;
const FIRST_PAUSE: Millis = SECOND;
const LONGEST_PAUSE: Millis = 8 * SECOND;
/** RFC 5246 §6.2.1: bytes of data. The package would throw. */
const LONGEST_RECORD = 2 ** 14;

export class NodeDtlsClientTransport implements Transport {
  readonly connects = true;
  private readonly options: NodeDtlsClientOptions;
  private onDatagram: (datagram: Uint8Array) => void = () => {};
  private onConnection: (event: ConnectionEvent) => void = () => {};
  /** The one that is connected, or is about to be. */
  private association: ClientAssociation | undefined;
  private agreed: SecurityStatus | undefined;
  private connecting: Promise<void> | undefined;
  /** Something was said since the server was last heard. */
  private spoken = false;
  private doubtful = false;
  private closed = false;
  private endPause: () => void = () => {};
  /** What went over the associations before. */
  private before: TransportCounters = NOTHING;
  private unsent = 0;

  constructor(options: NodeDtlsClientOptions) {
    this.options = options;
  }

  async open(
    onDatagram: (datagram: Uint8Array) => void,
    onConnection: (event: ConnectionEvent) => void = () => {},
  ): Promise<void> {
    this.onDatagram = onDatagram;
    this.onConnection = onConnection;
    this.closed = false;
  }

  async resolve(): Promise<void> {
    this.connecting ??= this.makeSure().finally(() => {
      this.connecting = undefined;
    });
    await this.connecting;
  }

  /**
   * The package drops all that comes, for ever and without a word, once more than 64 records of the server were lost in a
   * row: only a new session ends that.
   */
  doubt(): void {
    this.options.uplink?.unanswered();
    if (this.spoken) this.doubtful = true;
  }

  get security(): SecurityStatus | undefined {
    return this.agreed;
  }

  get counters(): TransportCounters {
    const { before, association, unsent } = this;
    const all = association === undefined ? before : sum(before, association.counters);
    return { ...all, sendErrors: all.sendErrors + unsent };
  }

  send(datagram: Uint8Array): void {
    if (this.agreed === undefined || datagram.length > LONGEST_RECORD) this.unsent++;
    else this.say(datagram);
  }

  disconnect(): void {
    void this.drop();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.onDatagram = () => {};
    this.onConnection = () => {};
    this.endPause();
    await this.drop();
    await this.connecting?.catch(() => {});
  }

  private async makeSure(): Promise<void> {
    if (this.doubtful || (await this.association?.isLeftBehind()) === true) await this.drop();
    if (this.agreed === undefined) await this.connect();
  }

  private async connect(): Promise<void> {
    const { clock } = this.options;
    const end = clock.monotonic() + HANDSHAKE_TIME;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const failure = await this.attempt(Math.min(PATIENCE, end - clock.monotonic()));
      if (failure === undefined) return;
      const next = clock.monotonic() + this.jittered(pause);
      if (!this.closed && !failure.final) this.options.uplink?.unanswered();
      if (this.closed || failure.final || next + FIRST_PAUSE > end) throw new Error(this.explained(failure.message));
      await this.wait(next);
    }
  }

  /** One handshake; undefined: there is an association. */
  private async attempt(patience: Millis): Promise<{ readonly message: string; readonly final: boolean } | undefined> {
    const association = this.makeAssociation();
    this.association = association;
    try {
      const attempt = await association.connect(patience);
      if (attempt.type === "failed") return attempt;
      this.adopt(attempt.suite);
      return undefined;
    } finally {
      if (this.agreed === undefined) await this.drop();
    }
  }

  private makeAssociation(): ClientAssociation {
    const { host, port, psk, security, clock, uplink, onAlert } = this.options;
    const association: ClientAssociation = new ClientAssociation({
      host,
      port,
      uplink,
      onAlert,
      psk,
      suites: suitesFor(security.suites),
      clock,
      onData: (bytes) => {
        this.onHeard();
        this.onDatagram(bytes);
      },
      onLost: (reason) => {
        if (this.association !== association) return;
        void this.drop();
        this.options.log.info({ reason }, "the DTLS association has ended");
        this.onConnection({ type: "interrupted", reason });
      },
    });
    return association;
  }

  private say(datagram: Uint8Array): void {
    this.spoken = true;
    this.association?.send(datagram);
  }

  private onHeard(): void {
    this.spoken = false;
    this.doubtful = false;
  }

  private adopt(suite: number): void {
    this.onHeard();
    this.agreed = {
      provider: "node-dtls-client",
      mode: "psk",
      suite: cipherSuite(suite)?.name ?? "",
      resumed: false,
      connectionId: false,
    };
    this.options.log.info({ ...this.agreed }, "DTLS association");
    this.onConnection({ type: "associated", session: "new", keepAlive: this.options.security.keepAlive });
  }

  /** Its counters stay. */
  private async drop(): Promise<void> {
    const { association } = this;
    this.association = undefined;
    this.agreed = undefined;
    if (association === undefined) return;
    this.before = sum(this.before, association.counters);
    await association.close();
  }

  private explained(reason: string): string {
    const { host, port } = this.options;
    return `no DTLS association with ${host} port ${port}: ${reason}`;
  }

  /** Half of it by chance: many gateways may have lost the same server. */
  private jittered(pause: Millis): Millis {
    return pause * (0.5 + 0.5 * randomFraction(this.options.random));
  }

  private wait(until: Millis): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.at(until, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

const NOTHING: TransportCounters = {
  sent: 0,
  received: 0,
  sentBytes: 0,
  receivedBytes: 0,
  foreign: 0,
  sendErrors: 0,
};

function sum(a: TransportCounters, b: TransportCounters): TransportCounters {
  return {
    sent: a.sent + b.sent,
    received: a.received + b.received,
    sentBytes: a.sentBytes + b.sentBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    foreign: a.foreign + b.foreign,
    sendErrors: a.sendErrors + b.sendErrors,
  };
}
