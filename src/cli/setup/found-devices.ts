/** What the scan of an adapter found, as devices that can be chosen: its report is plain data. */
import { ConfigError } from "../../errors.ts";
import { nodeLines } from "../../yaml/node-text.ts";
import { childOf, type YamlNode } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";
import type { FoundDevice } from "./facts.ts";

/** Of a report's `data`; what is not understood is left out. */
export function foundDevices(protocol: string, data: unknown): readonly FoundDevice[] {
  switch (protocol) {
    case "modbus":
      return listOf(fieldOf(data, "found")).map(modbusDevice);
    case "mqtt":
      return listOf(fieldOf(data, "devices")).flatMap((each) => lineDevice(each, textAt(each, "model")));
    case "ble":
      return listOf(data).flatMap((each) => lineDevice(each, textAt(each, "format")));
    default:
      return [];
  }
}

function modbusDevice(found: unknown): FoundDevice {
  const unit = String(fieldOf(found, "unit"));
  const identity = fieldOf(found, "identity");
  const said = ["vendor", "product", "model", "revision"].flatMap((key) => textAt(identity, key) ?? []);
  const mappings = listOf(fieldOf(found, "mappings")).filter((name) => typeof name === "string");
  return {
    text: `unit ${unit}${said.length === 0 ? ", which does not say who it is" : ` ${said.join(", ")}`}`,
    mappings,
    parameters: [["unit_id", unit]],
  };
}

const OWN_KEYS: readonly string[] = ["id", "mapping", "link"];

/** Of those whose report has the line for config.yaml. */
function lineDevice(found: unknown, about: string | undefined): readonly FoundDevice[] {
  const entry = entryOf(textAt(found, "line"));
  const id = childOf(entry, "id");
  const mapping = childOf(entry, "mapping");
  if (entry?.kind !== "map" || id?.kind !== "scalar" || mapping?.kind !== "scalar") return [];
  const parameters = entry.entries
    .filter(({ key }) => !OWN_KEYS.includes(key.text))
    .map(({ key, value }) => [key.text, nodeLines(value, " ").join(" ").trim()] as const);
  const others = listOf(fieldOf(found, "mappings")).filter((name) => typeof name === "string");
  const best = mapping.text === "MAPPING" ? [] : [mapping.text];
  return [
    {
      text: [textAt(found, "name") ?? textAt(found, "address") ?? id.text, about].filter(Boolean).join(", "),
      mappings: [...new Set([...best, ...others])],
      // Without a mapping nobody knows how its parameters are called.
      parameters: best.length === 0 ? [] : parameters,
      id: id.text,
    },
  ];
}

function entryOf(line: string | undefined): YamlNode | undefined {
  if (line === undefined) return undefined;
  try {
    const list = parseYaml(line, "scan");
    return list.kind === "list" ? list.items[0] : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textAt(value: unknown, key: string): string | undefined {
  const text = fieldOf(value, key);
  return typeof text === "string" && text !== "" ? text : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
