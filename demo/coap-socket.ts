/** A UDP socket that speaks CoAP, for servers, tests and scripts: the endpoints of `src/coap` on node:dgram and the real clock. */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { systemClock } from "../src/clock.ts";
import { CODE, isSuccess } from "../src/coap/codes.ts";
import {
  type CoapEffect,
  type CoapEndpointOptions,
  type CoapEvent,
  type ExchangeId,
  exchangeId,
} from "../src/coap/endpoint.ts";
import {
  type CoapMessage,
  findOption,
  NO_PAYLOAD,
  OPTION,
  uintOption,
  uintValue,
  withOption,
} from "../src/coap/options.ts";
import { CoapPeers, type Peer } from "../src/coap/peers.ts";
import { type Drive, drive } from "../src/machine.ts";

/** "address:port", "[address]:port" where it is IPv6. Addresses only: an answer comes from an address, not from a name. */
export type { Peer } from "../src/coap/peers.ts";

export interface CoapSocketOptions extends Partial<CoapEndpointOptions> {
  /** The address to listen on: 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /**
   * Answers a request of a peer; one that rejects becomes 5.00 without a word of why. An answer with an Observe option to a
   * request that has one begins an observation, whose notifications go out through `notify`. Without it: 4.04 to everything.
   */
  onRequest?(peer: Peer, message: CoapMessage, exchange: ExchangeId): Promise<CoapMessage>;
  /** A peer has ended its observation. */
  onCancelled?(peer: Peer, exchange: ExchangeId, reason: Extract<CoapEffect, { type: "cancelled" }>["reason"]): void;
  /** `onRequest` rejected: for the log. */
  onError?(error: unknown): void;
}

/** Our observation of a peer's resource. */
export interface Observation {
  /** The answer to the request; an observation only if it has an Observe option. */
  readonly response: CoapMessage;
  /** Ends it: by Observe 1 (RFC 7641 §3.6), or without a word, so that the next notification is rejected. */
  cancel(how?: "deregister" | "forget"): Promise<void>;
}

export interface CoapSocket {
  readonly host: string;
  readonly port: number;
  /** Resolves with the answer, whatever its code; rejects where there is none. */
  request(peer: Peer, message: CoapMessage, confirmable?: boolean): Promise<CoapMessage>;
  /** Adds the Observe option. `onNotification` gets what comes after the first answer. */
  observe(peer: Peer, message: CoapMessage, onNotification: (message: CoapMessage) => void): Promise<Observation>;
  /** Resolves when the notification was acknowledged, or sent where it is not confirmable; rejects where it failed. */
  notify(peer: Peer, exchange: ExchangeId, message: CoapMessage, confirmable?: boolean): Promise<void>;
  endObservation(peer: Peer, exchange: ExchangeId): void;
  close(): Promise<void>;
}

/** Binds the socket. */
export async function openCoapSocket(options: CoapSocketOptions = {}): Promise<CoapSocket> {
  const { host = "127.0.0.1", port = 0 } = options;
  const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4" });
  socket.bind(port, host);
  await once(socket, "listening");
  return new DatagramCoapSocket(socket, options);
}

/** What waits for effects of an exchange. */
interface Waiting {
  response(message: CoapMessage): void;
  failed(error: Error): void;
}

interface Delivery {
  resolve(): void;
  reject(error: Error): void;
}

class DatagramCoapSocket implements CoapSocket {
  readonly host: string;
  readonly port: number;
  private readonly socket: Socket;
  private readonly options: CoapSocketOptions;
  private readonly feed: Drive<{ peer: Peer; event: CoapEvent }>;
  /** By peer and exchange, then by peer and notification. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly deliveries = new Map<string, Delivery>();
  private count = 0;
  private closing: Promise<void> | undefined;

  constructor(socket: Socket, options: CoapSocketOptions) {
    const { address, port } = socket.address();
    this.host = address;
    this.port = port;
    this.socket = socket;
    this.options = options;
    const peers = new CoapPeers({ random: randomBytes, ...options });
    this.feed = drive(peers, systemClock, ({ peer, effect }) => this.perform(peer, effect));
    socket.on("message", (bytes, { address, port }) => {
      this.feed({ peer: formatPeer(address, port), event: { type: "datagram", bytes } });
    });
    // An ICMP error of an earlier datagram: the endpoint's timeouts tell the same, for the right exchange.
    socket.on("error", () => {});
  }

  request(peer: Peer, message: CoapMessage, confirmable = true): Promise<CoapMessage> {
    const exchange = exchangeId(++this.count);
    return this.start(peer, { type: "request", exchange, message, confirmable }, () => {});
  }

  async observe(peer: Peer, plain: CoapMessage, onNotification: (message: CoapMessage) => void): Promise<Observation> {
    const exchange = exchangeId(++this.count);
    const message = withOption(plain, uintOption(OPTION.observe, 0));
    const response = await this.start(peer, { type: "request", exchange, message, confirmable: true }, onNotification);
    return { response, cancel: (how = "deregister") => this.cancel(peer, exchange, plain, how) };
  }

  notify(peer: Peer, exchange: ExchangeId, message: CoapMessage, confirmable = true): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(closed());
    const notification = ++this.count;
    return new Promise((resolve, reject) => {
      this.deliveries.set(`${peer} ${notification}`, { resolve, reject });
      this.feed({ peer, event: { type: "notify", exchange, notification, message, confirmable } });
    });
  }

  endObservation(peer: Peer, exchange: ExchangeId): void {
    this.feed({ peer, event: { type: "endObservation", exchange } });
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => this.socket.close(resolve));
    this.feed.stop();
    for (const waiting of this.waiting.values()) waiting.failed(closed());
    for (const delivery of this.deliveries.values()) delivery.reject(closed());
    this.deliveries.clear();
    return this.closing;
  }

  private start(
    peer: Peer,
    event: Extract<CoapEvent, { type: "request" }>,
    onNotification: (message: CoapMessage) => void,
  ): Promise<CoapMessage> {
    if (this.closing !== undefined) return Promise.reject(closed());
    const key = `${peer} ${event.exchange}`;
    const observes = uintValue(event.message, OPTION.observe) === 0;
    return new Promise((resolve, reject) => {
      let answered = false;
      const response = (message: CoapMessage): void => {
        // RFC 7641 §4.2: the last one is no success, or has no Observe option.
        const last = !observes || !isSuccess(message.code) || findOption(message, OPTION.observe) === undefined;
        if (last) this.waiting.delete(key);
        if (answered) onNotification(message);
        answered = true;
        resolve(message);
      };
      const failed = (error: Error): void => {
        this.waiting.delete(key);
        reject(error);
      };
      this.waiting.set(key, { response, failed });
      this.feed({ peer, event });
    });
  }

  private async cancel(
    peer: Peer,
    exchange: ExchangeId,
    plain: CoapMessage,
    how: "deregister" | "forget",
  ): Promise<void> {
    this.waiting.delete(`${peer} ${exchange}`);
    if (how === "forget") {
      this.feed({ peer, event: { type: "forget", exchange } });
      return;
    }
    const message = withOption(plain, uintOption(OPTION.observe, 1));
    await this.start(peer, { type: "request", exchange, message, confirmable: true }, () => {});
  }

  private perform(peer: Peer, effect: CoapEffect): void {
    switch (effect.type) {
      case "send":
        this.send(peer, effect.bytes);
        return;
      case "serve":
        void this.serve(peer, effect.exchange, effect.message);
        return;
      case "response":
        this.waiting.get(`${peer} ${effect.exchange}`)?.response(effect.message);
        return;
      case "delivered":
        this.settle(peer, effect.notification)?.resolve();
        return;
      case "failed":
        if (effect.notification === undefined) {
          this.waiting.get(`${peer} ${effect.exchange}`)?.failed(new Error(`${peer} gave no answer: ${effect.reason}`));
        } else this.settle(peer, effect.notification)?.reject(new Error(`not delivered to ${peer}: ${effect.reason}`));
        return;
      case "broken":
      case "reserved":
      case "disconnect":
      case "lost":
      case "renewed":
      case "interrupted":
      case "silent":
        break;
      case "cancelled":
        this.options.onCancelled?.(peer, effect.exchange, effect.reason);
        return;
      default:
        effect satisfies never;
    }
  }

  private send(peer: Peer, bytes: Uint8Array): void {
    const colon = peer.lastIndexOf(":");
    const host = peer.slice(0, colon).replace(/^\[|\]$/g, "");
    this.socket.send(bytes, Number(peer.slice(colon + 1)), host);
  }

  /** What goes wrong in the program above is nobody's business on the wire. */
  private async serve(peer: Peer, exchange: ExchangeId, request: CoapMessage): Promise<void> {
    const { onRequest, onError } = this.options;
    let message: CoapMessage = { code: CODE.notFound, options: [], payload: NO_PAYLOAD };
    try {
      if (onRequest !== undefined) message = await onRequest(peer, request, exchange);
    } catch (error) {
      onError?.(error);
      message = { code: CODE.internalServerError, options: [], payload: NO_PAYLOAD };
    }
    this.feed({ peer, event: { type: "respond", exchange, message } });
  }

  private settle(peer: Peer, notification: number): Delivery | undefined {
    const key = `${peer} ${notification}`;
    const delivery = this.deliveries.get(key);
    this.deliveries.delete(key);
    return delivery;
  }
}

function closed(): Error {
  return new Error("the CoAP socket was closed");
}

function formatPeer(address: string, port: number): Peer {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
