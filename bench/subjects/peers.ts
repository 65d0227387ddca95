/** What others have written: each answers a GET of a fixed value, or is observed, configured to the same work. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Subject } from "./subject.ts";

export const PEERS = ["node-coap", "coap-node", "lwm2m-node-lib"] as const;
export type PeerName = (typeof PEERS)[number];

export function peer(name: PeerName, directory: string): Subject {
  return subject(name, { program: name, directory, paths: ["/3303/0/5700"], options: [] });
}

/** node-coap with so many resources, each with another value every `period` milliseconds. */
export function observedPeer(resources: number, period: number, directory: string): Subject {
  const paths = Array.from({ length: resources }, (_, i) => `/room-${i + 1}/3303/0/5700`);
  const name = `node-coap, ${resources} resources, every ${period} ms`;
  return subject(name, { program: "node-coap-observed", directory, paths, options: [String(period)] });
}

interface Peer {
  readonly program: string;
  readonly directory: string;
  readonly paths: readonly string[];
  readonly options: readonly string[];
}

function subject(name: string, { program, directory, paths, options }: Peer): Subject {
  const file = fileURLToPath(new URL(`../peers/${program}.mjs`, import.meta.url));
  return {
    name,
    paths,
    takesStrangers: true,
    log: join(directory, `${program}.log`),
    command: (port) => [file, String(port), ...options],
  };
}
