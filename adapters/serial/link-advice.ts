/** What is odd about the serial links of a configuration, though each is right by itself. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import type { SystemFolders } from "../wires/serial-names.ts";
import { type WireEnds, wireAdvice } from "../wires/wire-advice.ts";
import { nameOf } from "./line.ts";
import type { SerialOptions } from "./options.ts";

/** `system`: where the machine is looked at, for tests. */
export function adviseLinks(
  links: readonly NamedLink<SerialOptions>[],
  system?: SystemFolders,
): Promise<readonly LinkAdvice[]> {
  return wireAdvice(links, ENDS, system);
}

const ENDS: WireEnds<SerialOptions> = {
  placeOf,
  portOf: (options) => (options.transport === "port" ? options.port : undefined),
  clash({ options }, first) {
    const what = options.transport === "port" ? "a port can be opened once" : "two talkers on one line";
    return `${placeOf(options)} is that of the link "${first.id}" already: ${what}; put the devices of both on one link`;
  },
};

function placeOf(options: SerialOptions): string {
  return options.transport === "port" ? options.port : nameOf(options);
}
