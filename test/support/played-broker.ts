/** An MQTT broker in this process, and the devices at it: a test says what they say, and hears what they are told. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { Aedes } from "aedes";
import { settleUntil } from "./fake-clock.ts";

export interface Published {
  readonly topic: string;
  readonly payload: string;
}

/** What a device does when it is told something. */
export type Behaviour = (payload: string) => void;

export class PlayedBroker {
  readonly port: number;
  /** What came from clients, in its order. */
  readonly heard: Published[] = [];
  /** By topic. */
  readonly behaviours = new Map<string, Behaviour>();
  private readonly broker: Aedes;
  private readonly filters = new Set<string>();

  /** Listens on a free port of this machine; it is gone after the test. */
  static async listen(t: TestContext): Promise<PlayedBroker> {
    const broker = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      broker.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    });
    return new PlayedBroker(broker, server.address());
  }

  private constructor(broker: Aedes, address: AddressInfo | string | null) {
    if (address === null || typeof address === "string") throw new Error("the broker has no port");
    this.broker = broker;
    this.port = address.port;
    broker.on("publish", ({ topic, payload }, client) => {
      // Without a client it is what we say, or the broker itself.
      if (client !== null) this.hear({ topic, payload: payload.toString() });
    });
    broker.on("subscribe", (subscriptions) => {
      for (const { topic } of subscriptions) this.filters.add(topic);
    });
  }

  /** A device says it. Resolves when the broker has it; `retain`: it keeps it for whoever subscribes later. */
  say(topic: string, payload: string | object, retain = false): Promise<void> {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const packet = { cmd: "publish", topic, payload: text, qos: 0, retain, dup: false } as const;
    return new Promise((resolve, reject) =>
      this.broker.publish(packet, (error) => (error === undefined || error === null ? resolve() : reject(error))),
    );
  }

  /** What was published to this topic. */
  told(topic: string): string[] {
    return this.heard.filter((published) => published.topic === topic).map(({ payload }) => payload);
  }

  /** Settles when somebody has subscribed to all of them. */
  async subscribed(...filters: readonly string[]): Promise<void> {
    await settleUntil(`subscriptions to ${filters.join(", ")}`, () => filters.every((one) => this.filters.has(one)));
  }

  private hear(published: Published): void {
    this.heard.push(published);
    this.behaviours.get(published.topic)?.(published.payload);
  }
}
