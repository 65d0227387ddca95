/** An HTTP server with one file, that answers as it is told: cut, changed, slow, or of another opinion about ranges. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Lifetime } from "./process.ts";

export interface Answering {
  body: Uint8Array;
  etag: string | undefined;
  /** Sent in each answer. */
  headers: Record<string, string>;
  /** Each of the next answers ends its connection after so many bytes. */
  cuts: number[];
  ranges: boolean;
  /** Instead of everything else. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

export interface FileServer extends Answering {
  readonly port: number;
  readonly url: string;
  /** The Range of each request, or "whole". */
  readonly asked: string[];
}

export async function aFileServer(
  t: Lifetime,
  given: Partial<Answering> = {},
  tls?: { readonly cert: string | Buffer; readonly key: string | Buffer },
): Promise<FileServer> {
  const answering: Answering = {
    body: new Uint8Array(0),
    etag: '"one"',
    headers: {},
    cuts: [],
    ranges: true,
    instead: undefined,
    ...given,
  };
  const asked: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.headers.range ?? "whole");
    if (made.instead?.(request, response) !== true) answer(made, request, response);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/image.bin`;
  const made: FileServer = Object.assign(answering, { port, url, asked });
  return made;
}

function answer(server: Answering, request: IncomingMessage, response: ServerResponse): void {
  const { body, etag, headers, ranges, cuts } = server;
  const { range, "if-range": ifRange } = request.headers;
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
  const part = ranges && !Number.isNaN(from) && (ifRange === undefined || ifRange === etag);
  const validator = etag === undefined ? {} : { etag };
  if (part && from >= body.length) {
    response.writeHead(416, { "content-range": `bytes */${body.length}`, ...headers }).end();
    return;
  }
  const sent = part ? body.subarray(from) : body;
  const position = part ? { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` } : {};
  response.writeHead(part ? 206 : 200, { "content-length": sent.length, ...validator, ...position, ...headers });
  const cut = cuts.shift();
  if (cut === undefined || cut >= sent.length) response.end(sent);
  else response.write(sent.subarray(0, cut), () => setImmediate(() => response.destroy()));
}

export function reprDigest(body: Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}
