/** A broker in the process of the test, on a free port of 127.0.0.1. */
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { Aedes, type AedesPublishPacket, type Client } from "aedes";

export interface TestBroker {
  readonly port: number;
  readonly url: string;
  readonly aedes: Aedes;
  /** Who was published by clients, in their order. */
  readonly published: readonly { readonly topic: string; readonly payload: string; readonly retain: boolean }[];
  publish(topic: string, payload: string | Buffer, options?: { readonly retain?: boolean }): Promise<void>;
  /** Resolves when a client has subscribed to this. */
  subscribed(filter: string): Promise<void>;
  /** Resolves when a client has published this many messages on topics that begin so. */
  heard(prefix: string, count?: number): Promise<void>;
}

export interface BrokerRules {
  readonly user?: string;
  readonly password?: string;
  /** Filters that nobody may subscribe to. */
  readonly secret?: readonly string[];
}

export async function aBroker(t: TestContext, rules: BrokerRules = {}): Promise<TestBroker> {
  const aedes = await Aedes.createBroker({
    authenticate: (_client, user, password, done) => {
      const right = rules.user === undefined || (user === rules.user && password?.toString() === rules.password);
      done(null, right);
    },
    authorizeSubscribe: (_client, subscription, done) => {
      done(null, rules.secret?.includes(subscription.topic) === true ? null : subscription);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const published: { topic: string; payload: string; retain: boolean }[] = [];
  const subscriptions = new Set<string>();
  const watchers = new Set<() => void>();
  const notice = (): void => {
    for (const look of [...watchers]) look();
  };
  aedes.on("publish", (packet: AedesPublishPacket, client: Client | null) => {
    if (client === null) return;
    published.push({ topic: packet.topic, payload: packet.payload.toString(), retain: packet.retain });
    notice();
  });
  aedes.on("subscribe", (granted) => {
    for (const { topic } of granted) subscriptions.add(topic);
    notice();
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
  });
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    aedes,
    published,
    publish: (topic, payload, { retain = false } = {}) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: "publish" as const, topic, payload, retain, qos: 0 as const, dup: false };
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
    subscribed: (filter) => until(() => subscriptions.has(filter)),
    heard: (prefix, count = 1) =>
      until(() => published.filter(({ topic }) => topic.startsWith(prefix)).length >= count),
  };
}
