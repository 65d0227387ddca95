import { pollCosts } from "../../config/poll-costs.ts";
import { formatDuration } from "../../duration.ts";
import { ConfigError, formatProblem } from "../../errors.ts";
import { firmwareText } from "../../mapping/firmware-text.ts";
import type { ParameterSpec } from "../../mapping/parameters.ts";
import type { ResourcePlan } from "../../mapping/plan-types.ts";
import type { PreparedMapping } from "../../mapping/prepare.ts";
import type { ResolvedDevice } from "../../mapping/resolve.ts";
import { table } from "../../table.ts";
import { nodeLines } from "../../yaml/node-text.ts";
import { childOf, plainValue } from "../../yaml/nodes.ts";
import { type Arguments, type Command, EXIT, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { counted } from "../counted.ts";
import { deviceOf, parametersOf } from "../mapped-device.ts";
import { descriptionOf, isPackaged, saidOf, shelfOf } from "./mapping-shelf.ts";

/** All that a device type has, for those who choose one or change it. */
export const mappingShow: Command = {
  name: "mapping show",
  summary: "Shows what a device type has: parameters, resources with their sources, pace and units, its file.",
  positionals: "NAME|FILE",
  options: {
    config: CONFIG_OPTION,
    param: { type: "string", value: "NAME=VALUE", help: "As a device with this parameter has it; may be repeated." },
    resolved: {
      type: "boolean",
      help: "Prints the mapping as YAML, with what it extends and imports laid together.",
    },
    json: { type: "boolean", help: "Prints it as JSON." },
  },
  async run(args) {
    const [text, surplus] = args.positionals;
    if (text === undefined || surplus !== undefined) throw new UsageError("mapping show takes one NAME or FILE");
    const { shelf, name } = await shelfOf(text, args);
    const { prepared, problems } = await shelf.find(name);
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
    if (prepared === undefined) throw new ConfigError([]);
    if (args.flag("resolved") && !args.flag("json")) {
      process.stdout.write(`${nodeLines(prepared.file.root).join("\n")}\n`);
      return EXIT.ok;
    }
    const shown = shownOf(prepared, args, shelf.extendedBy(name));
    process.stdout.write(`${args.flag("json") ? asJson(shown, args.flag("resolved")) : asText(shown)}\n`);
    return EXIT.ok;
  },
};

interface Shown {
  readonly prepared: PreparedMapping;
  readonly device: ResolvedDevice;
  readonly layers: readonly string[];
}

function shownOf(prepared: PreparedMapping, args: Arguments, layers: readonly string[]): Shown {
  return { prepared, device: deviceOf(prepared, parametersOf(args.texts("param"))), layers };
}

interface ShownResource {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  /** What servers may do: R, W, E. */
  readonly operations: string;
  readonly poll: string | null;
  /** Where the value comes from, as the mapping says it. */
  readonly source: string;
}

function resourcesOf({ prepared, device }: Shown): readonly ShownResource[] {
  return [...device.plan.resources.values()].map((plan) => ({
    path: `/${plan.point}`,
    name: plan.definition.name.trim(),
    type: plan.definition.type ?? "executable",
    unit: plan.definition.unit ?? null,
    operations: operationsOf(plan),
    poll: pollOf(plan),
    source: sourceOf(plan, { prepared, device }),
  }));
}

function operationsOf({ source }: ResourcePlan): string {
  if (source.kind === "execute") return "E";
  if (source.kind !== "point") return "R";
  return `${source.readable ? "R" : ""}${source.writable ? "W" : ""}`;
}

function pollOf({ source }: ResourcePlan): string | null {
  if (source.kind !== "point" || !source.readable) return null;
  return typeof source.poll === "string" ? source.poll : formatDuration(source.poll.every);
}

function sourceOf({ point, source }: ResourcePlan, { prepared, device }: Pick<Shown, "prepared" | "device">): string {
  const node = device.nodes.get(point);
  for (const key of [...prepared.adapter.sources, "const", "param", "link", "expr", "do"]) {
    const value = childOf(node, key);
    if (value !== undefined)
      return value.kind === "scalar" ? `${key} ${value.text}` : `${key} ${nodeLines(value, " ").join(" ").trim()}`;
  }
  return source.kind;
}

function asText(shown: Shown): string {
  const { prepared, device, layers } = shown;
  const { file } = prepared;
  const vendor = [saidOf(prepared, "manufacturer"), saidOf(prepared, "model")].filter(Boolean).join(" ");
  const vectors = file.tests.length + file.inheritedTests.length;
  return [
    `${file.name}: ${descriptionOf(prepared) || vendor || "no description"}`,
    ...table(
      [
        ["file", `${file.file}${isPackaged(prepared) ? "" : " (own)"}`],
        ...layers.map((layer) => ["extends", layer]),
        ["protocol", prepared.adapter.name],
        ...(vendor === "" ? [] : [["says it is", vendor]]),
        ["source", file.source ?? "not said"],
        ["test vectors", String(vectors)],
        ...(device.plan.firmware === undefined ? [] : [["firmware", firmwareText(device.plan.firmware)]]),
      ],
      "  ",
    ),
    ...parameterLines(prepared),
    "",
    ...table([
      ["PATH", "NAME", "TYPE", "UNIT", "MAY", "POLL", "SOURCE"],
      ...resourcesOf(shown).map(({ path, name, type, unit, operations, poll, source }) => [
        ...[path, name, type, unit ?? "", operations, poll ?? "", source],
      ]),
    ]),
    ...pollLines(shown),
    "",
    "for devices: of config.yaml",
    `  - ${exampleEntry(prepared, device)}`,
  ].join("\n");
}

function pollLines({ prepared, device }: Shown): readonly string[] {
  const costs = pollCosts(device.plan, prepared.adapter).filter(({ requests }) => requests !== undefined);
  if (costs.length === 0) return [];
  return [
    "",
    ...costs.map(
      ({ name, values, requests = [] }) =>
        `poll ${name}: ${counted(values, "value")} in ${counted(requests.length, "read")}`,
    ),
  ];
}

/** The least that a device of it needs. */
function exampleEntry({ file }: PreparedMapping, { plan }: ResolvedDevice): string {
  const required = [...file.parameters].filter(([, { spec, defaultNode }]) => isRequired(spec, defaultNode));
  const keys = required.map(([name, { spec }]) => `, ${name}: ${spec.type === "secret" ? "!secret NAME" : "…"}`);
  return `{ id: ${file.name}-1, mapping: ${plan.mapping}, link: LINK${keys.join("")} }`;
}

function isRequired(spec: ParameterSpec, defaultNode: unknown): boolean {
  return defaultNode === undefined && spec.optional !== true;
}

function parameterLines({ file }: PreparedMapping): readonly string[] {
  if (file.parameters.size === 0) return [];
  const rows = [...file.parameters].map(([name, { spec, defaultNode }]) => [
    name,
    spec.values === undefined ? spec.type : spec.values.join("|"),
    spec.range === undefined ? "" : `${spec.range[0]}..${spec.range[1]}`,
    defaultNode?.kind === "scalar"
      ? JSON.stringify(plainValue(defaultNode))
      : isRequired(spec, defaultNode)
        ? "required"
        : "",
    spec.description ?? "",
  ]);
  return ["", ...table([["PARAMETER", "TYPE", "RANGE", "DEFAULT", "MEANING"], ...rows])];
}

function asJson(shown: Shown, resolved: boolean): string {
  const { prepared, device, layers } = shown;
  const { file } = prepared;
  return JSON.stringify(
    {
      name: file.name,
      description: descriptionOf(prepared),
      vendor: saidOf(prepared, "manufacturer") ?? null,
      model: saidOf(prepared, "model") ?? null,
      protocol: prepared.adapter.name,
      source: file.source ?? null,
      own: !isPackaged(prepared),
      file: file.file,
      extends: layers,
      vectors: file.tests.length + file.inheritedTests.length,
      parameters: [...file.parameters].map(([name, { spec, defaultNode }]) => ({
        name,
        ...spec,
        required: isRequired(spec, defaultNode),
      })),
      resources: resourcesOf(shown),
      firmware: device.plan.firmware === undefined ? null : firmwareText(device.plan.firmware),
      polls: pollCosts(device.plan, prepared.adapter).map(({ name, every, values, requests }) => ({
        ...{ name, every: every ?? null, values },
        reads: requests?.map(({ text }) => text) ?? null,
      })),
      ...(resolved ? { yaml: `${nodeLines(file.root).join("\n")}\n` } : {}),
    },
    undefined,
    2,
  );
}
