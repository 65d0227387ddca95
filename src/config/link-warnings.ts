/** What the adapters find odd about the links, though each is right by itself. */
import type { NamedLink } from "../adapter.ts";
import type { Report } from "../yaml/read.ts";
import type { LinkSettings } from "./types.ts";

export async function warnOfLinks(links: ReadonlyMap<string, LinkSettings>, report: Report): Promise<void> {
  const all = [...links.values()];
  for (const adapter of new Set(all.map(({ adapter }) => adapter))) {
    const own: readonly NamedLink[] = all.filter((link) => link.adapter === adapter);
    for (const { link, message } of (await adapter.adviseLinks?.(own)) ?? []) {
      const place = links.get(link)?.place;
      report({
        severity: "warning",
        code: "LG232",
        message: `the link "${link}": ${message}`,
        ...(place === undefined ? {} : { place }),
      });
    }
  }
}
