/** The way to one broker: a connection that is kept, what is subscribed to on it, and to whom its messages go. */
import { hostname } from "node:os";
import {
  type AdapterContext,
  DeviceError,
  formatDuration,
  type LinkReport,
  type Logger,
  type Millis,
  randomFraction,
  SECOND,
} from "../../src/adapter.ts";
import { orAborted, withDeadline } from "../wires/deadline.ts";
import { type ConnectionListener, KeptConnection } from "../wires/kept-connection.ts";
import { PATIENCE } from "../wires/reconnection.ts";
import { type BrokerConnection, connectBroker, type Outgoing } from "./broker/connection.ts";
import type { Qos } from "./keys.ts";
import { Message, type Received } from "./message.ts";
import { type MqttOptions, urlOf } from "./options.ts";
import { type Feed, Router } from "./router.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Traffic } from "./traffic.ts";

const CONNECT_TIMEOUT: Millis = 10 * SECOND;
/** Devices come one after the other at the start, and many want the same filter: it is subscribed to once for all of them. */
const GATHER: Millis = 20;
/** Some brokers take no more in one packet. */
const FILTERS_AT_ONCE = 8;
/** How long a good-bye may take. */
const FAREWELL: Millis = SECOND;
/** Numbers of requests: every device holds so many bits. */
const MOST_IDS = 2 ** 31;

export class BrokerLine {
  /** How the broker knows us. */
  readonly clientId: string;
  private readonly options: MqttOptions;
  private readonly context: AdapterContext;
  private readonly log: Logger;
  private readonly kept: KeptConnection<BrokerConnection>;
  private readonly router = new Router();
  private readonly subscriptions = new Subscriptions();
  /** Filters that the broker refused, and why. */
  private readonly refused = new Map<string, string>();
  private readonly traffic: Traffic;
  private cancelFlush: (() => void) | undefined;
  private reason: string | undefined;
  private id: number;

  constructor(options: MqttOptions, context: AdapterContext) {
    this.options = options;
    this.context = context;
    this.clientId = options.clientId ?? usualClientId(context);
    const name = urlOf(options.broker);
    this.log = context.log.child({ broker: name });
    this.id = Math.floor(randomFraction(context.random) * MOST_IDS);
    this.traffic = new Traffic(() => context.clock.monotonic());
    const connectOptions = { ...options, clientId: this.clientId };
    this.kept = new KeptConnection(
      (signal, onLost) => connectBroker(connectOptions, this.listener(onLost), signal),
      {
        ...{ name, what: "the MQTT broker", reconnect: options.reconnect },
        ...{ connectTimeout: CONNECT_TIMEOUT, patience: PATIENCE.shared },
      },
      { ...context, log: this.log },
    );
    this.kept.listen((reachable, reason) => {
      this.reason = reason;
      if (reachable) this.opened();
    });
  }

  start(): void {
    this.kept.start();
  }

  /** The IP address of the broker, while there is a connection. */
  get peer(): string | undefined {
    return this.kept.current?.peer;
  }

  /** Hears when the connection is lost, and why, or there again. Called at once where it is lost now. */
  listen(listener: ConnectionListener): () => void {
    return this.kept.listen(listener);
  }

  /** Subscribes; the feed hears what comes, and what the broker has kept. Returns what ends it. */
  hear(feed: Feed, qos: Qos): () => void {
    const leave = this.route(feed);
    const drop = this.subscribe(feed.filter, qos);
    return () => {
      leave();
      drop();
    };
  }

  /** Subscribes, for feeds that come and go. Returns what ends it. */
  subscribe(filter: string, qos: Qos): () => void {
    const drop = this.subscriptions.add(filter, qos);
    this.flushSoon();
    return () => {
      drop();
      this.flushSoon();
    };
  }

  /** The feed hears what comes on a filter that is subscribed to. Returns what ends it. */
  route(feed: Feed): () => void {
    return this.router.add(feed);
  }

  /** Where answers come to requests that say so (MQTT 5). */
  get responseTopic(): string {
    return `${this.clientId}/replies`;
  }

  /** A number that no other request of this link has. */
  nextId(): number {
    this.id = (this.id + 1) % MOST_IDS;
    return this.id;
  }

  /** Resolves when the broker has it. Rejects with DeviceError, within the time. */
  async publish(message: Outgoing, timeout: Millis): Promise<void> {
    if (message.response !== undefined && this.options.version !== "5") {
      throw new DeviceError("rejected", "reply: auto needs MQTT 5: write version: 5 to the link");
    }
    const late = (): DeviceError =>
      new DeviceError("unreachable", `the broker did not confirm "${message.topic}" within ${formatDuration(timeout)}`);
    const { clock } = this.context;
    await withDeadline(this.publishNow(message), { clock, span: timeout, late });
    this.log.debug({ topic: message.topic, bytes: message.payload.length }, "published");
  }

  private async publishNow(message: Outgoing): Promise<void> {
    // Whoever comes while we connect waits for that; while we rest, it is refused with the reason.
    if (this.kept.current === undefined) await this.kept.use({ urgency: "write", unit: 0 }, async () => {});
    const { connection, signal } = this.kept.open;
    // Whoever asks has subscribed to the answer before.
    if (this.cancelFlush !== undefined) this.flush();
    await orAborted(connection.publish(message), signal);
  }

  report(): LinkReport {
    const line = { name: urlOf(this.options.broker), ...this.kept.standing, load: 0, waiting: 0, units: [] };
    const { traffic, refused, reason } = this;
    const notes = [
      ...(reason === undefined ? [] : [reason]),
      `${traffic.messages.sum} messages in the last minute, on ${this.subscriptions.count} filters`,
      ...(traffic.unwanted === 0 ? [] : [`${traffic.unwanted} messages were no device's`]),
      ...(traffic.oversized === 0 ? [] : [`${traffic.oversized} messages were larger than ${this.options.max} bytes`]),
      ...[...refused].map(([filter, why]) => `the broker refuses "${filter}": ${why}`),
    ];
    return { lines: [line], notes };
  }

  /** Says that the gateway is gone, and good-bye. */
  async close(): Promise<void> {
    this.cancelFlush?.();
    const connection = this.kept.current;
    if (connection !== undefined) await this.leave(connection);
    this.kept.close();
  }

  private async leave(connection: BrokerConnection): Promise<void> {
    const { clock } = this.context;
    const late = (): DeviceError => new DeviceError("unreachable", "the broker did not take the good-bye in time");
    const farewell = async (): Promise<void> => {
      const offline = this.lifeSign("offline");
      if (offline !== undefined) await connection.publish(offline);
      await connection.end();
    };
    try {
      await withDeadline(farewell(), { clock, span: FAREWELL, late });
    } catch (error) {
      this.log.debug({ err: error }, "no good-bye");
    }
  }

  private opened(): void {
    this.reason = undefined;
    // That it accepts us is the answer of a broker.
    this.kept.feed({ type: "answered", unit: 0 });
    this.subscriptions.begin();
    this.refused.clear();
    const online = this.lifeSign("online");
    if (online !== undefined) this.attempt(this.publish(online, CONNECT_TIMEOUT), "the life sign was not published");
    this.flush();
  }

  private lifeSign(word: "online" | "offline"): Outgoing | undefined {
    const { will } = this.options;
    if (will === undefined) return undefined;
    return { topic: will.topic, payload: Buffer.from(will[word]), qos: will.qos, retain: will.retain };
  }

  private listener(onLost: (error: DeviceError) => void): Parameters<typeof connectBroker>[1] {
    return {
      onMessage: (message) => this.receive(message),
      onOversized: (topic, bytes) => {
        this.traffic.messages.count();
        this.oversized(topic, bytes);
      },
      onLost,
    };
  }

  private receive(received: Received): void {
    const { traffic, options } = this;
    traffic.messages.count();
    const { topic, payload } = received;
    if (payload.length > options.max) this.oversized(topic, payload.length);
    else if (this.router.route(new Message(received)) === 0) traffic.unwanted++;
  }

  private oversized(topic: string, bytes: number): void {
    if (this.traffic.oversized++ > 0) return;
    const fields = { topic, bytes, max: this.options.max };
    this.log.warn({ code: "LG558", ...fields }, "a payload is larger than `max` of the link: such ones are dropped");
  }

  private flushSoon(): void {
    if (this.cancelFlush !== undefined || this.kept.current === undefined) return;
    const { clock } = this.context;
    this.cancelFlush = clock.at(clock.monotonic() + GATHER, () => this.flush());
  }

  /** Tells the broker what is wanted since the last time. Without a connection all of it is told with the next. */
  private flush(): void {
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    const connection = this.kept.current;
    if (connection === undefined) return;
    const { subscribe, unsubscribe } = this.subscriptions.take();
    if (unsubscribe.length > 0) connection.unsubscribe(unsubscribe);
    for (let i = 0; i < subscribe.length; i += FILTERS_AT_ONCE) {
      const some = subscribe.slice(i, i + FILTERS_AT_ONCE);
      const told = connection.subscribe(some).then((outcomes) => {
        for (const [at, { filter }] of some.entries()) this.granted(filter, outcomes[at]);
      });
      this.attempt(told, "a subscription was not confirmed");
    }
  }

  private granted(filter: string, refusal: string | undefined): void {
    if (refusal === undefined) this.refused.delete(filter);
    else {
      if (!this.refused.has(filter)) {
        this.log.warn(
          { code: "LG556", topic: filter, reason: refusal },
          "the broker refuses a subscription: nothing is heard of this topic",
        );
      }
      this.refused.set(filter, refusal);
    }
  }

  /** The connection may end before it is done; that is told elsewhere. */
  private attempt(work: Promise<void>, failure: string): void {
    work.catch((error: unknown) => this.log.debug({ err: error }, failure));
  }
}

/** Stable, and another one for each machine and link: a broker ends a connection when another comes with its name. */
function usualClientId({ linkId, random }: AdapterContext): string {
  return `lwm2m-gateway-${hostname()}-${linkId ?? Buffer.from(random(4)).toString("hex")}`;
}
