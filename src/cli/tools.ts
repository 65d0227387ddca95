/** `probe`, `scan`, `sniff` and `decode`: a subcommand each, with one more word for the protocol. The adapters do the work. */
import { resolve } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { loadAdapters } from "../../adapters/index.ts";
import {
  type AdapterContext,
  type AdapterModule,
  type AdapterTools,
  type KnownMapping,
  type Tool,
  type ToolContext,
  type ToolReport,
  WrongArguments,
} from "../adapter.ts";
import { systemClock, systemRandom } from "../clock.ts";
import { knownMappings } from "../config/known-mappings.ts";
import { DeviceError } from "../errors.ts";
import { locateData } from "../locate.ts";
import { silentLogger } from "../log.ts";
import { interpretationsOf } from "../mapping/interpretations.ts";
import { suggestedResource } from "../mapping/suggested-resources.ts";
import { SOCKET_OPTION } from "./admin.ts";
import {
  type Arguments,
  type Command,
  type CommandGroup,
  EXIT,
  FailureError,
  type OptionHelp,
  UsageError,
} from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { toolDevice } from "./mapped-device.ts";
import { type Progress, withProgress } from "./progress.ts";
import { namedLink, openNamed } from "./tool-link.ts";

const SUMMARIES = {
  probe: "Asks one device for a few values, and shows what they could be.",
  scan: "Looks for devices on a wire, and says who they are.",
  sniff: "Listens on a wire, shows what passes, and says what that could be.",
  decode: "Explains bytes that were seen on a wire.",
} as const;

export type ToolName = keyof typeof SUMMARIES;

const LINK_OPTION: OptionHelp = {
  type: "string",
  value: "ID",
  help: "A link of the configuration; a gateway that runs makes the requests in between its own.",
};

/** All protocols that have this tool. */
export async function toolGroup(name: ToolName): Promise<CommandGroup> {
  const tools = (await adaptersWithTools()).flatMap(({ adapter, tools }) => {
    const tool = tools[name];
    if (tool === undefined) return [];
    return [{ adapter, tool, command: toolCommand(`${name} ${adapter.name}`, { tool, tools, adapter }) }];
  });
  return {
    name,
    summary: SUMMARIES[name],
    commands: Object.fromEntries(tools.map(({ adapter, command }) => [adapter.name, command])),
    others: Object.fromEntries(
      tools.flatMap(({ tool, command }) => (tool.words ?? []).map((word) => [word, withWord(command, word)])),
    ),
  };
}

/** Of all protocols, those that have any. */
export async function adaptersWithTools(): Promise<readonly { adapter: AdapterModule; tools: AdapterTools }[]> {
  const adapters = await loadAdapters();
  const all = await Promise.all(adapters.map(async (adapter) => ({ adapter, tools: await adapter.tools?.() })));
  return all.flatMap(({ adapter, tools }) => (tools === undefined ? [] : [{ adapter, tools }]));
}

/** As if the word stood in front of its arguments. */
function withWord(command: Command, word: string): Command {
  return { ...command, run: (args) => command.run({ ...args, positionals: [word, ...args.positionals] }) };
}

/** Options that name a wire: the configuration's, or one of its own. */
export function wireOptions({ besides, wire }: AdapterTools): Readonly<Record<string, OptionHelp>> {
  // Who connects beside the gateway asks nothing of it.
  return { link: LINK_OPTION, config: CONFIG_OPTION, ...(besides === true ? {} : { socket: SOCKET_OPTION }), ...wire };
}

interface Offered {
  readonly adapter: AdapterModule;
  readonly tools: AdapterTools;
  readonly tool: Tool;
}

function toolCommand(name: string, { adapter, tools, tool }: Offered): Command {
  const { summary, positionals, options, talks } = tool;
  return {
    name,
    summary,
    ...(positionals === undefined ? {} : { positionals }),
    options: {
      ...(talks ? wireOptions(tools) : {}),
      ...options,
      json: { type: "boolean", help: "Prints the same as JSON." },
    },
    async run(args) {
      const report = await asCommand(() =>
        withProgress(!args.flag("json"), (progress) => withLink(args, { tool, adapter, progress })),
      );
      const text = args.flag("json") ? JSON.stringify(report.data, undefined, 2) : report.lines.join("\n");
      process.stdout.write(`${text}\n`);
      return report.ok ? EXIT.ok : EXIT.failure;
    },
  };
}

/** What a command that talks to devices needs. What goes wrong it tells by itself. */
export const toolBasics: AdapterContext = { clock: systemClock, random: systemRandom, log: silentLogger };

/** What went wrong, as the command line says it. */
export async function asCommand<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WrongArguments) throw new UsageError(error.message, { cause: error });
    if (error instanceof DeviceError) throw new FailureError(error.message, { cause: error });
    throw error;
  }
}

async function withLink(
  args: Arguments,
  { tool, adapter, progress }: { readonly tool: Tool; readonly adapter: AdapterModule; readonly progress: Progress },
): Promise<ToolReport> {
  const named = tool.talks ? await namedLink(args, adapter) : undefined;
  const opened = named === undefined ? undefined : await openNamed(named, toolBasics);
  const ending = stopOnSignal();
  try {
    const context = contextOf(args, adapter, { signal: ending.signal, progress });
    return await tool.run(args, opened === undefined ? context : { ...context, link: opened.link });
  } finally {
    ending.forget();
    await opened?.close();
  }
}

function contextOf(
  args: Arguments,
  adapter: AdapterModule,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): ToolContext {
  // What is on standard output is one JSON text, or for a person all of it.
  const out = args.flag("json") ? process.stderr : process.stdout;
  return {
    ...toolBasics,
    interpret: interpretationsOf,
    suggest: suggestedResource,
    mappings: () => mappingsOf(adapter),
    deviceOf: (mapping, parameters) => toolDevice(mapping, parameters, adapter),
    tell: (line) => {
      progress.clear();
      out.write(`${line}\n`);
    },
    progress: progress.show,
    input: () => textOf(process.stdin),
    signal,
  };
}

function mappingsOf({ name }: AdapterModule): Promise<readonly KnownMapping[]> {
  return knownMappings([resolve("mappings"), locateData("mappings")], name);
}

/** The first Ctrl-C asks for what was found so far; the second ends the process as it would any. */
function stopOnSignal(): { readonly signal: AbortSignal; forget(): void } {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return {
    signal: stopping.signal,
    forget: () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  };
}
