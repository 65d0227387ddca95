/** The local window: JSON over HTTP on a Unix socket, for the command line. */
import { mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import { reasonOf, systemCode } from "../errors.ts";
import type { Logger } from "../log.ts";

/** Linux keeps socket paths in 108 bytes, the closing zero included. */
const LONGEST_PATH = 107;
/** How long a gateway may take to answer: it computes, and waits for nobody. */
const PATIENCE = 5000;
/** Of what is asked, in bytes. */
const LONGEST_BODY = 65_536;

/** A GET, answered by what the function gives or resolves to; or a POST, which takes the JSON of its body. The answer is sent as JSON. */
export type Route = (() => unknown) | { readonly post: (body: unknown) => Promise<unknown> };

/** What can be asked, by its path. */
export type Routes = ReadonlyMap<string, Route>;

export interface AdminSocket {
  close(): Promise<void>;
}

/** The socket cannot be had, or nobody answers there; the message says what is in the way, for the person who can mend it. */
export class AdminSocketError extends Error {
  /** The system's word where it has one, e.g. "ENOENT". */
  readonly code: string | undefined;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AdminSocketError";
    this.code = systemCode(options?.cause);
  }
}

/** What was asked for makes no sense; the message says what was expected. At both ends of the socket. */
export class AdminRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AdminRefusal";
  }
}

/**
 * Listens on `path` for this user alone, making its directory where that is missing. Rejects with AdminSocketError where
 * another process answers there, or where the path cannot be a socket; nothing is left open then.
 */
export async function openAdminSocket(path: string, routes: Routes, log: Logger): Promise<AdminSocket> {
  const length = Buffer.byteLength(path);
  if (length > LONGEST_PATH) {
    throw new AdminSocketError(
      `the path of the admin socket, ${path}, has ${length} bytes, and a socket can have ${LONGEST_PATH}: ` +
        "give gateway.state a shorter path",
    );
  }
  if (await answers(path)) throw new AdminSocketError(`another gateway is running: it answers on ${path}`);
  const server = createServer((incoming, response) => void serve(routes, incoming, response, log));
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await listen(server, path);
  } catch (error) {
    throw new AdminSocketError(`cannot open the admin socket ${path}: ${sentenceOf(error)}`, { cause: error });
  }
  server.on("error", (error) => log.error({ err: error }, "the admin socket failed: status is not answered any more"));
  return { close: () => close(server) };
}

/** What goes with a POST, and how long the gateway may take to answer it. */
export interface Posted {
  readonly body: unknown;
  readonly patience: number;
}

/**
 * Asks a running gateway; with a body by POST. Rejects with AdminRefusal where it does not take what was asked, else with
 * AdminSocketError: `code` is ENOENT or ECONNREFUSED where none listens.
 */
export function askAdminSocket(path: string, route: string, posted?: Posted): Promise<unknown> {
  const { patience: timeout = PATIENCE, body } = posted ?? {};
  const method = posted === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new AdminSocketError(`no answer on ${path}: ${sentenceOf(error)}`, { cause: error }));
    };
    const asked = request({ socketPath: path, path: route, method, timeout, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const value = response.statusCode === 200 ? parsed(text) : undefined;
        if (value !== undefined) resolve(value);
        else if (response.statusCode === REFUSED) reject(new AdminRefusal(text.trim()));
        else fail(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200).trim()}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`nothing came within ${timeout / 1000} s`)));
    asked.on("error", fail);
    asked.end(posted === undefined ? undefined : JSON.stringify(body));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function answers(path: string): Promise<boolean> {
  try {
    await askAdminSocket(path, "/status");
    return true;
  } catch (error) {
    // Nobody listens behind a file that a killed process left; any other trouble means that somebody does.
    const code = error instanceof AdminSocketError ? error.code : undefined;
    return !NOBODY.includes(code);
  }
}

const NOBODY: readonly (string | undefined)[] = ["ENOENT", "ENOTDIR", "ECONNREFUSED", "ENOTSOCK"];

/** The socket is made without rights for others; changing them afterwards would leave a moment for anybody. */
async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes the file too. Who is being answered hears no more. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** HTTP 400: see AdminRefusal. */
const REFUSED = 400;

async function serve(routes: Routes, incoming: IncomingMessage, response: ServerResponse, log: Logger): Promise<void> {
  const route = routes.get(incoming.url ?? "");
  const method = typeof route === "function" ? "GET" : "POST";
  if (route === undefined || incoming.method !== method) {
    end(response, 404, `no such thing: ${incoming.method} ${incoming.url}\n`);
    return;
  }
  try {
    const answer = typeof route === "function" ? await route() : await route.post(await bodyOf(incoming));
    end(response, 200, JSON.stringify(answer, jsonValue));
  } catch (error) {
    if (error instanceof AdminRefusal) {
      end(response, REFUSED, `${error.message}\n`);
      return;
    }
    log.error({ err: error, route: incoming.url }, "an admin request failed");
    end(response, 500, "see the gateway's log\n");
  }
}

/** What JSON says; what is too long for it is read all the same, so that the refusal can be. Throws AdminRefusal. */
async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  incoming.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LONGEST_BODY) chunks.push(chunk);
  });
  // Who hangs up in the middle ends the body too.
  await new Promise<void>((resolve) => incoming.on("end", resolve).on("close", resolve));
  if (length > LONGEST_BODY) throw new AdminRefusal(`expected ${LONGEST_BODY} bytes at most, not ${length}`);
  const value = parsed(Buffer.concat(chunks).toString());
  if (value === undefined) throw new AdminRefusal("expected JSON");
  return value;
}

function end(response: ServerResponse, code: number, text: string): void {
  const type = code === 200 ? "application/json" : "text/plain; charset=utf-8";
  response.writeHead(code, { "content-type": type, connection: "close" }).end(text);
}

/** What JSON cannot say: 64-bit integers as text, bytes as hexadecimal. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ECONNREFUSED: "nobody listens",
  EACCES: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  EADDRINUSE: "another process has it",
};

function sentenceOf(error: unknown): string {
  return REASONS[systemCode(error) ?? ""] ?? reasonOf(error);
}
