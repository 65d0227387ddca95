/** Simulated devices on a network: TCP, with either framing, and UDP. Messaging on TCP/IP Implementation Guide V1.0b §4.2. */
import { createSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { AdapterContext, Simulation } from "../../../src/adapter.ts";
import type { Place } from "./options.ts";
import { Session } from "./session.ts";
import type { Slaves } from "./slaves.ts";

type NetworkPlace = Extract<Place, { readonly host: string }>;

const MOST_CONNECTIONS = 64;

/** Rejects where the port is taken. */
export async function playOnTcp(
  { host, port }: NetworkPlace,
  slaves: Slaves,
  { clock, log }: AdapterContext,
): Promise<Simulation> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", (error) => log.debug({ reason: error.message }, "a connection to the simulated devices broke"));
    const session = new Session(slaves, clock, (bytes) => {
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
      if (!session.push(chunk)) socket.destroy();
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

/** Each datagram is a request by itself. Rejects where the port is taken. */
export async function playOnUdp(
  { host, port }: NetworkPlace,
  slaves: Slaves,
  { clock, log }: AdapterContext,
): Promise<Simulation> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const sessions = new Set<Session>();
  socket.on("message", (message, from) => {
    const session = new Session(slaves, clock, (bytes) => socket.send(bytes, from.port, from.address));
    // Kept for answers that come late; a bounded number of them.
    sessions.add(session);
    for (const old of [...sessions].slice(0, -MOST_CONNECTIONS)) {
      old.close();
      sessions.delete(old);
    }
    session.push(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.on("error", (error) => log.debug({ reason: error.message }, "a datagram of the simulated devices was lost"));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const session of sessions) session.close();
      socket.close(() => resolve());
    });
  return { address: { host, port: socket.address().port }, close };
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
