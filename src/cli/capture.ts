/** `capture`: the registers of a real device become test vectors of its mapping. */
import { readFile, writeFile } from "node:fs/promises";
import { loadAdapters } from "../../adapters/index.ts";
import type { AdapterModule, AdapterTools, Link, PointId, ReadResult } from "../adapter.ts";
import { formatProblem, type Problem, reasonOf, systemCode } from "../errors.ts";
import { locateData } from "../locate.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import { type Capture, capturedValues, vectorLines } from "../mapping/captured.ts";
import { parseMapping } from "../mapping/load.ts";
import { prepareMapping } from "../mapping/prepare.ts";
import type { ResolvedDevice } from "../mapping/resolve.ts";
import { runVectors } from "../mapping/vectors.ts";
import { appendToList } from "../yaml/append.ts";
import { type Arguments, type Command, type CommandGroup, EXIT, FailureError, UsageError } from "./command.ts";
import { deviceOf, mappingNameOf, mappingOf, parametersOf } from "./mapped-device.ts";
import { whileWaiting } from "./progress.ts";
import { namedLink } from "./tool-link.ts";
import { adaptersWithTools, asCommand, toolBasics, wireOptions } from "./tools.ts";

/** All protocols whose devices can be asked. */
export async function captureGroup(): Promise<CommandGroup> {
  const commands = (await adaptersWithTools()).flatMap(({ adapter, tools }) =>
    tools.through === undefined || !adapter.polled ? [] : [[adapter.name, captureCommand(adapter, tools)] as const],
  );
  return {
    name: "capture",
    summary: "Reads a real device, and makes test vectors of its mapping.",
    commands: Object.fromEntries(commands),
  };
}

function captureCommand(adapter: AdapterModule, tools: AdapterTools): Command {
  return {
    name: `capture ${adapter.name}`,
    summary: "Reads everything that a mapping has from a real device, and prints it as test vectors.",
    options: {
      ...wireOptions(tools),
      mapping: { type: "string", value: "NAME", help: "A mapping: its name, or its file." },
      unit: { type: "string", value: "N", help: "The device's address: short for --param unit_id=N." },
      param: { type: "string", value: "NAME=VALUE", help: "A parameter of the mapping; may be repeated." },
      source: {
        type: "string",
        value: "TEXT",
        help: "What stands with the vectors, e.g. the meter's type and firmware.",
      },
      write: { type: "boolean", help: "Adds the vectors to the mapping's file, which keeps all else as it is." },
      json: { type: "boolean", help: "Prints the values as JSON." },
    },
    run: (args) => asCommand(() => capture(args, adapter)),
  };
}

async function capture(args: Arguments, adapter: AdapterModule): Promise<number> {
  const unit = args.text("unit");
  const parameters = parametersOf([...args.texts("param"), ...(unit === undefined ? [] : [`unit_id=${unit}`])]);
  const prepared = await mappingOf(mappingOption(args), adapter);
  const device = deviceOf(prepared, parameters);
  const read = () => readAll(args, adapter, device);
  const { readings, refused } = await whileWaiting(!args.flag("json"), "reading all of it from the device", read);
  if (readings.length === 0)
    throw new FailureError(`the device refuses all of it: ${refused[0]?.reason ?? "nothing to read"}`);
  const { file } = prepared;
  const found: Capture = {
    device,
    sources: adapter.sources,
    readings,
    description: descriptionOf(args),
    parameters: new Map([...parameters].filter(([name]) => name !== "unit_id")),
  };
  for (const { point, reason } of refused) process.stderr.write(`${point} ${nameOf(device, point)}: ${reason}\n`);
  if (args.flag("write")) {
    await write(file.file, found);
    if (file.file.startsWith(`${locateData("mappings")}/`)) process.stderr.write(`${KEEP_A_COPY}\n`);
  }
  process.stdout.write(
    `${args.flag("json") ? asJson(found, refused) : asText(found, args.flag("write"), file.file)}\n`,
  );
  return refused.length === 0 ? EXIT.ok : EXIT.failure;
}

const KEEP_A_COPY =
  "warning: this mapping comes with the program, whose next version brings its own: keep a copy in mappings/ beside config.yaml";

function asText(found: Capture, written: boolean, file: string): string {
  const values = capturedValues(found);
  const none = values.filter(({ bad }) => bad !== undefined).length;
  const count = `${values.length} values${none === 0 ? "" : `, ${none} of which the device does not have now (null)`}`;
  if (written) return `${count} are in ${file}; compare them with the device's display, then: lwm2m-gateway check`;
  return [
    "test:",
    ...vectorLines(found).map((line) => `  ${line}`),
    `# ${count}: compare them with the device's display`,
  ].join("\n");
}

function asJson(found: Capture, refused: ReadResult["refused"]): string {
  const values = capturedValues(found).map(({ plan: { point, definition }, key, raw, value, bad }) => {
    return {
      path: point,
      name: definition.name.trim(),
      source: key,
      raw,
      value: value ?? null,
      ...(bad === undefined ? {} : { bad }),
    };
  });
  return JSON.stringify({ description: found.description, values, refused }, undefined, 2);
}

/** The file with its new vectors must still be right, all of them, before anything is written. */
async function write(file: string, found: Capture): Promise<void> {
  const text = await readFile(file, "utf8");
  let next: string;
  try {
    next = appendToList(text, "test", vectorLines(found));
  } catch (error) {
    if (error instanceof RangeError) throw new FailureError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  const adapters = await loadAdapters();
  const problems = problemsOf(next, file, adapters);
  if (problems.length > 0) {
    throw new FailureError(
      `the vectors would not pass, so nothing is written:\n${problems.map(formatProblem).join("\n")}`,
    );
  }
  try {
    await writeFile(file, next);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new FailureError(`cannot write ${file}: ${reasonOf(error)}`, { code: "LG104", cause: error });
  }
}

function problemsOf(text: string, file: string, adapters: readonly AdapterModule[]): readonly Problem[] {
  const mapping = parseMapping(text, file, mappingNameOf(file));
  const adapter = adapters.find(({ name }) => name === mapping.protocol.text);
  if (adapter === undefined) return [];
  const problems: Problem[] = [];
  const prepared = prepareMapping(mapping, adapter, catalogue, (problem) => problems.push(problem));
  return [...problems.filter(({ severity }) => severity === "error"), ...runVectors(prepared)];
}

async function readAll(args: Arguments, adapter: AdapterModule, { plan }: ResolvedDevice): Promise<ReadResult> {
  const link = await openLink(args, adapter);
  try {
    const points = new Map<PointId, unknown>();
    for (const { point, source } of plan.resources.values()) {
      if (source.kind === "point" && source.readable) points.set(point, source.point);
    }
    const listener = { onReadings: () => {}, onReachable: () => {} };
    const device = await link.attach(plan.device, points, listener);
    try {
      return await device.read([...points.keys()]);
    } finally {
      await device.close();
    }
  } finally {
    await link.close();
  }
}

async function openLink(args: Arguments, adapter: AdapterModule): Promise<Link> {
  const tools = await adapter.tools?.();
  if (tools?.through === undefined) throw new UsageError(`devices of protocol ${adapter.name} cannot be asked`);
  const named = await namedLink(args, adapter);
  if (named === undefined) return tools.open(args, toolBasics);
  const { settings, shared } = named;
  if (shared !== undefined) return tools.through(shared.ask, toolBasics);
  return adapter.open(settings.options, { ...toolBasics, linkId: settings.id });
}

function mappingOption(args: Arguments): string {
  const text = args.text("mapping");
  if (text !== undefined) return text;
  throw new UsageError("which mapping? --mapping NAME, or a file such as --mapping mappings/my-meter.yaml");
}

function descriptionOf(args: Arguments): string {
  const day = new Date(toolBasics.clock.wall()).toISOString().slice(0, 10);
  return `captured ${day}: ${args.text("source") ?? "a real device"}`;
}

function nameOf({ plan }: ResolvedDevice, point: PointId): string {
  return plan.resources.get(point)?.definition.name.trim() ?? "";
}
