/** The API over HTTP, for whoever knows the token: at loopback, or with TLS. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { type Clock, MINUTE, SECOND, systemClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { http, loadHttps } from "../node-http.ts";
import { Audit } from "./audit.ts";
import { AdminRefusal, AdminSocketError } from "./errors.ts";
import type { Route } from "./route.ts";
import { Router } from "./router.ts";
import { refuse, type Serving, serve } from "./serve.ts";
import { sentenceOf } from "./socket-sentence.ts";
import { WrongTokens } from "./wrong-tokens.ts";

export interface HttpDoorSettings {
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
  readonly token: string;
  /** PEM. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  /** See AdminSettings. */
  readonly hosts: readonly string[];
  /** Others than the usual ones. */
  readonly limits?: Partial<DoorLimits>;
}

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** What a browser, some scripts and a monitoring need; one that opens many and says nothing takes no more. */
const MOST_CONNECTIONS = 64;

/** As Node calls them: bytes, and milliseconds. */
type DoorLimits = Readonly<Record<keyof typeof LIMITS, number>>;

const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10 * SECOND,
  requestTimeout: 30 * SECOND,
  connectionsCheckingInterval: 2 * SECOND,
  keepAliveTimeout: 5 * SECOND,
} as const;
/** On which nothing moves: of events something is written often enough, unless whoever listens has stopped to read. */
const IDLE = 10 * MINUTE;

/** Rejects with AdminSocketError where the address cannot be had. */
export async function openHttpDoor(
  settings: HttpDoorSettings,
  routes: readonly Route[],
  log: Logger,
  clock: Clock = systemClock,
): Promise<HttpDoor> {
  const audit = new Audit(log, clock);
  const wrongTokens = new WrongTokens(log, clock);
  const guard = new Guard(settings, wrongTokens, { router: new Router(routes), log, clock, audit });
  const server = serverOf(settings, (incoming, response) => guard.take(incoming, response));
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE;
  const port = await listen(server, settings);
  server.on("error", (error) => log.error({ code: "LG747", err: error }, "the HTTP door failed"));
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      audit.stop();
      wrongTokens.stop();
    },
  };
}

function serverOf({ tls, limits: others }: HttpDoorSettings, listener: RequestListener): Server {
  const limits = { ...LIMITS, ...others };
  if (tls === undefined) return http.createServer(limits, listener);
  const { certificate: cert, privateKey: key } = tls;
  return loadHttps().createServer(
    { ...limits, cert, key, minVersion: "TLSv1.2", handshakeTimeout: 10 * SECOND },
    listener,
  );
}

/** Resolves to the port. */
async function listen(server: Server, { address, port }: HttpDoorSettings): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    const message = `cannot listen at ${hostText(address)}:${port} (gateway.admin.listen): ${sentenceOf(error)}`;
    throw new AdminSocketError(message, { code: "LG707", cause: error });
  }
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

/** Lets in whoever asks for this gateway, from no other page, and knows the token. */
class Guard {
  private readonly hosts: ReadonlySet<string>;
  private readonly scheme: "http" | "https";
  private readonly token: Buffer;
  private readonly wrongTokens: WrongTokens;
  private readonly serving: Serving;

  constructor({ address, hosts, tls, token }: HttpDoorSettings, wrongTokens: WrongTokens, serving: Serving) {
    this.hosts = new Set([...hosts, address, ...LOOPBACK]);
    this.scheme = tls === undefined ? "http" : "https";
    this.token = digest(token);
    this.wrongTokens = wrongTokens;
    this.serving = serving;
  }

  take(incoming: IncomingMessage, response: ServerResponse): void {
    const from = incoming.socket.remoteAddress ?? "an unknown address";
    const isOpen = incoming.headers.authorization === undefined && this.isOpen(incoming);
    const refused = this.strange(incoming) ?? (isOpen ? undefined : this.unknown(incoming, from));
    if (refused === undefined) {
      void serve(this.serving, { incoming, response, by: `HTTP ${from}`, ...(isOpen ? { anonymous: true } : {}) });
      return;
    }
    incoming.resume();
    if (refused.status === 401) response.setHeader("www-authenticate", "Bearer");
    if (refused.status === 429) response.setHeader("retry-after", "60");
    // Nobody has to read on what comes from there.
    response.shouldKeepAlive = false;
    refuse(response, refused);
  }

  /** A page from elsewhere, in a browser of somebody who may ask: by a name that leads here (DNS rebinding), or by a form. */
  private strange({ headers: { host, origin } }: IncomingMessage): AdminRefusal | undefined {
    if (host === undefined || !this.hosts.has(nameOf(host))) {
      const message = `this gateway is not called "${host ?? ""}": gateway.admin.hosts lists its names`;
      return new AdminRefusal(message, { status: 421, code: "LG708" });
    }
    if (origin === undefined || origin.toLowerCase() === `${this.scheme}://${host.toLowerCase()}`) return undefined;
    return new AdminRefusal("a page from elsewhere may not ask this gateway", { status: 403, code: "LG708" });
  }

  private isOpen({ method = "", url = "" }: IncomingMessage): boolean {
    const found = this.serving.router.find(method, url);
    return "route" in found && found.route.open === true;
  }

  private unknown({ headers }: IncomingMessage, from: string): AdminRefusal | undefined {
    const [, token] = /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? "") ?? [];
    if (token !== undefined && timingSafeEqual(digest(token), this.token)) return undefined;
    if (token === undefined && headers.authorization === undefined) {
      return new AdminRefusal("expected the header Authorization: Bearer TOKEN", { status: 401, code: "LG706" });
    }
    if (this.wrongTokens.tell(from)) return new AdminRefusal("the token is wrong", { status: 401, code: "LG706" });
    return new AdminRefusal("too many wrong tokens: wait a minute", { status: 429, code: "LG706" });
  }
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Of equal length, so that the comparison takes the same time for any token. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** "gateway.local" of "Gateway.local:8080", "::1" of "[::1]:8080". */
function nameOf(host: string): string {
  const [, six, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (six ?? name ?? "").toLowerCase();
}

export function hostText(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
