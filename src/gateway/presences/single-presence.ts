/** A server that sees the gateway and its devices through one registration: layouts `gateway` and `instances`. */
import type { Made } from "./made-server.ts";
import type { Presence } from "./presence.ts";

/**
 * The server itself, which begins to keep its state once it stands as it was left. `onTrees`: what there is of devices is known, or is
 * something else now.
 */
export function singlePresence({ server, begin, look }: Made, onTrees: () => void = () => {}): Presence {
  return {
    shortServerId: server.shortServerId,
    listener: server,
    async start() {
      await server.start();
      begin();
      look();
      onTrees();
    },
    stop: () => server.stop(),
    treesChanged(prefix) {
      server.treesChanged(prefix);
      look();
      onTrees();
    },
    send: (request) => server.send(request),
    status: () => server.status(),
    get registered() {
      return server.registered;
    },
  };
}
