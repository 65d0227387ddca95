import { formatCheck, vectorProblems } from "../config/check.ts";
import { linkLoads, wireLoads } from "../config/link-loads.ts";
import { asPlainReport, mappingReports } from "../config/mapping-reports.ts";
import type { LoadedConfig } from "../config/types.ts";
import { ConfigError, formatProblem, type Problem } from "../errors.ts";
import { readConfig } from "../gateway/read-config.ts";
import { shownByConfig } from "../gateway/shown/shown-by-config.ts";
import { secured } from "../gateway/transport/secured.ts";
import { budgetProblems } from "./budget-check.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { counted } from "./counted.ts";
import { shownLines } from "./shown-text.ts";
import { trafficOf } from "./traffic.ts";
import { trafficLines, trafficReport } from "./traffic-text.ts";

/** Reads everything as `run` does, starts nothing, and says what it found. */
export const check: Command = {
  name: "check",
  summary: "Checks the configuration and its mappings, and shows what it costs on the wires and towards servers.",
  options: {
    config: CONFIG_OPTION,
    strict: { type: "boolean", help: "A wrong mapping or device entry is a failure too (exit code 2)." },
    json: { type: "boolean", help: "Prints the problems, the plan, and what wires and servers cost, as JSON." },
  },
  async run(args) {
    const found = await findings(configFile(args));
    process.stdout.write(`${args.flag("json") ? asJson(found) : asText(found)}\n`);
    const wrong = found.loaded === undefined || (args.flag("strict") && count(found, "error") > 0);
    return wrong ? EXIT.wrong : EXIT.ok;
  },
};

/** What it prints, for others. */
export async function checkText(file: string): Promise<string> {
  return `${asText(await findings(file))}\n`;
}

interface Findings {
  readonly problems: readonly Problem[];
  /** Absent where nothing could run with it. */
  readonly loaded?: LoadedConfig;
}

async function findings(file: string): Promise<Findings> {
  try {
    const loaded = secured(await readConfig(file));
    const traffic = loaded.servers.some(({ budget }) => budget !== undefined) ? trafficOf(loaded) : [];
    return { loaded, problems: [...loaded.problems, ...vectorProblems(loaded), ...budgetProblems(loaded, traffic)] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/** What must be mended stands above the plan, and is counted below it, where the eye is at the end. */
function asText(found: Findings): string {
  const { problems, loaded } = found;
  const plan =
    loaded === undefined
      ? []
      : [formatCheck(loaded), ...shownLines(shownByConfig(loaded)), ...trafficLines(trafficOf(loaded))];
  const first = problems.find(({ severity }) => severity === "error");
  const next = first === undefined ? [] : [`Try: lwm2m-gateway explain ${first.code}`];
  return [...problems.map(formatProblem), ...plan, summary(found), ...next].join("\n");
}

function summary(found: Findings): string {
  const [errors, warnings] = [count(found, "error"), count(found, "warning")];
  const counts =
    errors + warnings === 0 ? "no problems" : `${counted(errors, "error")}, ${counted(warnings, "warning")}`;
  if (found.loaded === undefined) return `${counts}; the gateway would not start`;
  const off = found.loaded.disabled.length;
  return off === 0 ? counts : `${counts}; the gateway would run without ${counted(off, "device")}`;
}

function asJson(found: Findings): string {
  const { problems, loaded } = found;
  const report = {
    starts: loaded !== undefined,
    errors: count(found, "error"),
    warnings: count(found, "warning"),
    problems: problems.map((problem) => ({ ...problem, text: formatProblem(problem) })),
    devices: loaded?.devices.map(({ id }) => id) ?? [],
    off: loaded?.disabled.map(({ id }) => id) ?? [],
    mappings: loaded === undefined ? [] : mappingReports(loaded).map(asPlainReport),
    links: loaded === undefined ? [] : linkLoads(loaded),
    wires: loaded === undefined ? [] : wireLoads(loaded),
    servers: loaded === undefined ? [] : shownByConfig(loaded),
    traffic: loaded === undefined ? [] : trafficReport(trafficOf(loaded)),
  };
  return JSON.stringify(report, undefined, 2);
}

function count({ problems }: Findings, wanted: Problem["severity"]): number {
  return problems.filter(({ severity }) => severity === wanted).length;
}
