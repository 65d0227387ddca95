/** A broker in this process, on a port of its own, that a test may let refuse, forget and vanish. */
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Aedes } from "aedes";
import { Heard } from "./heard.ts";

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly qos: number;
}

export interface BrokerWishes {
  readonly tls?: TlsOptions;
  /** Who may come, and by which password; absent: everybody. */
  readonly users?: Readonly<Record<string, string>>;
  /** Filters that nobody may subscribe to. */
  readonly refused?: readonly string[];
}

export class PlayedBroker {
  /** What clients published, and what they subscribed to; not the broker's own. */
  readonly published = new Heard<Published>();
  readonly subscribed = new Heard<string>();
  readonly unsubscribed = new Heard<string>();
  /** The names of clients that came, and that went. */
  readonly connected = new Heard<string>();
  readonly disconnected = new Heard<string>();
  /** What a device does that hears a message. */
  onPublished: (message: Published) => void = () => {};
  /** Whoever comes is sent away at once. */
  away = false;
  private readonly aedes: Aedes;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(aedes: Aedes, { tls, users, refused = [] }: BrokerWishes) {
    this.aedes = aedes;
    const accept = (socket: Socket): void => this.accept(socket);
    this.server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    // A handshake that fails is what a test wants to see at the other end.
    this.server.on("tlsClientError", () => {});
    aedes.authenticate = (_client, user, password, done) => {
      const good = users === undefined || (user !== undefined && users[user] === password?.toString());
      done(good ? null : Object.assign(new Error("no"), { returnCode: 4 }), good);
    };
    aedes.authorizeSubscribe = (_client, subscription, callback) =>
      callback(null, refused.includes(subscription.topic) ? null : subscription);
    aedes.on("publish", ({ topic, payload, retain, qos }, client) => {
      if (client === null) return;
      const message = { topic, payload: payload.toString(), retain, qos };
      this.published.push(message);
      this.onPublished(message);
    });
    aedes.on("subscribe", (subscriptions) => {
      for (const { topic } of subscriptions) this.subscribed.push(topic);
    });
    aedes.on("unsubscribe", (filters) => {
      for (const filter of filters) this.unsubscribed.push(filter);
    });
    aedes.on("clientDisconnect", ({ id }) => this.disconnected.push(id));
    aedes.on("clientReady", ({ id }) => this.connected.push(id));
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  /** As a device does. */
  publish(topic: string, payload: string | Buffer, { retain = false, qos = 0 as 0 | 1 } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const packet = { cmd: "publish", topic, payload, retain, qos, dup: false } as const;
      this.aedes.publish(packet, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
  }

  /** What clients published to this topic. */
  told(topic: string): readonly string[] {
    return this.published.all.filter((message) => message.topic === topic).map(({ payload }) => payload);
  }

  /** Cuts all connections, without a word. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.away = true;
    this.drop();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    if (this.away) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    this.aedes.handle(socket);
  }
}

/** Closed at the end of the test. */
export async function anMqttBroker(t: TestContext, wishes: BrokerWishes = {}): Promise<PlayedBroker> {
  const broker = new PlayedBroker(await Aedes.createBroker(), wishes);
  await broker.listen();
  t.after(() => broker.close());
  return broker;
}
