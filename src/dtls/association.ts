/**
 * One DTLS association as a client (RFC 6347): datagrams and deadlines go in, datagrams and data come out. A lost association
 * is not mended here: whoever holds it makes another, with what `resumption` of this one was.
 */
import { X509Certificate } from "node:crypto";
import { type Millis, SECOND, type UnixMillis } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import type { Machine, Timeout } from "../machine.ts";
import { openEngine } from "./connection-id/translation.ts";
import { type Credentials, type DtlsOptions, expectedName, nativeSettings } from "./credentials.ts";
import { type Circumstances, type DtlsFailure, explainExpiry, explainFailure, explainSilence } from "./failure.ts";
import type { Agreement, Engine, NativeDtls, Step } from "./native.ts";

export type DtlsEvent =
  | { readonly type: "connect" }
  | { readonly type: "datagram"; readonly bytes: Uint8Array }
  /** Data for the server, in one record. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "close" };

export type DtlsEffect =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "received"; readonly bytes: Uint8Array }
  | { readonly type: "connected"; readonly session: DtlsSession }
  /** Data that there is no association for, or that is too long for it: lost, as on any network. */
  | { readonly type: "dropped"; readonly reason: string }
  /** The last effect. */
  | { readonly type: "closed"; readonly why: DtlsEnd };

export type DtlsEnd =
  | { readonly by: "us" }
  | { readonly by: "server" }
  | { readonly by: "failure"; readonly failure: DtlsFailure };

export interface DtlsSession extends Agreement {
  /** For `session` of the next association; absent: this server keeps none. Secret. */
  readonly resumption?: Uint8Array;
}

export type DtlsState = "idle" | "handshaking" | "connected" | "closed";

const HANDSHAKE_TIMEOUT: Millis = 60 * SECOND;

export interface AssociationOptions extends DtlsOptions {
  /** For the dates of certificates; absent: they are not judged, as nobody knows what day it is. */
  readonly time?: UnixMillis | undefined;
  /** Where nobody knows: it is not earlier. */
  readonly earliest?: UnixMillis | undefined;
}

export class DtlsAssociation implements Machine<DtlsEvent, DtlsEffect> {
  private readonly engine: Engine;
  private readonly circumstances: Circumstances;
  private readonly handshakeTimeout: Millis;
  private currentState: DtlsState = "idle";
  private givesUp: Millis | undefined;
  private retransmits: Millis | undefined;
  private answered = false;

  /** Throws ConfigError, or an Error of the addon: a key or a certificate cannot be used. */
  constructor(native: NativeDtls, credentials: Credentials, options: AssociationOptions) {
    const { time } = options;
    const earliest = time === undefined ? options.earliest : undefined;
    this.engine = openEngine(native, nativeSettings(credentials, options, time));
    this.circumstances = { credentials, time, earliest, expectedName: expectedName(credentials, options) };
    this.handshakeTimeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
  }

  get state(): DtlsState {
    return this.currentState;
  }

  /**
   * OpenSSL measures its waits by the machine's wall clock. Where that jumps back, only the end of the handshake's time is
   * left to ring.
   */
  get deadline(): Millis | undefined {
    const { retransmits, givesUp } = this;
    return retransmits === undefined || givesUp === undefined ? givesUp : Math.min(retransmits, givesUp);
  }

  handle(event: DtlsEvent | Timeout, now: Millis): DtlsEffect[] {
    switch (event.type) {
      case "connect":
        return this.connect(now);
      case "datagram":
        return this.receive(event.bytes, now);
      case "send":
        return this.send(event.bytes, now);
      case "close":
        return this.close();
      case "timeout":
        return this.timeout(now);
    }
  }

  private connect(now: Millis): DtlsEffect[] {
    if (this.currentState !== "idle") return [];
    this.currentState = "handshaking";
    this.givesUp = now + this.handshakeTimeout;
    return this.take(this.engine.start(), now);
  }

  private receive(bytes: Uint8Array, now: Millis): DtlsEffect[] {
    if (!this.isOpen()) return [];
    this.answered = true;
    return this.take(this.engine.receive(bytes), now);
  }

  private send(bytes: Uint8Array, now: Millis): DtlsEffect[] {
    if (this.currentState !== "connected") return [{ type: "dropped", reason: "there is no DTLS association" }];
    try {
      return this.take(this.engine.send(bytes), now);
    } catch (error) {
      return [{ type: "dropped", reason: reasonOf(error) }];
    }
  }

  private close(): DtlsEffect[] {
    if (this.currentState === "closed") return [];
    if (this.currentState === "idle") return [this.end({ by: "us" })];
    const { datagrams } = this.engine.close();
    return [...sends(datagrams), this.end({ by: "us" })];
  }

  private timeout(now: Millis): DtlsEffect[] {
    if (this.currentState !== "handshaking") return [];
    if (this.givesUp !== undefined && now >= this.givesUp) {
      const silence = { answered: this.answered, finished: this.engine.hasFinished() };
      return [this.end({ by: "failure", failure: explainSilence(silence, this.circumstances) })];
    }
    return this.retransmits === undefined || now < this.retransmits ? [] : this.take(this.engine.timeout(), now);
  }

  private isOpen(): boolean {
    return this.currentState === "handshaking" || this.currentState === "connected";
  }

  private take({ datagrams, data, state, timeout, failure }: Step, now: Millis): DtlsEffect[] {
    const effects: DtlsEffect[] = sends(datagrams);
    if (this.currentState === "handshaking" && (state === "connected" || data.length > 0)) {
      const expired = this.expired();
      if (expired !== undefined) return [...effects, ...sends(this.engine.close().datagrams), this.end(expired)];
      effects.push(this.connected());
    }
    for (const bytes of data) effects.push({ type: "received", bytes });
    this.retransmits = timeout === undefined ? undefined : now + timeout;
    if (state === "closed") effects.push(this.end({ by: "server" }));
    if (failure !== undefined)
      effects.push(this.end({ by: "failure", failure: explainFailure(failure, this.circumstances) }));
    return effects;
  }

  /** OpenSSL judges by one time, which a certificate must have begun at: of that nothing is known where only the earliest is. */
  private expired(): DtlsEnd | undefined {
    const { earliest, credentials } = this.circumstances;
    const { peerCertificate } = this.engine.agreement();
    if (earliest === undefined || credentials.mode !== "x509" || peerCertificate === undefined) return undefined;
    // The one certificate of usage 3 is taken whatever its dates say.
    if (credentials.server.some(({ usage }) => usage === 3)) return undefined;
    const ended = Date.parse(new X509Certificate(peerCertificate).validTo) < earliest;
    return ended ? { by: "failure", failure: explainExpiry(earliest) } : undefined;
  }

  private connected(): DtlsEffect {
    this.currentState = "connected";
    this.givesUp = undefined;
    const resumption = this.engine.exportSession();
    const session = { ...this.engine.agreement(), ...(resumption.length === 0 ? {} : { resumption }) };
    return { type: "connected", session };
  }

  private end(why: DtlsEnd): DtlsEffect {
    this.currentState = "closed";
    this.givesUp = undefined;
    this.retransmits = undefined;
    this.engine.dispose();
    return { type: "closed", why };
  }
}

function sends(datagrams: readonly Uint8Array[]): DtlsEffect[] {
  return datagrams.map((bytes) => ({ type: "send", bytes }));
}
