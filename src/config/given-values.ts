/** What a configuration takes from elsewhere: values of its site, and secrets. */
import { join } from "node:path";
import type { YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { besides } from "./files.ts";
import { type SecretSources, Secrets } from "./secrets.ts";
import { fillSite, readSite, type Site, type SiteOptions, siteFile } from "./site.ts";
import type { SiteSummary } from "./types.ts";

export interface GivenValues {
  readonly site: Site;
  readonly secrets: Secrets;
}

/** For what has no configuration around it. */
export const NOTHING_GIVEN: GivenValues = { site: { file: "site.yaml" }, secrets: new Secrets() };

export interface GivenOptions {
  /** That of config.yaml. */
  readonly directory: string;
  readonly secrets: SecretSources;
  readonly report: Report;
}

/** Reads what these trees need: site.yaml, and each secret that they or the site name. The first is that of config.yaml. */
export async function readGivenValues(
  trees: readonly YamlNode[],
  { directory, secrets: sources, report }: GivenOptions,
): Promise<GivenValues> {
  const wanted = siteFile(trees[0]);
  const site = await readSite(besides(directory, wanted?.text ?? "site.yaml"), wanted, report);
  const values = [...(site.values ?? [])];
  const named = [...trees, ...values.map(([, value]) => value)];
  const secrets = await Secrets.read(named, join(directory, "secrets.yaml"), sources);
  if (site.values === undefined) return { site, secrets };
  const filled = values.map(([name, value]) => [name, fillGiven(value, { site, secrets }, "stay", report)] as const);
  return { site: { ...site, values: new Map(filled) }, secrets };
}

/** What `check` shows of it. */
export function describeSite({ file, values }: Site): SiteSummary | undefined {
  if (values === undefined) return undefined;
  const texts = [...values].map(([name, value]) => [name, textOf(value)] as const);
  return { file, values: new Map(texts) };
}

function textOf(node: YamlNode): string {
  if (node.kind === "list") return `[${node.items.map(textOf).join(", ")}]`;
  if (node.kind === "map") return "{…}";
  return node.secret === true ? "(secret)" : node.text;
}

/**
 * The tree with every `$site.name` and `!secret name` filled in; what has none is the same object. `dollars`: whether the
 * `$name` of devices are filled in afterwards.
 */
export function fillGiven(
  node: YamlNode,
  { site, secrets }: GivenValues,
  dollars: SiteOptions["dollars"],
  report: Report,
): YamlNode {
  const fill = (inner: YamlNode): YamlNode => {
    switch (inner.kind) {
      case "scalar":
        return inner.tag === undefined ? fillSite(inner, { site, dollars, report }) : secrets.fill(inner, report);
      case "list": {
        const items = inner.items.map(fill);
        return items.every((item, i) => item === inner.items[i]) ? inner : { ...inner, items };
      }
      case "map": {
        const entries = inner.entries.map((entry) => {
          const value = fill(entry.value);
          return value === entry.value ? entry : { key: entry.key, value };
        });
        return entries.every((entry, i) => entry === inner.entries[i]) ? inner : { ...inner, entries };
      }
    }
  };
  return fill(node);
}
