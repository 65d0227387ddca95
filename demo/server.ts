/**
 * A small LwM2M Server with gateway support: it takes registrations, observes every object instance of every device behind
 * its clients, and can read, write and execute. For trying the gateway on loopback; it checks nobody's identity.
 */
import { type Clock, systemClock } from "../src/clock.ts";
import { CODE } from "../src/coap/codes.ts";
import { type CoapMessage, OPTION, stringValues } from "../src/coap/options.ts";
import { Lwm2mError, ProtocolError } from "../src/errors.ts";
import type { TimedPathValue } from "../src/lwm2m/formats/codec.ts";
import { type Path, parsePath } from "../src/lwm2m/path.ts";
import type { Value } from "../src/lwm2m/sample.ts";
import type { Client } from "./client.ts";
import { type CoapSocket, openCoapSocket, type Peer } from "./coap-socket.ts";
import { Explorer } from "./explorer.ts";
import { Management } from "./management.ts";
import { answer, type RegistrationListener, Registrations } from "./registrations.ts";

export interface DemoListener {
  /** A sentence about what happened. */
  onEvent(sentence: string): void;
  onValues(client: Client, values: readonly TimedPathValue[]): void;
}

export interface DemoServerOptions {
  /** 127.0.0.1 and a free port by default. */
  readonly host?: string;
  readonly port?: number;
  readonly clock?: Clock;
}

export class DemoServer {
  private readonly listener: DemoListener;
  private readonly clock: Clock;
  private readonly registrations: Registrations;
  private readonly socket: CoapSocket;
  private readonly management: Management;
  private readonly explorer: Explorer;

  private constructor(listener: DemoListener, clock: Clock, socket: CoapSocket) {
    this.listener = listener;
    this.clock = clock;
    this.socket = socket;
    this.management = new Management(socket, clock);
    this.explorer = new Explorer(this.management, {
      onEvent: (sentence) => listener.onEvent(sentence),
      onValues: (client, values) => this.take(client, values),
      isThere: (client) => this.clients.includes(client),
    });
    const onDeregistered = (client: Client, why: string): void => {
      this.explorer.forget(client);
      if (why !== "replaced") listener.onEvent(`${client.endpoint} ${why}`);
    };
    const onUpdated: RegistrationListener["onUpdated"] = (client, { listed, moved }) => {
      if (moved) this.explorer.forget(client);
      if (moved || listed) this.explorer.explore(client);
    };
    const onRegistered = (client: Client): void => this.onRegistered(client);
    this.registrations = new Registrations({ onRegistered, onUpdated, onDeregistered }, clock);
  }

  static async start(listener: DemoListener, options: DemoServerOptions = {}): Promise<DemoServer> {
    const { clock = systemClock, ...address } = options;
    let server: DemoServer | undefined;
    const socket = await openCoapSocket({
      ...address,
      onRequest: async (peer, message) => server?.serve(peer, message) ?? answer(CODE.serviceUnavailable),
      onError: (error) => listener.onEvent(`a request was refused: ${String(error)}`),
    });
    server = new DemoServer(listener, clock, socket);
    return server;
  }

  get port(): number {
    return this.socket.port;
  }

  get clients(): readonly Client[] {
    return this.registrations.all;
  }

  /** Rejects where the client answers with an error; the message has its code and diagnostic text. */
  read(client: Client, path: Path): Promise<readonly TimedPathValue[]> {
    return this.management.read(client.peer, path);
  }

  /** Writes one resource as SenML CBOR; resolves once the device has confirmed it. */
  write(client: Client, path: Path, value: Value): Promise<void> {
    return this.management.write(client.peer, path, value);
  }

  execute(client: Client, path: Path): Promise<void> {
    return this.management.execute(client.peer, path);
  }

  /** Drops who has not been heard for its lifetime, and observes anew what could not be observed. Call it every now and then. */
  tend(): void {
    this.registrations.expire();
    for (const client of this.clients) if (this.explorer.isIncomplete(client)) this.explorer.explore(client);
  }

  async close(): Promise<void> {
    await this.socket.close();
  }

  /** What is no Register, Update, De-register or Send is refused; the bytes of a payload may be anything. */
  private serve(peer: Peer, message: CoapMessage): CoapMessage {
    const [first] = stringValues(message, OPTION.uriPath);
    try {
      if (first === "rd") return this.registrations.serve(peer, message);
      if (first === "dp" && message.code === CODE.post) return this.onSend(peer, message);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof Lwm2mError)) throw error;
      this.listener.onEvent(`a request of ${peer} was refused: ${error.message}`);
      return answer(error instanceof Lwm2mError ? error.code : CODE.badRequest);
    }
    return answer(CODE.notFound);
  }

  /** Send (Core 1.2 §6.4.6): values that the client chose to report. */
  private onSend(peer: Peer, message: CoapMessage): CoapMessage {
    const client = this.clients.find((known) => known.peer === peer);
    if (client === undefined) return answer(CODE.notFound);
    this.take(client, this.management.valuesOf(parsePath("/"), message));
    return answer(CODE.changed);
  }

  private onRegistered(client: Client): void {
    const { endpoint, version, lifetime, location } = client;
    this.listener.onEvent(`${endpoint} registered: LwM2M ${version}, lifetime ${lifetime} s, /rd/${location}`);
    this.explorer.explore(client);
  }

  private take(client: Client, values: readonly TimedPathValue[]): void {
    const now = this.clock.wall();
    for (const { path, value, time = now } of values) {
      const known = client.values.get(path);
      if (known === undefined || known.time <= time) client.values.set(path, { value, time });
    }
    this.listener.onValues(client, values);
  }
}
