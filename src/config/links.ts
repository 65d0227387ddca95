import type { AdapterModule, Schema } from "../adapter.ts";
import { formatPlace } from "../errors.ts";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, isEmpty, type MapEntry, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import type { LinkSettings } from "./types.ts";

const TYPE: ReadonlySet<string> = new Set(["type"]);

/** The links of all files; an id that two files use is reported with both places. */
export function readLinks(
  sections: readonly YamlNode[],
  adapters: readonly AdapterModule[],
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
  adapters: readonly AdapterModule[],
  report: Report,
): LinkSettings | undefined {
  const type = childOf(value, "type");
  if (type?.kind !== "scalar") return undefined;
  const adapter = adapters.find(({ linkTypes }) => Object.hasOwn(linkTypes, type.text));
  const schema = adapter?.linkTypes[type.text];
  if (adapter === undefined || schema === undefined) {
    const types = adapters.flatMap(({ linkTypes }) => Object.keys(linkTypes));
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
