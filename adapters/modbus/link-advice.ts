/** What is odd about the links of a configuration together, or about the machine below them, though each is right by itself. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import type { SystemFolders } from "../wires/serial-names.ts";
import { type WireEnds, wireAdvice } from "../wires/wire-advice.ts";
import { nameOf } from "./modbus-link.ts";
import type { ModbusOptions, SerialOptions } from "./options.ts";

/** `system`: where the machine is looked at, for tests. */
export function adviseLinks(
  links: readonly NamedLink<ModbusOptions>[],
  system?: SystemFolders,
): Promise<readonly LinkAdvice[]> {
  return wireAdvice(links, ENDS, system);
}

const ENDS: WireEnds<ModbusOptions> = {
  placeOf,
  portOf: (options) => (options.transport === "serial" ? options.port : undefined),
  /** Two links to one wire are two talkers, unless they take turns. */
  clash({ options }, first) {
    if (options.transport === "serial") {
      return `the port ${options.port} is that of the link "${first.id}" already: a port can be opened once; put the devices of both on one link`;
    }
    if (takesTurns(options, first)) return undefined;
    return `${nameOf(options)} is that of the link "${first.id}" already: two talkers on one device or line; put the devices of both on one link, or let them take turns by behind: ${first.id}`;
  },
};

function takesTurns({ behind }: Exclude<ModbusOptions, SerialOptions>, first: NamedLink<ModbusOptions>): boolean {
  if (behind === undefined) return false;
  return behind === first.id || (first.options.transport !== "serial" && first.options.behind === behind);
}

/** Links of one place lead to one port, or to one listener. */
function placeOf(options: ModbusOptions): string {
  switch (options.transport) {
    case "serial":
      return options.port;
    case "udp":
      return `udp ${nameOf(options)}`;
    case "tcp":
    case "rtu-over-tcp":
      return `tcp ${nameOf(options)}`;
  }
}
