/** What is known before the first question: the configuration, the machine, the mappings. */
import { existsSync } from "node:fs";
import type { LoadedConfig } from "../../config/types.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { askGateway, NotRunning } from "../admin.ts";
import { type Arguments, FailureError } from "../command.ts";
import { descriptionOf, MappingShelf, saidOf } from "../mapping/mapping-shelf.ts";
import type { Facts, MappingFact } from "./facts.ts";
import { proposedEndpoint } from "./proposed-endpoint.ts";
import { serialPorts } from "./serial-ports.ts";
import { secretsBeside } from "./stage.ts";

/** Rejects with ConfigError where a configuration is there that is wrong. */
export async function gatheredFacts(args: Arguments, file: string): Promise<Facts> {
  const config = existsSync(file) ? await readConfig(file) : undefined;
  const shelf = await MappingShelf.open(args);
  return {
    isNew: config === undefined,
    file,
    endpoint: proposedEndpoint(),
    ports: await serialPorts(),
    links: linksOf(config),
    deviceIds: [...(config?.devices ?? []), ...(config?.disabled ?? [])].map(({ id }) => id),
    secretNames: await secretNames(file),
    mappings: await mappingFacts(shelf),
    watches: !args.flag("no-watch"),
    runs: config !== undefined && !args.flag("no-reload") && (await isRunning(args)),
  };
}

function linksOf(config: LoadedConfig | undefined): Facts["links"] {
  return [...(config?.links.values() ?? [])].map(({ id, type, adapter }) => ({ id, type, protocol: adapter.name }));
}

async function secretNames(file: string): Promise<readonly string[]> {
  const text = await secretsBeside(file);
  const root = text === undefined ? undefined : parseYaml(text, "secrets.yaml");
  return root?.kind === "map" ? root.entries.map(({ key }) => key.text) : [];
}

async function mappingFacts(shelf: MappingShelf): Promise<readonly MappingFact[]> {
  const facts: MappingFact[] = [];
  for (const name of await shelf.names()) {
    const { prepared } = await shelf.find(name);
    if (prepared === undefined) continue;
    const [vendor, model] = [saidOf(prepared, "manufacturer"), saidOf(prepared, "model")];
    const objects = prepared.objects.map(({ definition }) => definition.name);
    facts.push({
      ...{ name, protocol: prepared.adapter.name, vendor, model },
      text: [name, vendor, model, descriptionOf(prepared), ...objects].join(" ").toLowerCase(),
      parameters: [...prepared.file.parameters].map(([parameter, { spec, defaultNode }]) => ({
        ...{ name: parameter, spec },
        preset: defaultNode?.kind === "scalar" ? defaultNode.text : undefined,
        required: defaultNode === undefined && spec.optional !== true,
      })),
    });
  }
  return facts;
}

async function isRunning(args: Arguments): Promise<boolean> {
  try {
    await askGateway(args, "/v1/status");
    return true;
  } catch (error) {
    if (error instanceof NotRunning) return false;
    if (error instanceof FailureError) return false;
    throw error;
  }
}
