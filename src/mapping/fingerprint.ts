import { createHash } from "node:crypto";
import type { YamlNode } from "../yaml/nodes.ts";
import type { MappingFile } from "./load.ts";
import type { MappedObject } from "./structure.ts";

/** Equal text for mappings that mean the same: neither comments nor places nor descriptions have a part in it. */
export function fingerprintOf(file: MappingFile, objects: readonly MappedObject[]): string {
  const { protocol, section, every, availability, identity, connectivity, firmware } = file;
  const parts = [protocol, section, every, availability, identity, connectivity, firmware, file.objects];
  const definitions = objects.map(({ definition }) => ({
    ...definition,
    resources: [...definition.resources.values()],
  }));
  const parameters = [...file.parameters.values()].map(({ spec }) => spec.type);
  const text = JSON.stringify([
    parts.map((part) => (part === undefined ? null : canonical(part))),
    parameters,
    definitions,
  ]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function canonical(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return [node.text, node.quoted];
    case "list":
      return node.items.map(canonical);
    case "map":
      return node.entries.map(({ key, value }) => ({ [key.text]: canonical(value) }));
  }
}
