/** Send as the outbox uses it: whether the server takes it now, and what became of each. Core 1.2 §6.4.6. */
import { type Clock, MINUTE, type Millis, SECOND } from "../clock.ts";
import { CODE, formatCode } from "../coap/codes.ts";
import type { CoapMessage } from "../coap/options.ts";
import type { Logger } from "../log.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import type { HistoryEntry } from "../store/store.ts";
import type { Delivery } from "./backlog.ts";
import type { Asked, Outcome } from "./connection.ts";
import type { PackPort } from "./outbox-ports.ts";
import { diagnosticOf, sendMessage } from "./send.ts";

export interface SendPacksOptions {
  /** How what waited is to be delivered, where the server takes it. */
  readonly history: Delivery;
  readonly treeOf: TreeOf;
  /** Absent: the server may read everything. */
  readonly mayRead?: ((path: Path) => boolean) | undefined;
  readonly version: () => Lwm2mVersion;
  /** /1/x/23. */
  readonly muted: () => boolean;
  readonly begin: (message: CoapMessage) => Asked;
  readonly onDelivered: (number: number) => void;
  readonly onFailed: (number: number) => void;
  /** The server has not answered. */
  readonly onSilence: () => void;
  /** It may take again what it did not take. */
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Until a server that is too busy for it is sent to again. */
const PAUSE: Millis = MINUTE;
/** Until a server that has just registered us has read object 25, which tells it what the prefixes are. */
const ACQUAINTANCE: Millis = 10 * SECOND;
/** Answers that speak of the moment, not of the message. */
const BUSY: ReadonlySet<number> = new Set([
  CODE.tooManyRequests,
  CODE.internalServerError,
  CODE.badGateway,
  CODE.serviceUnavailable,
  CODE.gatewayTimeout,
]);

export class SendPacks implements PackPort {
  private readonly options: SendPacksOptions;
  /** What the server answered in place of 2.04. */
  private refusedWith: string | undefined;
  /** Why there is a rest, and what ends it. */
  private resting: { readonly reason: string; readonly end: () => void } | undefined;
  /** Whose names have prefixes. */
  private readonly prefixed = new WeakSet<CoapMessage>();
  /** Whether the server has had the time since it registered us. */
  private acquainted = false;

  constructor(options: SendPacksOptions) {
    this.options = options;
  }

  /** Why there is no Send now; undefined: there is. */
  get obstacle(): string | undefined {
    const { version, muted } = this.options;
    if (version() === "1.0") return "there is no Send in LwM2M 1.0";
    if (muted()) return "Mute Send (/1/x/23) is true";
    if (this.refusedWith !== undefined) return `the server refuses Send: ${this.refusedWith}`;
    return this.resting?.reason;
  }

  canSend(): boolean {
    return this.obstacle === undefined;
  }

  delivery(): Delivery {
    const { history } = this.options;
    return history === "send" && !this.canSend() ? "notify" : history;
  }

  write(samples: readonly Sample[]): CoapMessage {
    const { treeOf, clock } = this.options;
    const message = sendMessage(samples, "senml-cbor", { treeOf, undated: clock.undated });
    if (samples.some(({ path }) => prefixOf(path) !== "")) this.prefixed.add(message);
    return message;
  }

  isThere({ samples }: HistoryEntry): boolean {
    const { treeOf, mayRead } = this.options;
    return samples.every(({ path }) => treeOf(prefixOf(path)) !== undefined && mayRead?.(path) !== false);
  }

  transmit(number: number, message: CoapMessage): () => void {
    const { outcome, abandon } = this.options.begin(message);
    let calledOff = false;
    void outcome.then((ended) => {
      if (calledOff) this.options.onFailed(number);
      else this.settle(number, ended, this.prefixed.has(message));
    });
    return () => {
      calledOff = true;
      abandon();
    };
  }

  /** A new registration: it may be another server by now. */
  registered(): void {
    this.refusedWith = undefined;
    this.acquainted = false;
  }

  stop(): void {
    this.resting?.end();
  }

  private settle(number: number, outcome: Outcome, prefixed: boolean): void {
    const { onDelivered, onFailed, onSilence } = this.options;
    if (outcome.type === "failed") {
      if (outcome.reason === "timeout") onSilence();
      else this.refuse("it is rejected by a Reset");
      onFailed(number);
      return;
    }
    const { code, payload } = outcome.message;
    if (code === CODE.changed) {
      onDelivered(number);
      return;
    }
    const reason = `${formatCode(code)} ${diagnosticOf(payload)}`.trim();
    if (BUSY.has(code)) this.rest("the server is too busy for Send", PAUSE);
    else if (code === CODE.badRequest && prefixed && !this.acquainted) this.waitToBeKnown(reason);
    else this.refuse(reason);
    onFailed(number);
  }

  /** A server reads object 25 when it has registered us, and takes no prefix before (Gateway TS 1.1 §8.2 leaves that open). */
  private waitToBeKnown(reason: string): void {
    if (this.resting !== undefined) return;
    this.options.log.info({ reason }, "the server may not have read object 25 yet: in 10 s what is owed is sent again");
    this.rest("the server may not have read object 25 yet", ACQUAINTANCE);
  }

  /** Several may be under way when the first is refused. */
  private refuse(reason: string): void {
    if (this.refusedWith !== undefined) return;
    this.refusedWith = reason;
    this.options.log.warn(
      { code: "LG404", reason },
      "the server refuses Send: what waited goes in notifications, and report entries wait, until it registers us anew",
    );
  }

  private rest(reason: string, pause: Millis): void {
    const { clock, onReady } = this.options;
    if (this.resting !== undefined) return;
    const end = clock.at(clock.monotonic() + pause, () => {
      this.resting = undefined;
      this.acquainted = true;
      onReady();
    });
    this.resting = { reason, end };
  }
}
