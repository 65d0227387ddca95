/** `gateway.firmware.self` as it is written, before anything else of the configuration is looked at. */
import { readFileSync } from "node:fs";
import { childOf, type YamlNode } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";

/** The names of the pinned keys; none where the gateway takes no versions. Throws where the file cannot be read. */
export function writtenKeys(file: string): readonly string[] {
  const root: YamlNode | undefined = parseYaml(readFileSync(file, "utf8"), file);
  const self = ["gateway", "firmware", "self"].reduce<YamlNode | undefined>((at, key) => childOf(at, key), root);
  const keys = childOf(self, "keys");
  return keys?.kind === "list" ? keys.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : [])) : [];
}
