import type { LinkEnd } from "../../src/adapter.ts";
import type { SerialOptions } from "./options.ts";

/** Where a link leads to, for whoever tells it in other words. */
export function endOf(options: SerialOptions): LinkEnd {
  switch (options.transport) {
    case "port":
      return { type: "port", port: options.port, ...options.line };
    case "tcp":
      return { type: "host", protocol: "tcp", host: options.host, port: options.port };
  }
}
