/** The local window: JSON over HTTP on a Unix socket, for the command line. Reading only. */
import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import type { Logger } from "../log.ts";

/** Linux keeps socket paths in 108 bytes, the closing zero included. */
const LONGEST_PATH = 107;

/** What can be asked: each path with the function that answers it; the answer is sent as JSON. */
export type Routes = ReadonlyMap<string, () => unknown>;

export interface AdminSocket {
  close(): Promise<void>;
}

/** Listens on `path` for this user alone. Throws where another process answers there, or where the path cannot be a socket. */
export async function openAdminSocket(path: string, routes: Routes, log: Logger): Promise<AdminSocket> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new Error(
      `the admin socket path ${path} is longer than ${LONGEST_PATH} bytes; set gateway.socket to a shorter one`,
    );
  }
  await mkdir(dirname(path), { recursive: true });
  if (await answers(path)) throw new Error(`another gateway is running: it answers on ${path}`);
  await rm(path, { force: true });
  const server = createServer((incoming, response) => serve(routes, incoming, response, log));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
  await chmod(path, 0o600);
  return {
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(path, { force: true });
    },
  };
}

/** Asks a running gateway. Rejects with the system's error (`ENOENT`, `ECONNREFUSED`) where none listens. */
export function askAdminSocket(path: string, route: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: route, timeout: 5000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the gateway answered ${response.statusCode}: ${text}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer from the gateway on ${path} within 5 s`)));
    asked.on("error", reject);
    asked.end();
  });
}

async function answers(path: string): Promise<boolean> {
  try {
    await askAdminSocket(path, "/status");
    return true;
  } catch (error) {
    // Nobody listens behind a file that a killed process left; any other trouble means that somebody does.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code !== "ENOENT" && code !== "ECONNREFUSED" && code !== "ENOTSOCK";
  }
}

function serve(routes: Routes, incoming: IncomingMessage, response: ServerResponse, log: Logger): void {
  const answer = routes.get(incoming.url ?? "");
  if (incoming.method !== "GET" || answer === undefined) {
    response
      .writeHead(404, { "content-type": "text/plain" })
      .end(`no such thing: ${incoming.method} ${incoming.url}\n`);
    return;
  }
  try {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer(), jsonValue));
  } catch (error) {
    log.error({ err: error, route: incoming.url }, "an admin request failed");
    response.writeHead(500, { "content-type": "text/plain" }).end("see the gateway's log\n");
  }
}

/** What JSON cannot say: 64-bit integers as text, bytes as hexadecimal. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
