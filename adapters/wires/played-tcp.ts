/** Devices that are played on a TCP port, a session for each connection. */
import { createServer, type Server, type Socket } from "node:net";
import type { AdapterContext, Simulation } from "../../src/adapter.ts";
import type { Play } from "./played-port.ts";

const MOST_CONNECTIONS = 64;

/** Rejects where the port is taken. */
export async function playOnTcp(
  { host, port }: { readonly host: string; readonly port: number },
  play: Play,
  { log }: AdapterContext,
): Promise<Simulation> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", (error) => log.debug({ reason: error.message }, "a connection to the simulated devices broke"));
    const session = play((bytes) => {
      if (socket.write(bytes) || socket.isPaused()) return;
      // A client that asks without reading waits until it has read.
      socket.pause();
      socket.once("drain", () => socket.resume());
    });
    socket.on("close", () => {
      session.close();
      sockets.delete(socket);
    });
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      if (session.push(chunk) === false) socket.destroy();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, host, port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { address: { host, port: portOf(server.address()) }, close };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portOf(address: ReturnType<Server["address"]>): number {
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return address.port;
}
