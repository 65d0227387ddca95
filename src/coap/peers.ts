/**
 * Many peers on one socket: an endpoint for each remote address, so that message IDs and tokens of one mean nothing to
 * another, and a response from another address or port matches nothing (RFC 7252 §4.4, §5.3.2).
 */
import type { Millis } from "../clock.ts";
import type { Machine, Timeout } from "../machine.ts";
import { Alarm, Alarms } from "./alarms.ts";
import { type CoapEffect, CoapEndpoint, type CoapEndpointOptions, type CoapEvent } from "./endpoint.ts";

/** The address of a peer, as text that the socket's owner chooses: "192.0.2.7:5683". */
export type Peer = string;

export interface PeerEvent {
  readonly peer: Peer;
  readonly event: CoapEvent;
}

export interface PeerEffect {
  readonly peer: Peer;
  readonly effect: CoapEffect;
}

export interface CoapPeersOptions extends CoapEndpointOptions {
  /** How many peers are kept: 1024. Beyond it the idle one that was silent longest makes room. */
  readonly maxPeers?: number;
}

interface Known {
  readonly endpoint: CoapEndpoint;
  readonly alarm: Alarm;
}

/** All peers of one socket. A peer begins with its first datagram, or with our first request to it. */
export class CoapPeers implements Machine<PeerEvent, PeerEffect> {
  private readonly options: CoapPeersOptions;
  private readonly maxPeers: number;
  private readonly alarms = new Alarms();
  /** The one that was heard last stands last. */
  private readonly peers = new Map<Peer, Known>();
  private rung: PeerEffect[] = [];
  private refusedPeers = 0;

  constructor(options: CoapPeersOptions) {
    this.options = options;
    this.maxPeers = options.maxPeers ?? 1024;
  }

  get deadline(): Millis | undefined {
    return this.alarms.next;
  }

  get size(): number {
    return this.peers.size;
  }

  /** How many datagrams of new peers were ignored because every place was taken by one that is busy. */
  get refused(): number {
    return this.refusedPeers;
  }

  /** The endpoint of a peer, for its counters; undefined where it is not known. */
  endpoint(peer: Peer): CoapEndpoint | undefined {
    return this.peers.get(peer)?.endpoint;
  }

  handle(event: PeerEvent | Timeout, now: Millis): PeerEffect[] {
    if ("type" in event) {
      this.rung = [];
      this.alarms.ring(now);
      return this.rung;
    }
    const known = this.peers.get(event.peer) ?? this.begin(event);
    if (known === undefined) return this.refuse(event);
    if (event.event.type === "datagram") {
      this.peers.delete(event.peer);
      this.peers.set(event.peer, known);
    }
    return this.run(event.peer, known, event.event, now);
  }

  private run(peer: Peer, known: Known, event: CoapEvent | Timeout, now: Millis): PeerEffect[] {
    const effects = known.endpoint.handle(event, now).map((effect) => ({ peer, effect }));
    const deadline = known.endpoint.deadline;
    if (deadline === undefined) this.alarms.clear(known.alarm);
    else this.alarms.set(known.alarm, deadline);
    return effects;
  }

  /** Only what the peer sends, or a request of ours, begins a peer; what comes late for one that is gone does not. */
  private begin({ peer, event }: PeerEvent): Known | undefined {
    if (event.type !== "datagram" && event.type !== "request") return undefined;
    if (event.type === "datagram" && this.peers.size >= this.maxPeers && !this.makeRoom()) return undefined;
    const alarm = new Alarm((time) => this.rung.push(...this.run(peer, known, { type: "timeout" }, time)));
    const known: Known = { endpoint: new CoapEndpoint(this.options), alarm };
    this.peers.set(peer, known);
    return known;
  }

  private makeRoom(): boolean {
    for (const [peer, { endpoint, alarm }] of this.peers) {
      if (!endpoint.idle) continue;
      this.alarms.clear(alarm);
      this.peers.delete(peer);
      return true;
    }
    return false;
  }

  private refuse({ peer, event }: PeerEvent): PeerEffect[] {
    if (event.type === "datagram") this.refusedPeers++;
    if (event.type !== "notify") return [];
    const { exchange, notification } = event;
    return [{ peer, effect: { type: "failed", exchange, notification, reason: "reset" } }];
  }
}
