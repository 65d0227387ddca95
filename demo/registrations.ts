/** The Registration interface of a server: Register, Update, De-register (Core 1.2 §6.2). */
import { CODE } from "../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../src/coap/options.ts";
import { ProtocolError } from "../src/errors.ts";
import { parseLinks } from "../src/lwm2m/formats/link-format.ts";
import type { Client } from "./client.ts";

const utf8 = new TextDecoder();

export interface RegistrationListener {
  onRegistered(client: Client): void;
  /** `listed`: the Update carried a new object list. */
  onUpdated(client: Client, listed: boolean): void;
  onDeregistered(client: Client): void;
}

export class Registrations {
  private readonly listener: RegistrationListener;
  private readonly clients = new Map<string, Client>();
  private count = 0;

  constructor(listener: RegistrationListener) {
    this.listener = listener;
  }

  get all(): readonly Client[] {
    return [...this.clients.values()];
  }

  /** Answers a request below `/rd`. Throws ProtocolError for an object list that is none. */
  serve(peer: string, message: CoapMessage): CoapMessage {
    const [, location] = stringValues(message, OPTION.uriPath);
    if (message.code === CODE.post && location === undefined) return this.register(peer, message);
    const client = this.clients.get(location ?? "");
    if (client === undefined) return answer(CODE.notFound);
    if (message.code === CODE.delete) {
      this.clients.delete(client.location);
      this.listener.onDeregistered(client);
      return answer(CODE.deleted);
    }
    return message.code === CODE.post ? this.update(client, message) : answer(CODE.methodNotAllowed);
  }

  private register(peer: string, message: CoapMessage): CoapMessage {
    const query = queryOf(message);
    const endpoint = query.get("ep");
    if (endpoint === undefined || message.payload.length === 0) return answer(CODE.badRequest);
    for (const old of this.clients.values()) if (old.endpoint === endpoint) this.clients.delete(old.location);
    const client: Client = {
      endpoint,
      peer,
      location: (++this.count).toString(36).padStart(4, "0"),
      version: query.get("lwm2m") ?? "1.0",
      lifetime: Number(query.get("lt") ?? 86400),
      links: linksOf(message),
      devices: new Map(),
      values: new Map(),
      observed: new Map(),
    };
    this.clients.set(client.location, client);
    this.listener.onRegistered(client);
    return {
      code: CODE.created,
      options: stringOptions(OPTION.locationPath, ["rd", client.location]),
      payload: NO_PAYLOAD,
    };
  }

  private update(client: Client, message: CoapMessage): CoapMessage {
    const lifetime = queryOf(message).get("lt");
    if (lifetime !== undefined) client.lifetime = Number(lifetime);
    const listed = message.payload.length > 0;
    if (listed) client.links = linksOf(message);
    this.listener.onUpdated(client, listed);
    return answer(CODE.changed);
  }
}

export function answer(code: number): CoapMessage {
  return { code, options: [], payload: NO_PAYLOAD };
}

function linksOf(message: CoapMessage) {
  const links = parseLinks(utf8.decode(message.payload));
  if (links.length === 0) throw new ProtocolError("the object list is empty");
  return links;
}

function queryOf(message: CoapMessage): ReadonlyMap<string, string> {
  return new Map(
    stringValues(message, OPTION.uriQuery).map((argument) => {
      const at = argument.indexOf("=");
      return at === -1 ? [argument, ""] : [argument.slice(0, at), argument.slice(at + 1)];
    }),
  );
}
