/** Simulated devices on a network, over UDP. */
import { createSocket } from "node:dgram";
import type { AdapterContext, Simulation } from "../../../src/adapter.ts";
import type { Place } from "./options.ts";
import { Session } from "./session.ts";
import type { Slaves } from "./slaves.ts";

type NetworkPlace = Extract<Place, { readonly host: string }>;

const MOST_CONNECTIONS = 64;

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
