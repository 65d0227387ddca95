/**
 * The edge fake "datagram wire" with an LwM2M Server at its far end: a CoAP endpoint of ours on the test's clock, which does
 * what a test tells it and keeps everything that it hears.
 */
import type { Millis, UnixMillis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { CoapEffect, ExchangeId } from "../../src/coap/endpoint.ts";
import { encodeMessage, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapMessage, OPTION, uintOption, withOption } from "../../src/coap/options.ts";
import type { ServerScheme } from "../../src/config/types.ts";
import { CONTENT_FORMAT, type TimedPathValue } from "../../src/lwm2m/formats/codec.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { Transport } from "../../src/servers/transport/transport.ts";
import type { UplinkPort } from "../../src/servers/uplink/uplinks.ts";
import { PSK } from "./dtls.ts";
import { DtlsEnd, type Opening } from "./dtls-end.ts";
import type { FakeClock } from "./fake-clock.ts";
import { DatagramEnd, type FarEnd, type FarEndOptions } from "./far-end.ts";
import { type Notification, ScriptedAsks } from "./scripted-asks.ts";
import { type Answer, type Asked, changesOf, encoded, namesOf } from "./scripted-messages.ts";
import { ScriptedRegistrations } from "./scripted-registrations.ts";
import { ScriptedSends } from "./scripted-sends.ts";
import { kept, settled } from "./settled.ts";
import { StreamEnd } from "./stream-end.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** A message, seen on the server's side of the wire. Those of a stream have no type and no ID: they are shown as NON and 0. */
export interface Packet {
  readonly from: "gateway" | "server";
  readonly at: UnixMillis;
  readonly message: UdpMessage;
}

export class ScriptedServer {
  readonly wire: Wire;
  readonly registrations = new ScriptedRegistrations();
  readonly sends = new ScriptedSends();
  readonly notifications: Notification[] = [];
  readonly packets: Packet[] = [];
  /** While true its name has no address. */
  unresolved = false;
  /** Where it is set, it decides when a request of the gateway is answered, by calling `answer`. */
  hold: ((answer: () => void) => void) | undefined;
  /** What time it is at the server, which the gateway need not know. */
  now: () => UnixMillis = () => this.clock.wall();
  private readonly clock: FakeClock;
  private readonly end: FarEnd;
  private readonly asks = new ScriptedAsks(
    (event) => this.end.feed(event),
    (notification) => this.notifications.push(notification),
  );
  private arriving: Answer["type"] = "non";

  /** Reached by UDP, or where `scheme` says so by TCP. */
  constructor(clock: FakeClock, wire: WireOptions = {}, scheme: ServerScheme = "coap") {
    this.clock = clock;
    this.wire = new Wire(clock, wire);
    const options: FarEndOptions = {
      clock,
      wire: this.wire,
      resolves: () => !this.unresolved,
      onSession: () => this.asks.clear(),
      onPacket: (from, message) => this.note(from, message),
      perform: (effect) => this.perform(effect),
    };
    this.end = farEnd(scheme, options);
  }

  /** The gateway's end of the wire; it leaves from the wished port where that is free. The server knows it by its port. */
  openTransport(wishedPort?: number, opening?: Opening, uplink?: UplinkPort): Transport {
    return this.end.openTransport(wishedPort, opening, uplink);
  }

  /** Of a server that is reached by UDP. */
  get datagrams(): DatagramEnd {
    if (this.end instanceof DatagramEnd) return this.end;
    throw new RangeError("this server is not reached by UDP");
  }

  /** Local ports that another process has by now. */
  get takenPorts(): Set<number> {
    return this.datagrams.takenPorts;
  }

  /** Of a server that is reached by DTLS. */
  get dtls(): DtlsEnd {
    if (this.end instanceof DtlsEnd) return this.end;
    throw new RangeError("this server is reached without DTLS");
  }

  /** Of a server that is reached by TCP. */
  get stream(): StreamEnd {
    if (this.end instanceof StreamEnd) return this.end;
    throw new RangeError("this server is reached by UDP");
  }

  /** Begins anew with its CoAP, as a restarted server does; what it knows of registrations is another matter. */
  restart(): void {
    this.end.restart();
  }

  async read(path: string, asked: Asked = {}): Promise<Answer> {
    return this.settled(this.ask(CODE.get, path, asked));
  }

  async discover(path: string, ...query: readonly string[]): Promise<Answer> {
    return this.read(path, { accept: CONTENT_FORMAT.linkFormat, query });
  }

  /** Writes one resource by PUT. */
  async write(path: string, value: Value, format: number = CONTENT_FORMAT.senmlCbor): Promise<Answer> {
    return this.settled(this.ask(CODE.put, path, { format, payload: encoded(path, { [path]: value }, format) }));
  }

  /** Writes some resources of an instance by POST; the names are whole paths. */
  async update(
    path: string,
    values: Readonly<Record<string, Value>>,
    format: number = CONTENT_FORMAT.senmlCbor,
  ): Promise<Answer> {
    return this.settled(this.ask(CODE.post, path, { format, payload: encoded(path, values, format) }));
  }

  /** Writes a whole instance, or resource, by PUT. */
  async replace(
    path: string,
    values: Readonly<Record<string, Value>>,
    format: number = CONTENT_FORMAT.senmlCbor,
  ): Promise<Answer> {
    return this.kept(this.ask(CODE.put, path, { format, payload: encoded(path, values, format) }));
  }

  /** Creates an instance of an object; without values it has neither payload nor ID. */
  async create(
    object: string,
    values?: Readonly<Record<string, Value>>,
    format: number = CONTENT_FORMAT.senmlCbor,
  ): Promise<Answer> {
    const asked = values === undefined ? {} : { format, payload: encoded(object, values, format) };
    return this.kept(this.ask(CODE.post, object, asked));
  }

  async delete(path: string): Promise<Answer> {
    return this.kept(this.ask(CODE.delete, path, {}));
  }

  async writeAttributes(path: string, ...query: readonly string[]): Promise<Answer> {
    return this.settled(this.ask(CODE.put, path, { query }));
  }

  async execute(path: string, args = ""): Promise<Answer> {
    return this.settled(this.ask(CODE.post, path, { payload: new TextEncoder().encode(args) }));
  }

  /** Observes in SenML CBOR where nothing else is said; the attributes go into the request. */
  async observe(path: string, attributes: Readonly<Record<string, number>> = {}, accept?: number): Promise<Answer> {
    const query = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
    return this.settled(this.ask(CODE.get, path, { observe: 0, query, accept: accept ?? CONTENT_FORMAT.senmlCbor }));
  }

  /** Ends an observation in the one way or the other (RFC 7641 §3.6). */
  async cancel(path: string, how: "deregister" | "forget" = "deregister"): Promise<Answer | undefined> {
    return this.endObserving(path, how, (exchange) => this.ask(CODE.get, path, { observe: 1 }, exchange));
  }

  /** Read-Composite: in SenML-ETCH CBOR, where nothing else is said. */
  async fetch(paths: readonly string[], asked: Asked = {}): Promise<Answer> {
    return this.settled(this.ask(CODE.fetch, "/", { ...composite(paths, asked.format), ...asked }));
  }

  /** Write-Composite; null removes an instance of a resource. */
  async ipatch(
    changes: Readonly<Record<string, Value | null>>,
    format: number = CONTENT_FORMAT.senmlEtchJson,
  ): Promise<Answer> {
    return this.settled(this.ask(CODE.ipatch, "/", { format, payload: changesOf(changes, format) }));
  }

  /** Observe-Composite; its notifications are those of the paths with spaces between. */
  async observeComposite(
    paths: readonly string[],
    attributes: Readonly<Record<string, number>> = {},
    accept: number = CONTENT_FORMAT.senmlCbor,
  ): Promise<Answer> {
    const query = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
    return this.settled(this.ask(CODE.fetch, "/", { ...composite(paths), observe: 0, query, accept }));
  }

  async cancelComposite(
    paths: readonly string[],
    how: "deregister" | "forget" = "deregister",
  ): Promise<Answer | undefined> {
    const asked = composite(paths);
    return this.endObserving(asked.name, how, (exchange) =>
      this.ask(CODE.fetch, "/", { ...asked, observe: 1 }, exchange),
    );
  }

  /** Sends a request and does not move the clock. Rejects where nothing answers. */
  ask(code: number, path: string, asked: Asked, running?: ExchangeId): Promise<Answer> {
    return this.asks.begin(code, path, asked, running);
  }

  /** What the gateway answers once it lies on the disk: that takes real time, in which the clock stands still. */
  async kept<T>(promise: Promise<T>): Promise<T> {
    return kept(promise, this.clock, this.wire);
  }

  /** Moves the clock from one event to the next until the promise has settled. */
  async settled<T>(promise: Promise<T>, limit?: Millis): Promise<T> {
    return settled(promise, this.clock, limit);
  }

  /** The values of this very path in all notifications so far, in the order of their arrival. */
  received(path: string): Value[] {
    return this.records(path).map(({ value }) => value);
  }

  /** The same with their times. */
  records(path: string): TimedPathValue[] {
    return this.notifications.flatMap(({ records }) => records.filter((record) => record.path === path));
  }

  /** The notifications of what is observed at this path. */
  notified(observed: string): Notification[] {
    return this.notifications.filter((notification) => notification.observed === observed);
  }

  /** Bytes, right or wrong, to the gateway's socket. */
  sendRaw(bytes: Uint8Array): void {
    this.end.send(bytes);
  }

  /** Takes back the Observe that was sent last, though it has no answer yet: the same token, Observe 1 (RFC 7641 §3.6). */
  takeBack(): void {
    const last = this.packets.findLast(({ from, message }) => from === "server" && message.code === CODE.get)?.message;
    if (last === undefined) throw new RangeError("nothing was asked");
    const message = withOption(last, uintOption(OPTION.observe, 1));
    this.sendRaw(encodeMessage(TYPE.con, (last.messageId + 0x8000) & 0xffff, last.token, message));
  }

  private async endObserving(
    name: string,
    how: "deregister" | "forget",
    deregister: (exchange: ExchangeId) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const exchange = this.asks.end(name);
    if (how === "deregister") return this.settled(deregister(exchange));
    this.asks.forget(exchange);
    return undefined;
  }

  private note(from: Packet["from"], message: UdpMessage): void {
    this.packets.push({ from, at: this.now(), message });
    if (from === "server") return;
    this.arriving = message.type === TYPE.con ? "con" : message.type === TYPE.ack ? "ack" : "non";
  }

  private perform(effect: CoapEffect): void {
    switch (effect.type) {
      case "serve":
        this.serve(effect.exchange, effect.message);
        break;
      case "response":
        this.asks.onResponse(effect.exchange, effect.message, { type: this.arriving, at: this.now() });
        break;
      case "failed":
        this.asks.onFailed(effect.exchange, effect.reason);
        break;
      case "send":
      case "delivered":
      case "broken":
      case "cancelled":
      case "reserved":
      case "disconnect":
      case "lost":
      case "renewed":
      case "interrupted":
      case "silent":
        break;
      default:
        effect satisfies never;
    }
  }

  private serve(exchange: ExchangeId, request: CoapMessage): void {
    const now = this.now();
    const message = this.sends.serve(request, now) ?? this.registrations.serve(request, now);
    const answer = (): void => this.end.feed({ type: "respond", exchange, message });
    if (this.hold === undefined) answer();
    else this.hold(answer);
  }
}

function composite(
  paths: readonly string[],
  format: number = CONTENT_FORMAT.senmlEtchCbor,
): Asked & { readonly name: string } {
  return { format, payload: namesOf(paths, format), name: paths.join(" ") };
}

function farEnd(scheme: ServerScheme, options: FarEndOptions): FarEnd {
  switch (scheme) {
    case "coap":
      return new DatagramEnd(options);
    case "coaps":
      return new DtlsEnd(options, PSK);
    case "coap+tcp":
      return new StreamEnd(options);
  }
}
