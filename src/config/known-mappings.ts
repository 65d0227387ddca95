/** Which device types there are mappings for: their names, and what they say of the device. */
import { join } from "node:path";
import type { KnownMapping } from "../adapter.ts";
import { ConfigError } from "../errors.ts";
import { type MappingFile, parseMapping } from "../mapping/load.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { listYaml, readText } from "./files.ts";

/** Of one protocol; of two with one name the first directory's. One that cannot be read is left out: `check` tells why. */
export async function knownMappings(
  directories: readonly string[],
  protocol: string,
): Promise<readonly KnownMapping[]> {
  const known = new Map<string, KnownMapping | undefined>();
  for (const directory of directories) {
    for (const file of await listYaml(directory)) {
      const name = file.replace(/\.yaml$/, "");
      if (!known.has(name)) known.set(name, await readKnown(join(directory, file), name, protocol));
    }
  }
  return [...known.values()].filter((mapping) => mapping !== undefined);
}

async function readKnown(file: string, name: string, protocol: string): Promise<KnownMapping | undefined> {
  try {
    const mapping = parseMapping(await readText(file), file, name);
    if (mapping.protocol.text !== protocol) return undefined;
    const [manufacturer, model] = [textAt(mapping.identity, "manufacturer"), textAt(mapping.identity, "model")];
    const said = { ...(manufacturer === undefined ? {} : { manufacturer }), ...(model === undefined ? {} : { model }) };
    return { name, ...said, required: requiredOf(mapping) };
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function requiredOf({ parameters }: MappingFile): readonly string[] {
  return [...parameters].flatMap(([name, { spec, defaultNode }]) =>
    defaultNode === undefined && spec.optional !== true ? [name] : [],
  );
}

/** A text; a source, or a parameter, says nothing before there is a device. */
function textAt(identity: YamlNode | undefined, key: string): string | undefined {
  const node = childOf(identity, key);
  return node?.kind === "scalar" && !node.text.includes("$") ? node.text : undefined;
}
