/**
 * A small LwM2M Server with gateway support: it takes registrations, reads object 25 of each client (Gateway TS 1.1 §6),
 * observes every object instance of every device behind it, and can read, write and execute. For trying the gateway on
 * loopback; it checks nobody's identity.
 */
import { type Clock, systemClock } from "../src/clock.ts";
import { CODE, formatCode, isSuccess } from "../src/coap/codes.ts";
import {
  type CoapMessage,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  stringValues,
  uintOption,
  uintValue,
} from "../src/coap/options.ts";
import { CONTENT_FORMAT, type TimedPathValue } from "../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../src/lwm2m/formats/index.ts";
import { parseLinks } from "../src/lwm2m/formats/link-format.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import { isWithin, type Path, parsePath, pathParts } from "../src/lwm2m/path.ts";
import type { Value } from "../src/lwm2m/sample.ts";
import { type Client, type DeviceBehind, instancePaths } from "./client.ts";
import { type CoapSocket, openCoapSocket, type Peer } from "./coap-socket.ts";
import { answer, Registrations } from "./registrations.ts";

const GATEWAY_OBJECT = parsePath("/25");

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
  private opened: CoapSocket | undefined;

  private constructor(listener: DemoListener, clock: Clock) {
    this.listener = listener;
    this.clock = clock;
    this.registrations = new Registrations({
      onRegistered: (client) => this.onRegistered(client),
      onUpdated: (client, listed) => listed && this.explore(client),
      onDeregistered: (client) => listener.onEvent(`${client.endpoint} de-registered`),
    });
  }

  static async start(listener: DemoListener, options: DemoServerOptions = {}): Promise<DemoServer> {
    const { clock = systemClock, ...address } = options;
    const server = new DemoServer(listener, clock);
    server.opened = await openCoapSocket({
      ...address,
      onRequest: async (peer, message) => server.serve(peer, message),
      onError: (error) => listener.onEvent(`a request was refused: ${String(error)}`),
    });
    return server;
  }

  get port(): number {
    return this.socket.port;
  }

  get clients(): readonly Client[] {
    return this.registrations.all;
  }

  /** Rejects where the client answers with an error; the message has its code and diagnostic text. */
  async read(client: Client, path: Path): Promise<readonly TimedPathValue[]> {
    const options = [uintOption(OPTION.accept, CONTENT_FORMAT.senmlCbor)];
    return this.valuesOf(path, await this.ask(client, CODE.get, path, { options }));
  }

  /** Writes one resource as SenML CBOR; resolves once the device has confirmed it. */
  async write(client: Client, path: Path, value: Value): Promise<void> {
    const sample = { path, value, time: this.clock.wall() };
    const payload = codecFor(CONTENT_FORMAT.senmlCbor)?.encode([sample], path, catalogue.typeOf);
    if (payload === undefined) throw new Error("no codec for SenML CBOR");
    const options = [uintOption(OPTION.contentFormat, CONTENT_FORMAT.senmlCbor)];
    await this.ask(client, CODE.put, path, { options, payload });
  }

  async execute(client: Client, path: Path): Promise<void> {
    await this.ask(client, CODE.post, path, {});
  }

  async close(): Promise<void> {
    await this.socket.close();
  }

  private get socket(): CoapSocket {
    if (this.opened === undefined) throw new Error("the demo server is not open");
    return this.opened;
  }

  private async serve(peer: Peer, message: CoapMessage): Promise<CoapMessage> {
    const [first] = stringValues(message, OPTION.uriPath);
    if (first === "rd") return this.registrations.serve(peer, message);
    if (first === "dp" && message.code === CODE.post) return this.onSend(peer, message);
    return answer(CODE.notFound);
  }

  /** Send (Core 1.2 §6.4.6): values that the client chose to report. */
  private onSend(peer: Peer, message: CoapMessage): CoapMessage {
    const client = this.clients.find((known) => known.peer === peer);
    if (client === undefined) return answer(CODE.notFound);
    this.take(client, this.valuesOf(parsePath("/"), message));
    return answer(CODE.changed);
  }

  private onRegistered(client: Client): void {
    const { endpoint, version, lifetime, location } = client;
    this.listener.onEvent(`${endpoint} registered: LwM2M ${version}, lifetime ${lifetime} s, /rd/${location}`);
    this.explore(client);
  }

  /** Observes anew what could not be observed, because its device was away. Call it every now and then. */
  retry(): void {
    for (const client of this.clients) {
      if (wantedPaths(client).some((path) => !client.observed.has(path))) this.explore(client);
    }
  }

  /** Reads who is behind the client and observes what is new; runs beside the answer to its Register or Update. */
  private explore(client: Client): void {
    this.discover(client).catch((error: unknown) => {
      this.listener.onEvent(`${client.endpoint}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  private async discover(client: Client): Promise<void> {
    if (!instancePaths(client.links, "").some((path) => isWithin(path, GATEWAY_OBJECT))) return;
    const values = await this.read(client, GATEWAY_OBJECT);
    this.take(client, values);
    const names = (): string => [...client.devices.keys()].map((prefix) => `/${prefix}`).join(" ");
    const before = names();
    client.devices = new Map(devicesOf(values).map((device) => [device.prefix, device]));
    if (names() !== before) {
      this.listener.onEvent(`${client.endpoint} shows ${client.devices.size} devices: ${names()}`);
    }
    const wanted = wantedPaths(client);
    this.dropUnwanted(client, wanted);
    for (const path of wanted) if (!client.observed.has(path)) await this.observe(client, path);
  }

  private dropUnwanted(client: Client, wanted: readonly Path[]): void {
    for (const [path, end] of client.observed) {
      if (wanted.includes(path)) continue;
      end();
      client.observed.delete(path);
      for (const known of client.values.keys()) if (isWithin(known, path)) client.values.delete(known);
    }
  }

  private async observe(client: Client, path: Path): Promise<void> {
    const message = request(CODE.get, path, { options: [uintOption(OPTION.accept, CONTENT_FORMAT.senmlCbor)] });
    const { response, cancel } = await this.socket.observe(client.peer, message, (notification) => {
      if (isSuccess(notification.code)) this.take(client, this.valuesOf(path, notification));
      else client.observed.delete(path);
    });
    if (!isSuccess(response.code)) {
      this.listener.onEvent(`${path} cannot be observed: ${explain(response)}`);
      return;
    }
    client.observed.set(path, () => void cancel("forget"));
    this.take(client, this.valuesOf(path, response));
  }

  private take(client: Client, values: readonly TimedPathValue[]): void {
    const now = this.clock.wall();
    for (const { path, value, time = now } of values) {
      const known = client.values.get(path);
      if (known === undefined || known.time <= time) client.values.set(path, { value, time });
    }
    this.listener.onValues(client, values);
  }

  private async ask(client: Client, code: number, path: Path, parts: RequestParts): Promise<CoapMessage> {
    const response = await this.socket.request(client.peer, request(code, path, parts));
    if (isSuccess(response.code)) return response;
    throw new Error(`${path}: ${explain(response)}`);
  }

  private valuesOf(base: Path, message: CoapMessage): readonly TimedPathValue[] {
    const format = uintValue(message, OPTION.contentFormat) ?? CONTENT_FORMAT.text;
    return decodeTimed(format, message.payload, { base, typeOf: catalogue.typeOf, now: this.clock.wall() });
  }
}

interface RequestParts {
  readonly options?: CoapMessage["options"];
  readonly payload?: Uint8Array;
}

function request(code: number, path: Path, { options = [], payload = NO_PAYLOAD }: RequestParts): CoapMessage {
  const segments = stringOptions(OPTION.uriPath, path.slice(1).split("/"));
  return { code, options: sortOptions([...segments, ...options]), payload };
}

/** Every object instance of every device behind a client. */
function wantedPaths(client: Client): Path[] {
  return [...client.devices.values()].flatMap(({ prefix, links }) => instancePaths(links, prefix));
}

/** The instances of object 25, from what a read of `/25` brought. */
function devicesOf(values: readonly TimedPathValue[]): DeviceBehind[] {
  const text = new Map(values.map(({ path, value }) => [path, String(value)]));
  const instances = new Set(values.map(({ path }) => pathParts(path).instance ?? 0));
  return [...instances].flatMap((instance) => {
    const prefix = text.get(parsePath(`/25/${instance}/1`));
    const id = text.get(parsePath(`/25/${instance}/0`)) ?? "";
    const links = parseLinks(text.get(parsePath(`/25/${instance}/3`)) ?? "");
    return prefix === undefined ? [] : [{ instance, id, prefix, links }];
  });
}

/** "5.00 the device does not answer" */
function explain(response: CoapMessage): string {
  return `${formatCode(response.code)} ${new TextDecoder().decode(response.payload)}`.trim();
}
