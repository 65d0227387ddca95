/** What is odd about links to serial ports and listeners, alone or together, though each is right by itself. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import { portAdvice } from "./port-advice.ts";
import type { SystemFolders } from "./serial-names.ts";

/** What a protocol knows of its links. */
export interface WireEnds<Options> {
  /** Links of one place lead to one wire. */
  placeOf(options: Options): string;
  /** The port of this machine that is opened; undefined: none. */
  portOf(options: Options): string | undefined;
  /** Why two links to one place are odd, told at the later one; undefined: they are not. */
  clash(link: NamedLink<Options>, first: NamedLink<Options>): string | undefined;
}

/** `system`: where the machine is looked at, for tests. */
export async function wireAdvice<Options>(
  links: readonly NamedLink<Options>[],
  ends: WireEnds<Options>,
  system?: SystemFolders,
): Promise<readonly LinkAdvice[]> {
  const clashes = links.flatMap((link, i): readonly LinkAdvice[] => {
    const place = ends.placeOf(link.options);
    const first = links.slice(0, i).find(({ options }) => ends.placeOf(options) === place);
    const message = first === undefined ? undefined : ends.clash(link, first);
    return message === undefined ? [] : [{ link: link.id, message }];
  });
  const ports = await Promise.all(
    links.map(async ({ id, options }) => {
      const port = ends.portOf(options);
      const advice = port === undefined ? [] : await portAdvice(port, system);
      return advice.map((message): LinkAdvice => ({ link: id, message }));
    }),
  );
  return [...clashes, ...ports.flat()];
}
