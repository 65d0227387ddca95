/** A device of a mapping that nobody has configured: for tools that say what becomes of what a device says. */
import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { AdapterModule, ToolDevice } from "../adapter.ts";
import { MappingLibrary } from "../config/mapping-library.ts";
import { ConfigError, type Problem } from "../errors.ts";
import { everyAdapter } from "../gateway/read-config.ts";
import { locateData } from "../locate.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import { valueText } from "../mapping/captured.ts";
import { exampleDevice } from "../mapping/example-device.ts";
import type { PreparedMapping } from "../mapping/prepare.ts";
import type { ResolvedDevice } from "../mapping/resolve.ts";
import { parseYaml } from "../yaml/parse.ts";
import { UsageError } from "./command.ts";

/** `text`: the name of a mapping, or a file. Rejects with UsageError or ConfigError. */
export async function mappingOf(text: string, adapter: AdapterModule): Promise<PreparedMapping> {
  const isFile = text.includes("/") || text.endsWith(".yaml");
  if (isFile) await mustBeMapping(text);
  const directories = [...(isFile ? [dirname(resolve(text))] : []), resolve("mappings"), locateData("mappings")];
  const library = new MappingLibrary({ adapters: everyAdapter(), catalogue, directories });
  const place = { file: "command line", line: 1, column: 1 };
  const name = isFile ? mappingNameOf(text) : text;
  const { prepared, problems } = await library.find({ kind: "scalar", text: name, quoted: true, place });
  if (prepared === undefined) throw new ConfigError(problems.map(placed));
  if (prepared.adapter.name === adapter.name) return prepared;
  throw new UsageError(`--mapping ${text}: it is of protocol ${prepared.adapter.name}, and not of ${adapter.name}`);
}

/** Throws ConfigError where a parameter is wrong. */
export function deviceOf(prepared: PreparedMapping, parameters: ReadonlyMap<string, string>): ResolvedDevice {
  const problems: Problem[] = [];
  const entries = [...parameters].map(([name, value]) => `${JSON.stringify(name)}: ${value}`);
  const given = parseYaml(`{ ${entries.join(", ")} }`, "command line");
  const device = exampleDevice(prepared, (problem) => problems.push(problem), given);
  if (device === undefined) throw new ConfigError(problems.map(placed));
  return device;
}

/** NAME=VALUE each: by name, as YAML, plain where that reads it as it is. Throws UsageError. */
export function parametersOf(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(`--param ${text}: expected NAME=VALUE`);
      const value = text.slice(at + 1);
      return [text.slice(0, at), /^[A-Za-z0-9_.+-]+$/.test(value) ? value : JSON.stringify(value)];
    }),
  );
}

/** For tools: see ToolContext. */
export async function toolDevice(
  mapping: string,
  parameters: readonly string[],
  adapter: AdapterModule,
): Promise<ToolDevice> {
  const { plan } = deviceOf(await mappingOf(mapping, adapter), parametersOf(parameters));
  const points = new Map<string, { readonly point: unknown; readonly name: string; readonly unit?: string }>();
  for (const [id, { source, definition }] of plan.resources) {
    if (source.kind !== "point") continue;
    const { name, unit } = definition;
    points.set(id, { point: source.point, name: name.trim(), ...(unit === undefined ? {} : { unit }) });
  }
  return {
    device: plan.device,
    points,
    valueOf(point, raw) {
      const source = plan.resources.get(point)?.source;
      if (source?.kind !== "point") return { bad: "no such point" };
      const converted = source.toValue(raw);
      return "good" in converted ? { value: valueText(converted.good) } : converted;
    },
  };
}

export function mappingNameOf(file: string): string {
  return basename(file).replace(/\.yaml$/, "");
}

async function mustBeMapping(text: string): Promise<void> {
  if (!text.endsWith(".yaml")) throw new UsageError(`--mapping ${text}: the file of a mapping is NAME.yaml`);
  if (!(await stat(text).catch(() => undefined))?.isFile())
    throw new UsageError(`--mapping ${text}: there is no such file`);
}

/** Line and column of what nobody wrote in a file tell nothing. */
function placed({ place, ...problem }: Problem): Problem {
  return place === undefined || place.file === "command line" ? problem : { ...problem, place };
}
