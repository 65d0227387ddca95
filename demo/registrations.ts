/** The Registration interface of a server: Register, Update, De-register (Core 1.2 §6.2). */
import { type Clock, SECOND, systemClock } from "../src/clock.ts";
import { CODE } from "../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../src/coap/options.ts";
import { ProtocolError } from "../src/errors.ts";
import { type CoreLink, parseLinks } from "../src/lwm2m/formats/link-format.ts";
import type { Client } from "./client.ts";

/** Seconds, where a Register does not say (Core 1.2 §6.2.1). */
const DEFAULT_LIFETIME = 86_400;

const utf8 = new TextDecoder();

export interface RegistrationListener {
  onRegistered(client: Client): void;
  /** `listed`: the Update carried a new object list; `moved`: it came from another address than the one before. */
  onUpdated(client: Client, update: { readonly listed: boolean; readonly moved: boolean }): void;
  /** It is registered no more; `replaced`: the same endpoint has registered anew. */
  onDeregistered(client: Client, why: "de-registered" | "replaced" | "was not heard for its lifetime"): void;
}

export class Registrations {
  private readonly listener: RegistrationListener;
  private readonly clock: Clock;
  /** By location. */
  private readonly clients = new Map<string, Client>();
  private count = 0;

  constructor(listener: RegistrationListener, clock: Clock = systemClock) {
    this.listener = listener;
    this.clock = clock;
  }

  get all(): readonly Client[] {
    return [...this.clients.values()];
  }

  /** Answers a request below `/rd`. Throws ProtocolError for a query or an object list that is none. */
  serve(peer: string, message: CoapMessage): CoapMessage {
    const [, location] = stringValues(message, OPTION.uriPath);
    if (location === undefined) {
      return message.code === CODE.post ? this.register(peer, message) : answer(CODE.methodNotAllowed);
    }
    const client = this.clients.get(location);
    if (client === undefined) return answer(CODE.notFound);
    if (message.code === CODE.delete) {
      this.remove(client, "de-registered");
      return answer(CODE.deleted);
    }
    return message.code === CODE.post ? this.update(client, peer, message) : answer(CODE.methodNotAllowed);
  }

  /** Removes whoever has not been heard for its lifetime (Core 1.2 §6.2). */
  expire(): void {
    const now = this.clock.monotonic();
    for (const client of this.all) {
      if (now >= client.heard + client.lifetime * SECOND) this.remove(client, "was not heard for its lifetime");
    }
  }

  private register(peer: string, message: CoapMessage): CoapMessage {
    const query = queryOf(message);
    const endpoint = query.get("ep") ?? "";
    if (endpoint === "") throw new ProtocolError("a Register without ep=, the Endpoint Client Name");
    const lifetime = lifetimeOf(query) ?? DEFAULT_LIFETIME;
    const links = linksOf(message);
    const client: Client = {
      endpoint,
      peer,
      location: (++this.count).toString(36).padStart(4, "0"),
      version: query.get("lwm2m") ?? "1.0",
      lifetime,
      heard: this.clock.monotonic(),
      links,
      devices: new Map(),
      values: new Map(),
      observed: new Map(),
    };
    for (const old of this.all) if (old.endpoint === endpoint) this.remove(old, "replaced");
    this.clients.set(client.location, client);
    this.listener.onRegistered(client);
    const options = stringOptions(OPTION.locationPath, ["rd", client.location]);
    return { code: CODE.created, options, payload: NO_PAYLOAD };
  }

  private update(client: Client, peer: string, message: CoapMessage): CoapMessage {
    const lifetime = lifetimeOf(queryOf(message)) ?? client.lifetime;
    const listed = message.payload.length > 0;
    const links = listed ? linksOf(message) : client.links;
    const moved = peer !== client.peer;
    client.lifetime = lifetime;
    client.links = links;
    client.peer = peer;
    client.heard = this.clock.monotonic();
    this.listener.onUpdated(client, { listed, moved });
    return answer(CODE.changed);
  }

  private remove(client: Client, why: Parameters<RegistrationListener["onDeregistered"]>[1]): void {
    this.clients.delete(client.location);
    this.listener.onDeregistered(client, why);
  }
}

export function answer(code: number): CoapMessage {
  return { code, options: [], payload: NO_PAYLOAD };
}

function linksOf(message: CoapMessage): readonly CoreLink[] {
  const links = parseLinks(utf8.decode(message.payload));
  if (links.length === 0) throw new ProtocolError("the object list is empty");
  return links;
}

function lifetimeOf(query: ReadonlyMap<string, string>): number | undefined {
  const text = query.get("lt");
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new ProtocolError(`lt=${text}: expected seconds`);
  return Number(text);
}

function queryOf(message: CoapMessage): ReadonlyMap<string, string> {
  return new Map(
    stringValues(message, OPTION.uriQuery).map((argument) => {
      const at = argument.indexOf("=");
      return at === -1 ? [argument, ""] : [argument.slice(0, at), argument.slice(at + 1)];
    }),
  );
}
