import type { LinkEnd } from "../../src/adapter.ts";
import type { ModbusOptions } from "./options.ts";

/** The same for whoever tells it in other words. */
export function endOf(options: ModbusOptions): LinkEnd {
  switch (options.transport) {
    case "tcp":
    case "udp":
    case "rtu-over-tcp":
      return { type: "host", protocol: options.transport, host: options.host, port: options.port };
    case "serial":
      return { type: "port", port: options.port, ...options.line };
  }
}
