import { loadAdapters } from "../../adapters/index.ts";
import { formatCheck, vectorProblems } from "../config/check.ts";
import { formatProblem, type Problem } from "../errors.ts";
import { readConfig } from "../gateway/gateway.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";

/** Reads everything as `run` does, starts nothing, and says what it found. */
export const check: Command = {
  name: "check",
  summary: "Checks the configuration and its mappings, runs their test vectors and shows the plan of reads.",
  options: {
    config: CONFIG_OPTION,
    strict: { type: "boolean", help: "A wrong mapping or device entry is a failure too (exit code 2)." },
    json: { type: "boolean", help: "Prints the problems as JSON." },
  },
  async run(args) {
    const loaded = await readConfig(configFile(args), await loadAdapters());
    const problems = [...loaded.problems, ...vectorProblems(loaded)];
    const text = args.flag("json")
      ? JSON.stringify(asJson(problems), undefined, 2)
      : [...problems.map(formatProblem), formatCheck(loaded), summary(problems)].join("\n");
    process.stdout.write(`${text}\n`);
    const wrong = problems.some(({ severity }) => severity === "error");
    return wrong && args.flag("strict") ? EXIT.wrong : EXIT.ok;
  },
};

function summary(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return `${errors} errors, ${problems.length - errors} warnings`;
}

function asJson(problems: readonly Problem[]): unknown {
  return { problems: problems.map((problem) => ({ ...problem, text: formatProblem(problem) })) };
}
