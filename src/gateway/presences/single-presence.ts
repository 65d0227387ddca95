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
    async start() {
      await server.start();
      begin();
      look();
      onTrees();
    },
    stop: () => server.stop(),
    changed: (samples, gone) => server.changed(samples, gone),
    removed: (path) => server.removed(path),
    disappeared: () => {},
    appeared: (prefix) => server.appeared(prefix),
    treesChanged(prefix) {
      server.treesChanged(prefix);
      look();
      onTrees();
    },
    objectsChanged: () => server.objectsChanged(),
    dated: (started) => server.dated(started),
    forgotten: (match) => server.forgotten(match),
    send: (request) => server.send(request),
    onAccount: (event) => server.onAccount(event),
    muteChanged: () => server.muteChanged(),
    defaultsChanged: () => server.defaultsChanged(),
    status: () => server.status(),
  };
}
