/** What others have written: each answers a GET of a fixed value, configured to the same work. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Subject } from "./subject.ts";

export const PEERS = ["node-coap", "coap-node", "lwm2m-node-lib"] as const;
export type PeerName = (typeof PEERS)[number];

export function peer(name: PeerName, directory: string): Subject {
  const program = fileURLToPath(new URL(`../peers/${name}.mjs`, import.meta.url));
  return {
    name,
    paths: ["/3303/0/5700"],
    takesStrangers: true,
    log: join(directory, `${name}.log`),
    command: (port) => [program, String(port)],
  };
}
