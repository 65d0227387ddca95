/**
 * CoAP towards one peer over the stream of TCP, client and server at once: RFC 8323, RFC 7641 in its Appendix A. No message
 * IDs, no acknowledgements, no duplicates. tcp-session.ts is the connection, stream-sending.ts what leaves over it; what was
 * asked and observed ends with the connection.
 */
import type { Millis, Random } from "../clock.ts";
import type { Timeout } from "../machine.ts";
import { pooled } from "../random-pool.ts";
import { Alarms } from "./alarms.ts";
import { BERT_SZX } from "./block.ts";
import { ClientRole } from "./client-role.ts";
import { isRequest } from "./codes.ts";
import type { CoapCounters, Context, Limits } from "./context.ts";
import type { CoapEffect, CoapEvent, CoapMachine, ExchangeId, StreamEvent } from "./events.ts";
import { limitsOf } from "./limits.ts";
import type { TokenMessage } from "./message.ts";
import { Numbers } from "./numbers.ts";
import type { CoapMessage } from "./options.ts";
import { type CoapParameters, coapTimes } from "./parameters.ts";
import type { Reply } from "./reply.ts";
import { ServerRole } from "./server-role.ts";
import { StreamSending } from "./stream-sending.ts";
import { PeerCapabilities, TcpSession } from "./tcp-session.ts";

export interface TcpEndpointOptions {
  /** For tokens. */
  readonly random: Random;
  /** Of these the times count: how long a peer may be silent, and an answer may take. */
  readonly parameters?: Partial<CoapParameters>;
  /** The longest body in either direction, in bytes: 1 MiB. */
  readonly maxBody?: number;
  /** The longest message that is taken, in bytes: a whole body and what stands beside it. Longer bodies come in blocks. */
  readonly maxMessageSize?: number;
  readonly limits?: Partial<Omit<Limits, "maxBody" | "szx">>;
  /** Whether the body of a request is handed over part by part, where it comes in blocks; absent: all are put together. */
  readonly streams?: (request: CoapMessage) => boolean;
  /** How many bytes of notifications may be unconfirmed: 64 KiB. */
  readonly inFlight?: number;
  /** How long a peer may say nothing before a Ping asks whether it is there; absent: only where an answer is due. */
  readonly keepAlive?: Millis | undefined;
}

/** Beside its body a message has a header, a token and options. */
const BESIDE_BODY = 1024;

type RequestEvent = Extract<CoapEvent, { type: "request" }>;
type AnswerEvent = Extract<CoapEvent, { type: "respond" | "ignore" }>;
type NotifyEvent = Extract<CoapEvent, { type: "notify" }>;

export class TcpEndpoint implements CoapMachine {
  private readonly alarms = new Alarms();
  private readonly sending: StreamSending;
  private readonly session: TcpSession;
  private readonly server: ServerRole;
  private readonly client: ClientRole;
  private readonly count: CoapCounters;
  private readonly limits: Limits;
  /** Requests of ours that wait for the peer to say what it takes. */
  private readonly held = new Map<ExchangeId, RequestEvent>();
  private effects: CoapEffect[] = [];

  constructor(options: TcpEndpointOptions) {
    const random = pooled(options.random);
    const capabilities = new PeerCapabilities();
    const times = coapTimes(options.parameters);
    this.limits = { ...limitsOf(options), szx: BERT_SZX };
    this.count = { received: 0, sent: 0, retransmissions: 0, duplicates: 0, malformed: 0, stray: 0, refused: 0 };
    const context: Context = {
      ...{ limits: this.limits, alarms: this.alarms, counters: this.count, blocks: capabilities, ordered: true },
      // A request counts as sent when it is written; its answer may then take as long as over UDP.
      times: { ...times, nonLifetime: times.responseTimeout },
      numbers: new Numbers(random, () => {}),
      streams: options.streams ?? (() => false),
      emit: (effect) => {
        this.effects.push(effect);
      },
    };
    const { inFlight = 65_536, keepAlive } = options;
    const onSilence = (): void => this.session.abort("no answer to a Ping");
    this.sending = new StreamSending(context, { inFlight, keepAlive, onSilence });
    this.server = new ServerRole(context, this.sending);
    this.client = new ClientRole(context, this.sending, random);
    const { sending } = this;
    const maxMessageSize = options.maxMessageSize ?? this.limits.maxBody + BESIDE_BODY;
    this.session = new TcpSession(
      { context, sending, capabilities, maxMessageSize },
      {
        onOpen: (now) => this.release(now),
        onMessage: (message, now) => this.take(message, now),
        serves: () => this.server.serves,
      },
    );
  }

  /** What happened since the endpoint was made, over all connections. */
  get counters(): Readonly<CoapCounters> {
    return this.count;
  }

  get deadline(): Millis | undefined {
    return this.alarms.next;
  }

  handle(event: CoapEvent | Timeout, now: Millis): CoapEffect[] {
    this.effects = [];
    switch (event.type) {
      case "timeout":
        this.alarms.ring(now);
        break;
      case "datagram":
        this.session.receive(event.bytes, now);
        break;
      case "connected":
      case "disconnected":
      case "written":
      case "leave":
        this.onStream(event, now);
        break;
      case "request":
        this.request(event, now);
        break;
      case "forget":
        if (!this.held.delete(event.exchange)) this.client.forget(event.exchange, now);
        break;
      case "respond":
      case "ignore":
        this.answer(event, now);
        break;
      case "notify":
        this.notify(event, now);
        break;
      case "withdraw":
      case "endObservation":
        this.server.giveUp(event, now);
        break;
      case "associated": // These two are of DTLS.
      case "interrupted":
      case "restore": // Observations end with the connection of the process that granted them.
        break;
      default:
        event satisfies never;
    }
    this.session.closeIfDone(this.sending.idle && this.client.idle && !this.server.serves);
    return this.effects;
  }

  private answer(event: AnswerEvent, now: Millis): void {
    if (event.type === "respond") this.server.respond(event.exchange, event.message, now);
    else this.server.ignore(event.exchange, now);
  }

  private onStream(event: StreamEvent, now: Millis): void {
    switch (event.type) {
      case "connected":
        this.session.connect(now);
        break;
      case "disconnected":
        this.disconnect(event.reason, now);
        break;
      case "written":
        this.sending.onWritten(event.bytes, now);
        break;
      case "leave":
        this.session.leave();
        break;
      default:
        event satisfies never;
    }
  }

  private disconnect(reason: string, now: Millis): void {
    if (this.session.state === "closed") return;
    this.session.disconnect(reason, now);
    this.client.clear(now);
    this.server.clear(now);
    for (const exchange of this.held.keys()) this.effects.push({ type: "failed", exchange, reason: "timeout" });
    this.held.clear();
  }

  /** A request or a response. */
  private take(message: TokenMessage, now: Millis): void {
    if (!isRequest(message.code)) {
      if (this.client.accepts(message, now)) this.client.receive(message, now);
      else this.count.stray++;
    } else if (this.sending.backlog > 2 * this.limits.serving) this.session.abort("the answers are not read");
    else this.server.receive(message, this.replyTo(message), now);
  }

  /** RFC 8323 §3: there is nothing to acknowledge, and every request has its answer. */
  private replyTo({ token }: TokenMessage): Reply {
    const confirmable = false;
    const reject: Reply["reject"] = (answer, now) => {
      this.sending.send({ token, confirmable, message: () => answer, ended: () => {} }, now);
    };
    return { token, confirmable, begin: () => {}, answer: () => false, reject, discard: () => {} };
  }

  private request(event: RequestEvent, now: Millis): void {
    const { exchange } = event;
    if (this.session.state === "open") this.client.request(event, now);
    else if (this.session.state === "closed") this.effects.push({ type: "failed", exchange, reason: "timeout" });
    else this.held.set(exchange, event);
  }

  private release(now: Millis): void {
    const requests = [...this.held.values()];
    this.held.clear();
    for (const request of requests) this.client.request(request, now);
  }

  /** Without a connection, or one that stays, nothing is said of the observation: it may go another time. */
  private notify(event: NotifyEvent, now: Millis): void {
    const { exchange, notification } = event;
    if (this.session.state === "open") this.server.notify(event, now);
    else this.effects.push({ type: "failed", exchange, notification, reason: "timeout" });
  }
}
