/**
 * CoAP over DTLS (`coaps://`, RFC 7252 §9.1): one association after the other with one server, over datagrams. Each new
 * handshake takes up the session of before where the server still has it (RFC 5246 §7.3), so that registration and
 * observations go on. Where the server gave a Connection ID (RFC 9146), another socket is enough.
 */
import type { Clock, UnixMillis } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import type { DtlsEffect, DtlsEnd, DtlsEvent, DtlsSession } from "../../dtls/association.ts";
import { CLOSE_NOTIFY } from "../../dtls/failure.ts";
import type { DtlsProvider } from "../../dtls/provider.ts";
import { cipherSuite } from "../../dtls/suites.ts";
import { type Drive, drive } from "../../machine.ts";
import type { Uplink } from "../uplink/selection.ts";
import { ResumableSession } from "./resumable-session.ts";
import type {
  DatagramWire,
  SecureTransportOptions,
  SecurityStatus,
  Transport,
  TransportCounters,
} from "./transport.ts";

export interface DtlsTransportOptions extends SecureTransportOptions {
  readonly provider: DtlsProvider;
  readonly wire: DatagramWire;
  /** By which the dates of certificates are judged now. */
  readonly certificateTime: () => CertificateTime;
}

export interface CertificateTime {
  /** Undefined: nobody knows. */
  readonly now: UnixMillis | undefined;
  /** It is not earlier than this. */
  readonly earliest?: UnixMillis;
}

/** A handshake, and what becomes of it. */
interface Association {
  readonly feed: Drive<DtlsEvent>;
  session: DtlsSession | undefined;
  /** Whether the server has said anything. */
  answered: boolean;
  /** How the handshake ends. */
  done(reason: string | undefined): void;
}

export class DtlsTransport implements Transport {
  readonly connects = true;
  private readonly options: DtlsTransportOptions;
  private onDatagram: (datagram: Uint8Array) => void = () => {};
  private onConnection: (event: ConnectionEvent) => void = () => {};
  private association: Association | undefined;
  private readonly resumable: ResumableSession;
  /** While it is made sure of. */
  private resolving: Promise<void> | undefined;
  /** The socket has had an association: some servers mix up a new one from the same port with it. */
  private used = false;
  /** Something was said since the server was last heard. */
  private spoken = false;
  private doubtful = false;
  /** Since the server was last heard. */
  private rebound = false;
  /** It was said that dates cannot be judged. */
  private undated = false;
  private unsent = 0;
  private closed = false;

  constructor(options: DtlsTransportOptions) {
    this.options = options;
    this.resumable = new ResumableSession(options.clock, options.security.credentials.mode);
  }

  /** Of the datagrams, with what DTLS adds to them. */
  get counters(): TransportCounters {
    const { counters } = this.options.wire;
    return { ...counters, sendErrors: counters.sendErrors + this.unsent };
  }

  get security(): SecurityStatus | undefined {
    const { provider, security } = this.options;
    const { session } = this.association ?? {};
    if (session === undefined) return undefined;
    const { suite, resumed, connectionId } = session;
    const { mode } = security.credentials;
    return { provider: provider.name, mode, suite: suiteName(suite), resumed, connectionId };
  }

  async open(
    onDatagram: (datagram: Uint8Array) => void,
    onConnection: (event: ConnectionEvent) => void = () => {},
  ): Promise<void> {
    this.onDatagram = onDatagram;
    this.onConnection = onConnection;
    this.closed = false;
    await this.options.wire.open((bytes) => this.receive(bytes));
  }

  /** Whoever asks meanwhile waits for the same. */
  async resolve(): Promise<void> {
    this.resolving ??= this.makeSure().finally(() => {
      this.resolving = undefined;
    });
    await this.resolving;
  }

  send(datagram: Uint8Array): void {
    if (this.association?.session === undefined) {
      this.unsent++;
      return;
    }
    this.spoken = true;
    this.association.feed({ type: "send", bytes: datagram });
  }

  doubt(): void {
    this.options.wire.doubt?.();
    if (this.spoken && this.association?.session !== undefined) this.doubtful = true;
  }

  /** RFC 6347 §4.2.1: the server says something to a ClientHello, and does not have to remember it for that. */
  async probe(from: Uplink, clock: Clock): Promise<boolean | undefined> {
    const { provider, security, wire } = this.options;
    let answers: Promise<boolean> | undefined;
    const machine = provider.open(security.credentials, this.associationOptions());
    for (const effect of machine.handle({ type: "connect" }, clock.monotonic())) {
      if (effect.type === "send") answers ??= wire.ask?.(from, effect.bytes, clock);
    }
    return answers;
  }

  disconnect(): void {
    this.association?.feed({ type: "close" });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.onConnection = () => {};
    this.onDatagram = () => {};
    this.disconnect();
    await this.options.wire.close();
  }

  private async makeSure(): Promise<void> {
    if (await this.stands()) return;
    this.discard();
    await this.options.wire.resolve();
    const { offer } = this.resumable;
    try {
      await this.handshake();
    } catch (error) {
      this.options.wire.doubt?.();
      // Some servers stumble over a session of before, and say no more than an alert: then it was dropped.
      if (offer === undefined || this.resumable.offer !== undefined) throw error;
      await this.handshake();
    }
  }

  /** Whether the association can go on: as it is, or by its Connection ID from another socket. */
  private async stands(): Promise<boolean> {
    if (this.association?.session === undefined) return false;
    const { wire, log } = this.options;
    const before = wire.localAddress;
    await wire.relocate();
    const moved = wire.localAddress !== undefined && wire.localAddress !== before;
    // It may have ended meanwhile.
    const { session } = this.association ?? {};
    if (session === undefined) return false;
    if (!moved && !this.doubtful) return true;
    if (!session.connectionId || (this.rebound && this.doubtful)) return false;
    this.doubtful = false;
    this.rebound = true;
    await wire.rebind();
    log.debug({ moved }, "the DTLS association goes on from another socket");
    return this.association?.session !== undefined;
  }

  private async handshake(): Promise<void> {
    const { wire } = this.options;
    if (this.used) await wire.rebind();
    this.used = true;
    if (this.closed) throw new Error("closed meanwhile");
    await this.associate();
  }

  private associate(): Promise<void> {
    const { provider, security, clock } = this.options;
    const machine = provider.open(security.credentials, this.associationOptions());
    return new Promise((resolve, reject) => {
      const association: Association = {
        feed: drive(machine, clock, (effect) => {
          // One that was given up has nothing to say.
          if (this.association === association) this.perform(effect, association);
        }),
        session: undefined,
        answered: false,
        done: (reason) => (reason === undefined ? resolve() : reject(new Error(this.explained(reason)))),
      };
      this.association = association;
      association.feed({ type: "connect" });
    });
  }

  private associationOptions(): Parameters<DtlsProvider["open"]>[1] {
    const { host, security, certificateTime, log } = this.options;
    const { serverName, suites, connectionId, credentials } = security;
    const { now, earliest } = certificateTime();
    if (credentials.mode === "x509" && now === undefined && !this.undated) {
      this.undated = true;
      log.warn(
        { code: "LG890" },
        "nobody knows what time it is: of the dates of the server's certificate little is judged",
      );
    }
    const { offer } = this.resumable;
    return {
      ...{ host, connectionId, time: now, earliest },
      ...(serverName === undefined ? {} : { serverName }),
      ...(suites === undefined ? {} : { suites }),
      ...(offer === undefined ? {} : { session: offer }),
    };
  }

  private receive(bytes: Uint8Array): void {
    const { association } = this;
    if (association === undefined) return;
    association.answered = true;
    association.feed({ type: "datagram", bytes });
  }

  private perform(effect: DtlsEffect, association: Association): void {
    switch (effect.type) {
      case "send":
        this.options.wire.send(effect.bytes);
        break;
      case "received":
        this.onHeard();
        this.onDatagram(effect.bytes);
        break;
      case "connected":
        this.onConnected(association, effect.session);
        break;
      case "dropped":
        this.unsent++;
        this.options.log.debug({ reason: effect.reason }, "not sent");
        break;
      case "closed":
        this.onClosed(association, effect.why);
        break;
      default:
        effect satisfies never;
    }
  }

  /** By the server itself: what anybody else sends is dropped below. */
  private onHeard(): void {
    this.spoken = false;
    this.doubtful = false;
    this.rebound = false;
  }

  private onConnected(association: Association, session: DtlsSession): void {
    const { security, log } = this.options;
    const { resumed, connectionId } = session;
    association.session = session;
    this.resumable.keep(session);
    this.onHeard();
    log[resumed ? "debug" : "info"]({ ...this.security }, "DTLS association");
    this.onConnection({
      type: "associated",
      session: resumed ? "resumed" : "new",
      keepAlive: connectionId ? undefined : security.keepAlive,
    });
    association.done(undefined);
  }

  private onClosed(association: Association, why: DtlsEnd): void {
    this.association = undefined;
    association.feed.stop();
    const reason = reasonOf(why);
    const alert = alertOf(why);
    if (alert !== undefined) this.options.onAlert?.(alert);
    if (association.session === undefined) {
      // It may be the session that the server stumbles over.
      if (association.answered) this.resumable.drop();
      association.done(reason);
    } else if (why.by !== "us") {
      this.options.log.info({ reason }, "the DTLS association has ended");
      this.onConnection({ type: "interrupted", reason });
    }
  }

  /** Without a word to a server that we do not reach, or that has forgotten it. */
  private discard(): void {
    const { association } = this;
    this.association = undefined;
    association?.feed({ type: "close" });
    association?.feed.stop();
  }

  private explained(reason: string): string {
    const { host, port } = this.options;
    return `no DTLS association with ${host} port ${port}: ${reason}`;
  }
}

function reasonOf(why: DtlsEnd): string {
  switch (why.by) {
    case "us":
      return "closed meanwhile";
    case "server":
      return "the server ended the DTLS association";
    case "failure":
      return why.failure.message;
  }
}

/** What the server said in its end. */
function alertOf(why: DtlsEnd): number | undefined {
  switch (why.by) {
    case "us":
      return undefined;
    case "server":
      return CLOSE_NOTIFY;
    case "failure":
      return why.failure.alert;
  }
}

function suiteName(number: number): string {
  return cipherSuite(number)?.name ?? `0x${number.toString(16).padStart(4, "0")}`;
}
