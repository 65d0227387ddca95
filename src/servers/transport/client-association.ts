/** One association by node-dtls-client, on a socket of its own: its handshake (RFC 6347 §4.2), what follows it, its end. */
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import type { Psk } from "../../dtls/credentials.ts";
import { CLOSE_NOTIFY, explainFailure, explainSilence } from "../../dtls/failure.ts";
import { NodeDtlsClient } from "../../dtls/node-dtls-client/client.ts";
import type { ThreadFailure } from "../../dtls/node-dtls-client/protocol.ts";
import type { UplinkPort } from "../uplink/uplinks.ts";
import type { TransportCounters } from "./transport.ts";
import { UdpTransport } from "./udp.ts";

export interface ClientAssociationOptions {
  readonly host: string;
  readonly port: number;
  /** By which of our interfaces it is reached; absent: as the routes say. */
  readonly uplink?: UplinkPort | undefined;
  readonly psk: Psk;
  /** IANA's numbers, the most wanted first. */
  readonly suites: readonly number[];
  readonly clock: Clock;
  readonly onData: (bytes: Uint8Array) => void;
  /** The server sent an alert, of this number in RFC 5246 §7.2. */
  readonly onAlert?: ((alert: number) => void) | undefined;
  /** It was connected, and is over; says why. */
  readonly onLost: (reason: string) => void;
}

export type Attempt =
  | { readonly type: "connected"; readonly suite: number }
  /** `final`: the same again, and at once, would fail the same. */
  | { readonly type: "failed"; readonly message: string; readonly final: boolean };

/** RFC 6347 §4.2.4.1. */
const FIRST_REPETITION: Millis = SECOND;
/** How long a server is waited for that is told that we leave. */
const LINGER: Millis = SECOND;

export class ClientAssociation {
  private readonly options: ClientAssociationOptions;
  private readonly udp: UdpTransport;
  private client: NodeDtlsClient | undefined;
  private state: "handshaking" | "connected" | "over" = "handshaking";
  private answered = false;
  private finished = false;
  private conclude: (attempt: Attempt) => void = () => {};
  private stopRepeating: () => void = () => {};
  private onOver: () => void = () => {};

  constructor(options: ClientAssociationOptions) {
    this.options = options;
    const { host, port, uplink } = options;
    this.udp = new UdpTransport({ host, port, uplink });
  }

  get counters(): TransportCounters {
    return this.udp.counters;
  }

  /** Whether the server is to be reached from another address by now. */
  async isLeftBehind(): Promise<boolean> {
    if (this.options.uplink === undefined) return false;
    const before = this.udp.localAddress;
    await this.udp.relocate();
    return this.udp.localAddress !== before;
  }

  /** Once. Rejects where the server's name has no address. */
  async connect(patience: Millis): Promise<Attempt> {
    const { clock, psk, suites } = this.options;
    await this.udp.open((bytes) => this.receive(bytes));
    await this.udp.resolve();
    if (this.state === "over") {
      await this.udp.close();
      return ABANDONED;
    }
    const concluded = new Promise<Attempt>((resolve) => {
      this.conclude = resolve;
    });
    const cancel = clock.at(clock.monotonic() + patience, () => this.conclude(this.silence()));
    this.client = new NodeDtlsClient(
      { identity: psk.identity, key: psk.key, suites },
      {
        onDatagram: (bytes, finished) => this.sendDatagram(bytes, finished),
        onData: this.options.onData,
        onConnected: (suite) => this.connected(suite),
        onEnd: (failure) => this.end(failure),
      },
    );
    const attempt = await concluded;
    cancel();
    this.stopRepeating();
    return attempt;
  }

  send(bytes: Uint8Array): void {
    this.client?.send(bytes);
  }

  /** Takes leave of a server that it is connected to; ends a handshake at once. */
  async close(): Promise<void> {
    const leaves = this.state === "connected";
    this.state = "over";
    this.conclude(ABANDONED);
    if (leaves) await this.leave();
    await this.client?.stop();
    await this.udp.close();
  }

  private async leave(): Promise<void> {
    const { clock } = this.options;
    const left = new Promise<void>((resolve) => {
      this.onOver = resolve;
    });
    const cancel = clock.at(clock.monotonic() + LINGER, () => this.onOver());
    this.client?.leave();
    await left;
    cancel();
  }

  private receive(bytes: Uint8Array): void {
    this.answered = true;
    this.client?.receive(bytes);
  }

  private sendDatagram(bytes: Uint8Array, finished: boolean): void {
    this.finished = finished;
    this.udp.send(bytes);
    this.stopRepeating();
    if (this.state === "handshaking") this.repeat(bytes, FIRST_REPETITION);
  }

  /**
   * RFC 6347 §4.2.4: a flight that has no answer is sent again. The package does not, so it goes out as it was: with its old
   * record numbers a server takes it that has not seen it, which is whom it is for.
   */
  private repeat(flight: Uint8Array, wait: Millis): void {
    const { clock } = this.options;
    this.stopRepeating = clock.at(clock.monotonic() + wait, () => {
      this.udp.send(flight);
      this.repeat(flight, 2 * wait);
    });
  }

  private connected(suite: number): void {
    if (this.state !== "handshaking") return;
    this.state = "connected";
    this.conclude({ type: "connected", suite });
  }

  private end(failure: ThreadFailure | undefined): void {
    const { state } = this;
    this.state = "over";
    this.onOver();
    const { message, final } = this.explain(failure);
    const alert = failure === undefined ? CLOSE_NOTIFY : failure.alert;
    if (alert !== undefined) this.options.onAlert?.(alert);
    if (state === "connected") this.options.onLost(message);
    this.conclude({ type: "failed", message, final });
  }

  private explain(end: ThreadFailure | undefined): { readonly message: string; readonly final: boolean } {
    if (end === undefined) return { message: "the server ended the DTLS association", final: false };
    const { alert: receivedAlert, reason } = end;
    if (receivedAlert === undefined) return { message: `node-dtls-client gave up: ${reason}`, final: false };
    const failure = { receivedAlert, verification: 0, verificationReason: "", reason };
    return { message: explainFailure(failure, this.circumstances()).message, final: true };
  }

  private silence(): Attempt {
    const { answered, finished } = this;
    return { type: "failed", ...explainSilence({ answered, finished }, this.circumstances()) };
  }

  private circumstances() {
    return { credentials: this.options.psk, expectedName: undefined, time: undefined };
  }
}

const ABANDONED: Attempt = { type: "failed", message: "closed meanwhile", final: true };
