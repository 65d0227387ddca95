/** What is odd about the links of a configuration together, or about the machine below them, though each is right by itself. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import { portAdvice } from "../wires/port-advice.ts";
import type { SystemFolders } from "../wires/serial-names.ts";
import { nameOf } from "./modbus-link.ts";
import type { ModbusOptions, SerialOptions } from "./options.ts";

/** `system`: where the machine is looked at, for tests. */
export async function adviseLinks(
  links: readonly NamedLink<ModbusOptions>[],
  system?: SystemFolders,
): Promise<readonly LinkAdvice[]> {
  const ports = await Promise.all(
    links.map(async ({ id, options }) =>
      options.transport === "serial"
        ? (await portAdvice(options.port, system)).map((message) => ({ link: id, message }))
        : [],
    ),
  );
  return [...sharedWires(links), ...ports.flat()];
}

/** Two links to one wire are two talkers, unless they take turns. */
function sharedWires(links: readonly NamedLink<ModbusOptions>[]): readonly LinkAdvice[] {
  return links.flatMap(({ id, options }, i) => {
    const first = links.slice(0, i).find((other) => placeOf(other.options) === placeOf(options));
    if (first === undefined) return [];
    if (options.transport === "serial") {
      const message = `the port ${options.port} is that of the link "${first.id}" already: a port can be opened once; put the devices of both on one link`;
      return [{ link: id, message }];
    }
    if (takesTurns(options, first)) return [];
    const message = `${nameOf(options)} is that of the link "${first.id}" already: two talkers on one device or line; put the devices of both on one link, or let them take turns by behind: ${first.id}`;
    return [{ link: id, message }];
  });
}

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
