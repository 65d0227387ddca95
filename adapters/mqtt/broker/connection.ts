/** One connection to a broker: the only place that knows the package `mqtt`. MQTT 3.1.1 and 5.0. */
import type { Socket } from "node:net";
import { type IClientOptions, type IPublishPacket, MqttClient } from "mqtt";
import { DeviceError, reasonOf, SECOND } from "../../../src/adapter.ts";
import type { Qos } from "../keys.ts";
import type { Received } from "../message.ts";
import type { MqttOptions } from "../options.ts";
import { limitedStream } from "./limited-stream.ts";
import { PacketCheck } from "./packet-check.ts";
import { PacketLimit } from "./packet-limit.ts";
import { closedWords, codeWords, unreachable } from "./reasons.ts";
import { openSocket } from "./socket.ts";

/** MQTT 3.1.1 §3.9.3: 0x80 is a failure; MQTT 5.0 §2.4: whatever is from there on. */
const FAILURE = 0x80;

export interface Subscription {
  readonly filter: string;
  readonly qos: Qos;
}

/** What is published. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  /** MQTT 5: where the answer is wanted, and what it must have; in an answer only that. */
  readonly response?: { readonly topic?: string; readonly correlation: Buffer } | undefined;
}

export interface BrokerConnection {
  /** The IP address of the broker. */
  readonly peer: string | undefined;
  /** In their order: why one was refused, or undefined. Rejects with DeviceError `unreachable`. */
  subscribe(subscriptions: readonly Subscription[]): Promise<readonly (string | undefined)[]>;
  unsubscribe(filters: readonly string[]): void;
  /** Resolves when the broker has it, by QoS 0 when it is sent. Rejects with DeviceError. */
  publish(message: Outgoing): Promise<void>;
  /** Says good-bye, so that the broker publishes no last will. */
  end(): Promise<void>;
  /** Closes at once; nothing is heard of it afterwards. */
  destroy(): void;
}

export interface ConnectionListener {
  readonly onMessage: (message: Received) => void;
  /** A message that was so large that it was not read. */
  readonly onOversized: (topic: string, bytes: number) => void;
  /** Once: it ended by itself. */
  readonly onLost: (error: DeviceError) => void;
}

/** Connects, and resolves when the broker has accepted. Rejects with DeviceError `unreachable`, or with the signal's reason. */
export async function connectBroker(
  options: MqttOptions & { readonly clientId: string },
  listener: ConnectionListener,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const socket = await openSocket(options, signal);
  const { broker } = options;
  const limit = new PacketLimit(options.max + BESIDE_PAYLOAD, options.version, listener.onOversized);
  const client = new MqttClient(() => limitedStream(socket, limit), clientOptions(options));
  let greeted = false;
  let reason: DeviceError | undefined;
  const connection = new Connection(client, socket);
  return new Promise<BrokerConnection>((resolve, reject) => {
    const abort = (): void => {
      connection.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    const note = (error: unknown): void => {
      reason ??= unreachable(error, broker, greeted);
    };
    // An error that nobody hears would end the process.
    client.on("error", (error) => {
      note(error);
      // What follows bytes that are no MQTT cannot be told.
      socket.destroy();
    });
    socket.on("error", note);
    const check = new PacketCheck();
    client.on("packetreceive", (packet) => {
      const fault = check.faultOf(packet);
      if (fault === undefined) return;
      note(new DeviceError("malformed", `what answers there does not speak MQTT: it sent ${fault}`));
      socket.destroy();
    });
    client.on("disconnect", ({ reasonCode = 0 }) => {
      if (reasonCode >= FAILURE) note({ code: reasonCode });
    });
    client.on("message", (topic, payload, packet) => {
      if (connection.destroyed || socket.destroyed || (payload.length === 0 && limit.isHollow(packet.messageId ?? 0)))
        return;
      listener.onMessage(receivedOf(topic, payload, packet));
    });
    client.on("connect", () => {
      signal.removeEventListener("abort", abort);
      greeted = true;
      resolve(connection);
    });
    socket.once("close", () => {
      const error = reason ?? new DeviceError("unreachable", closedWords(broker.secure, greeted));
      if (!greeted) reject(error);
      else if (!connection.destroyed) listener.onLost(error);
    });
  });
}

class Connection implements BrokerConnection {
  readonly peer: string | undefined;
  destroyed = false;
  private readonly client: MqttClient;
  private readonly socket: Socket;

  constructor(client: MqttClient, socket: Socket) {
    this.client = client;
    this.socket = socket;
    this.peer = socket.remoteAddress;
  }

  async subscribe(subscriptions: readonly Subscription[]): Promise<readonly (string | undefined)[]> {
    const outcomes = new Map<string, string | undefined>();
    for (const qos of [0, 1, 2] as const) {
      const filters = subscriptions.filter((one) => one.qos === qos).map(({ filter }) => filter);
      if (filters.length === 0) continue;
      const granted = await this.grantsOf(filters, qos);
      for (const [i, filter] of filters.entries()) outcomes.set(filter, refusalOf(granted[i]));
    }
    return subscriptions.map(({ filter }) => outcomes.get(filter));
  }

  unsubscribe(filters: readonly string[]): void {
    if (!this.destroyed) this.client.unsubscribe([...filters]);
  }

  publish({ topic, payload, qos, retain, response }: Outgoing): Promise<void> {
    const properties =
      response === undefined
        ? {}
        : {
            properties: {
              ...(response.topic === undefined ? {} : { responseTopic: response.topic }),
              correlationData: response.correlation,
            },
          };
    return new Promise((resolve, reject) => {
      this.client.publish(topic, payload, { qos, retain, ...properties }, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(publishError(topic, error));
      });
    });
  }

  end(): Promise<void> {
    this.destroyed = true;
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      // It waits for answers, which a connection that ends meanwhile has no more.
      this.socket.once("close", () => resolve());
      this.client.end(false, {}, () => resolve());
    });
  }

  destroy(): void {
    this.destroyed = true;
    this.socket.destroy();
  }

  /** The codes of SUBACK, in the order of the filters. */
  private grantsOf(filters: readonly string[], qos: Qos): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.client.subscribe([...filters], { qos }, (error, _granted, packet) => {
        const codes = packet?.granted.flatMap((code) => (typeof code === "number" ? [code] : []));
        if (codes !== undefined) resolve(codes);
        else if (error === null) resolve(filters.map(() => qos));
        else reject(new DeviceError("unreachable", reasonOf(error), { cause: error }));
      });
    });
  }
}

function refusalOf(code = 0): string | undefined {
  return code >= FAILURE ? codeWords(code) : undefined;
}

function publishError(topic: string, error: Error): DeviceError {
  const refused = "code" in error && typeof error.code === "number";
  return refused
    ? new DeviceError("rejected", `the broker refuses "${topic}": ${codeWords(Number(error.code))}`, { cause: error })
    : new DeviceError("unreachable", "the connection to the broker was lost before it had the message", {
        cause: error,
      });
}

function receivedOf(topic: string, payload: Buffer, { retain, properties }: IPublishPacket): Received {
  const { correlationData: correlation, responseTopic } = properties ?? {};
  return { topic, payload, retained: retain, correlation, responseTopic };
}

/** What a packet may have beyond its payload: the longest topic, and properties. */
const BESIDE_PAYLOAD = 128 * 1024;

function clientOptions(options: MqttOptions & { readonly clientId: string }): IClientOptions {
  const { user, password, version, clientId, keepAlive, kept, will, max } = options;
  return {
    clientId,
    protocolVersion: version === "5" ? 5 : 4,
    clean: kept === undefined,
    keepalive: keepAlive / SECOND,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.offline), qos: will.qos, retain: will.retain } }),
    ...(version === "5"
      ? {
          properties: {
            maximumPacketSize: max + BESIDE_PAYLOAD,
            ...(kept === undefined ? {} : { sessionExpiryInterval: Math.round(kept.expiry / SECOND) }),
          },
        }
      : {}),
    // We connect again ourselves, with all that has to be told then.
    ...{ reconnectPeriod: 0, resubscribe: false, queueQoSZero: false, timerVariant: "native" },
    log: () => {},
  };
}
