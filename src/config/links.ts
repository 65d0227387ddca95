import type { AdapterModule, Schema } from "../adapter.ts";
import { formatPlace } from "../errors.ts";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, isEmpty, type MapEntry, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import type { AdapterShelf } from "./adapter-shelf.ts";
import type { LinkSettings } from "./types.ts";

const TYPE: ReadonlySet<string> = new Set(["type"]);

/** Loads the protocols of the links of all files. */
export async function adaptersOfLinks(
  sections: readonly YamlNode[],
  shelf: AdapterShelf,
): Promise<readonly AdapterModule[]> {
  const types = sections.flatMap((section) => (section.kind === "map" ? section.entries.map(typeOf) : []));
  const loaded = await Promise.all([...new Set(types)].map((type) => shelf.forLink(type)));
  return [...new Set(loaded.filter((adapter) => adapter !== undefined))];
}

function typeOf({ value }: MapEntry): string {
  const type = childOf(value, "type");
  return type?.kind === "scalar" ? type.text : "";
}

/** The protocols of the links, and every type of link that there is. */
export interface LinkAdapters {
  readonly adapters: readonly AdapterModule[];
  readonly types: readonly string[];
}

/** The links of all files; an id that two files use is reported with both places. */
export function readLinks(
  sections: readonly YamlNode[],
  adapters: LinkAdapters,
  report: Report,
): ReadonlyMap<string, LinkSettings> {
  const links = new Map<string, LinkSettings>();
  const keys = new Map<string, MapEntry>();
  for (const section of sections) {
    if (isEmpty(section) || section.kind !== "map") continue;
    for (const entry of section.entries) {
      const { text: id, place } = entry.key;
      const first = keys.get(id)?.key.place;
      if (first !== undefined) {
        reportError(
          report,
          place,
          `two links have the name "${id}"; the other stands at ${formatPlace(first)}`,
          "LG208",
        );
        continue;
      }
      keys.set(id, entry);
      const link = readLink(entry, adapters, report);
      if (link !== undefined) links.set(id, link);
    }
  }
  return links;
}

function readLink(
  { key, value }: MapEntry,
  { adapters, types }: LinkAdapters,
  report: Report,
): LinkSettings | undefined {
  const type = childOf(value, "type");
  if (type?.kind !== "scalar") return undefined;
  const adapter = adapters.find(({ linkTypes }) => Object.hasOwn(linkTypes, type.text));
  const schema = adapter?.linkTypes[type.text];
  if (adapter === undefined || schema === undefined) {
    reportError(report, type.place, unknownWord("type of link", type.text, types), "LG206");
    return undefined;
  }
  let wrong = false;
  const refuse: Report = (problem) => {
    wrong = true;
    report(problem);
  };
  const options = readOptions(value, schema, refuse);
  return wrong ? undefined : { id: key.text, type: type.text, adapter, options, place: key.place, written: value };
}

/** What the adapter's schema makes of the keys of a link beside its type. */
export function readOptions(link: YamlNode, schema: Schema<unknown>, report: Report): unknown {
  return readNode(link, schema, report, { without: TYPE, alsoKnown: TYPE, secrets: true });
}
