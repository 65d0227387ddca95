/** The Registration interface of the scripted server: Core 1.2 §6.2. It keeps what was asked, and answers as told. */
import type { UnixMillis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../../src/coap/options.ts";

/** A request of the gateway, as a test wants to see it. */
export interface Heard {
  readonly type: "register" | "update" | "deregister" | "other";
  readonly at: UnixMillis;
  /** `ep=urn:…`, `lt=300`: as they came. */
  readonly query: readonly string[];
  /** "/rd", "/rd/1". */
  readonly path: string;
  /** The object list; "" where there is none. */
  readonly objects: string;
}

export class ScriptedRegistrations {
  readonly heard: Heard[] = [];
  /** Answered in place of success, by kind of request, until taken away. */
  readonly refuse: { [Kind in "register" | "update" | "deregister"]?: number | undefined } = {};
  /** The one version that it takes, where it does not take all: 4.12 to others. */
  version: string | undefined;
  private current: string | undefined;
  private count = 0;

  /** Of the registration that stands, e.g. "/rd/1". */
  get location(): string | undefined {
    return this.current;
  }

  /** As after a restart: what it knew is gone. */
  forget(): void {
    this.current = undefined;
  }

  /** A registration of before the test. */
  adopt(location: string): void {
    this.current = location;
  }

  serve(message: CoapMessage, at: UnixMillis): CoapMessage {
    const path = `/${stringValues(message, OPTION.uriPath).join("/")}`;
    const type = kindOf(message, path);
    const query = stringValues(message, OPTION.uriQuery);
    this.heard.push({ type, at, query, path, objects: new TextDecoder().decode(message.payload) });
    switch (type) {
      case "register":
        return this.refuse.register === undefined ? this.register(query) : answer(this.refuse.register);
      case "update":
        return answer(this.refuse.update ?? (path === this.current ? CODE.changed : CODE.notFound));
      case "deregister": {
        const known = path === this.current;
        this.current = undefined;
        return answer(this.refuse.deregister ?? (known ? CODE.deleted : CODE.notFound));
      }
      case "other":
        return answer(CODE.notFound);
    }
  }

  private register(query: readonly string[]): CoapMessage {
    if (this.version !== undefined && !query.includes(`lwm2m=${this.version}`)) return answer(CODE.preconditionFailed);
    this.current = `/rd/${++this.count}`;
    const options = stringOptions(OPTION.locationPath, ["rd", String(this.count)]);
    return { code: CODE.created, options, payload: NO_PAYLOAD };
  }
}

function kindOf(message: CoapMessage, path: string): Heard["type"] {
  if (message.code === CODE.post && path === "/rd") return "register";
  if (message.code === CODE.post && path.startsWith("/rd/")) return "update";
  if (message.code === CODE.delete && path.startsWith("/rd/")) return "deregister";
  return "other";
}

function answer(code: number): CoapMessage {
  return { code, options: [], payload: NO_PAYLOAD };
}
