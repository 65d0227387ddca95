/**
 * The HTTP server from which devices fetch images: it listens while there is an offer, at one address of this machine, and serves
 * nothing but what is offered. RFC 9110, RFC 9112; node:http reads the requests.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { DeviceError, type FirmwareImage, type Random } from "../../adapter.ts";
import { type Clock, MINUTE, SECOND } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { http } from "../../node-http.ts";
import { Fetched } from "./fetched.ts";
import type { ImageOffer, ImageOffers } from "./image-offers.ts";
import { type Served, serveImage } from "./serve-image.ts";
import { Strangers } from "./strangers.ts";

export interface ImageServerSettings {
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
}

export interface ImageServerContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
}

/** A device opens one, or a few; there is one job on a link. */
const MOST_CONNECTIONS = 32;
/** A device that stores what it gets may pause for an erase, not for longer. */
const IDLE = MINUTE;
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10 * SECOND,
  requestTimeout: 20 * SECOND,
  connectionsCheckingInterval: 5 * SECOND,
  keepAliveTimeout: MINUTE,
} as const;
const TOKEN_BYTES = 16;
const TOKEN = /^[\w-]{22}$/;
/** Of the file in a URL: some devices want to see how it ends. */
const PLAIN_NAME = /^[\w][\w.-]{0,63}$/;

/** What is offered under one path. */
interface Offered extends Served {
  readonly file: string;
}

export class ImageServer implements ImageOffers {
  private readonly settings: ImageServerSettings;
  private readonly context: ImageServerContext;
  private readonly strangers: Strangers;
  /** By the hash of the token, so that a look tells nothing of it by the time that it takes. */
  private readonly offers = new Map<string, Offered>();
  private listening: { readonly server: Server; readonly port: number } | undefined;
  /** Opening and closing come one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(settings: ImageServerSettings, context: ImageServerContext) {
    this.settings = settings;
    this.context = context;
    this.strangers = new Strangers(context.clock);
  }

  async offer(
    image: FirmwareImage,
    { token: kept, fetched: before = 0 }: { readonly token?: string; readonly fetched?: number } = {},
  ): Promise<ImageOffer> {
    const token = kept !== undefined && TOKEN.test(kept) ? kept : this.newToken();
    const file = image.name !== undefined && PLAIN_NAME.test(image.name) ? image.name : "firmware.bin";
    const fetched = new Fetched(image.size, before);
    const etag = `"${Buffer.from(image.sha256).toString("hex")}"`;
    const key = digest(token);
    const offered = { image, fetched, etag, file };
    this.offers.set(key, offered);
    const port = await this.opened(key);
    const { address } = this.settings;
    return {
      token,
      url: `http://${isIPv6(address) ? `[${address}]` : address}:${port}/${token}/${file}`,
      onFetched: (hears) => fetched.hear(hears),
      withdraw: () => this.withdraw(key, offered),
    };
  }

  async close(): Promise<void> {
    this.offers.clear();
    await this.inTurn(() => this.shut());
  }

  private newToken(): string {
    return Buffer.from(this.context.random(TOKEN_BYTES)).toString("base64url");
  }

  /** Resolves to the port, once it listens. */
  private async opened(key: string): Promise<number> {
    try {
      return await this.inTurn(async () => {
        this.listening ??= await this.listen();
        return this.listening.port;
      });
    } catch (error) {
      this.offers.delete(key);
      const { address, port } = this.settings;
      const reason = `devices cannot fetch from ${address}:${port} (gateway.firmware.http): ${reasonOf(error)}`;
      this.context.log.warn({ code: "LG596", reason }, "the server from which devices fetch images cannot be opened");
      throw new DeviceError("unreachable", reason, { cause: error });
    }
  }

  private async withdraw(key: string, offered: Offered): Promise<void> {
    // Another offer may have the token by now.
    if (this.offers.get(key) !== offered) return;
    this.offers.delete(key);
    await this.inTurn(async () => {
      if (this.offers.size === 0) await this.shut();
    });
  }

  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.turn.then(task);
    this.turn = run.catch(() => {});
    return run;
  }

  private async listen(): Promise<{ readonly server: Server; readonly port: number }> {
    const { address: host, port } = this.settings;
    const server = http.createServer(LIMITS, (incoming, response) => this.take(incoming, response));
    server.maxConnections = MOST_CONNECTIONS;
    server.timeout = IDLE;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => this.context.log.debug({ err: error }, "the server for images"));
    const bound = server.address();
    const found = typeof bound === "object" && bound !== null ? bound.port : port;
    this.context.log.info({ address: host, port: found }, "devices can fetch images");
    return { server, port: found };
  }

  private async shut(): Promise<void> {
    const server = this.listening?.server;
    this.listening = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    this.context.log.info({}, "devices can fetch nothing any more");
  }

  private take(incoming: IncomingMessage, response: ServerResponse): void {
    incoming.resume();
    const from = incoming.socket.remoteAddress ?? "an unknown address";
    const offered = this.find(incoming.url ?? "");
    if (offered === undefined) {
      this.refuse(from, response);
      return;
    }
    serveImage(incoming, response, offered, (reason) =>
      this.context.log.debug({ from, reason }, "an image was not fetched to its end"),
    );
  }

  private find(url: string): Offered | undefined {
    const [, token, file] = /^\/([\w-]{22})\/([\w.-]{1,64})$/.exec(url) ?? [];
    if (token === undefined) return undefined;
    const offered = this.offers.get(digest(token));
    return offered?.file === file ? offered : undefined;
  }

  private refuse(from: string, response: ServerResponse): void {
    const { log } = this.context;
    response.shouldKeepAlive = false;
    if (this.strangers.isRefused(from)) {
      response.socket?.destroy();
      return;
    }
    if (this.strangers.note(from)) {
      log.warn({ code: "LG597", from }, "somebody asks for an image that is not there, or not any more");
    }
    response.writeHead(404, { "content-length": 0 }).end();
  }
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
