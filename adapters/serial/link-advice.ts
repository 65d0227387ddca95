/** What is odd about the serial links of a configuration, though each is right by itself. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import { portAdvice } from "../wires/port-advice.ts";
import type { SystemFolders } from "../wires/serial-names.ts";
import { nameOf } from "./line.ts";
import type { SerialOptions } from "./options.ts";

/** `system`: where the machine is looked at, for tests. */
export async function adviseLinks(
  links: readonly NamedLink<SerialOptions>[],
  system?: SystemFolders,
): Promise<readonly LinkAdvice[]> {
  const ports = await Promise.all(
    links.map(async ({ id, options }) =>
      options.transport === "port"
        ? (await portAdvice(options.port, system)).map((message) => ({ link: id, message }))
        : [],
    ),
  );
  return [...shared(links), ...ports.flat()];
}

function shared(links: readonly NamedLink<SerialOptions>[]): readonly LinkAdvice[] {
  return links.flatMap(({ id, options }, i) => {
    const first = links.slice(0, i).find((other) => placeOf(other.options) === placeOf(options));
    if (first === undefined) return [];
    const what = options.transport === "port" ? "a port can be opened once" : "two talkers on one line";
    return [
      {
        link: id,
        message: `${placeOf(options)} is that of the link "${first.id}" already: ${what}; put the devices of both on one link`,
      },
    ];
  });
}

function placeOf(options: SerialOptions): string {
  return options.transport === "port" ? options.port : nameOf(options);
}
