/** The local window: JSON over HTTP on a Unix socket, for the command line. */
import { mkdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { type Clock, SECOND, systemClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { http } from "../node-http.ts";
import { Audit } from "./audit.ts";
import { askAdminSocket } from "./client.ts";
import { AdminRefusal, AdminSocketError } from "./errors.ts";
import type { Route } from "./route.ts";
import { Router } from "./router.ts";
import { serve } from "./serve.ts";
import { sentenceOf } from "./socket-sentence.ts";

/** Linux keeps socket paths in 108 bytes, the closing zero included. */
const LONGEST_PATH = 107;
/** People with terminals, and what they have watch: one that is mad takes no more. */
const MOST_CONNECTIONS = 100;

export interface AdminSocket {
  close(): Promise<void>;
}

/**
 * Listens on `path` for this user alone, making its directory where that is missing. Rejects with AdminSocketError where
 * another process answers there, or where the path cannot be a socket; nothing is left open then.
 */
export async function openAdminSocket(
  path: string,
  routes: readonly Route[],
  log: Logger,
  clock: Clock = systemClock,
): Promise<AdminSocket> {
  const length = Buffer.byteLength(path);
  if (length > LONGEST_PATH) {
    throw new AdminSocketError(
      `the path of the admin socket, ${path}, has ${length} bytes, and a socket can have ${LONGEST_PATH}: ` +
        "give gateway.state a shorter path",
    );
  }
  if (await answers(path))
    throw new AdminSocketError(`another gateway is running: it answers on ${path}`, { code: "LG741" });
  const audit = new Audit(log, clock);
  const serving = { router: new Router(routes), log, clock, audit };
  const server = http.createServer(
    { headersTimeout: 10 * SECOND, requestTimeout: 60 * SECOND, connectionsCheckingInterval: 5 * SECOND },
    (incoming, response) => {
      response.shouldKeepAlive = false;
      void serve(serving, { incoming, response, by: "admin socket" });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await listen(server, path);
  } catch (error) {
    throw new AdminSocketError(`cannot open the admin socket ${path}: ${sentenceOf(error)}`, { cause: error });
  }
  server.on("error", (error) =>
    log.error({ code: "LG744", err: error }, "the admin socket failed: status is not answered any more"),
  );
  return {
    close: async () => {
      await close(server);
      audit.stop();
    },
  };
}

async function answers(path: string): Promise<boolean> {
  try {
    await askAdminSocket(path, "/v1/status");
    return true;
  } catch (error) {
    if (error instanceof AdminRefusal) return true;
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
