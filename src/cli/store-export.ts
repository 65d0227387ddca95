import { fstatSync } from "node:fs";
import { systemClock } from "../clock.ts";
import { HISTORY_FILE } from "../gateway/waiting/store-report.ts";
import { serverOf } from "../lwm2m/observation-id.ts";
import type { StoredHistory } from "../store/history/history-reader.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { FILTER_OPTIONS, filterOf } from "./export-filter.ts";
import { EXPORT_FORMATS, type ExportLines, exportLines, type WaitingValue } from "./export-lines.ts";
import { type Progress, withProgress } from "./progress.ts";
import { namesOf } from "./resource-names.ts";
import { statePlace } from "./state-directory.ts";
import { withStoredHistory } from "./stored-history.ts";
import { streamLines } from "./stream-lines.ts";

/** Reads the file beside a gateway that runs: what is younger than its commit window is not in it. */
export const storeExport: Command = {
  name: "store export",
  summary: "Prints the values that servers do not have yet, the oldest first.",
  options: {
    config: CONFIG_OPTION,
    ...FILTER_OPTIONS,
    format: {
      type: "string",
      value: "FORMAT",
      help: `One of ${EXPORT_FORMATS.join(", ")}.`,
      choices: EXPORT_FORMATS,
      default: "csv",
    },
    output: { type: "string", short: "o", value: "FILE", help: "Writes there, and not to standard output." },
    json: { type: "boolean", help: "Short for --format json." },
  },
  async run(args) {
    const isWanted = filterOf(args, systemClock.wall());
    const wanted = args.flag("json") ? "json" : args.text("format");
    const format = EXPORT_FORMATS.find((name) => name === wanted);
    if (format === undefined) {
      throw new UsageError(`--format ${args.text("format")}: expected one of ${EXPORT_FORMATS.join(", ")}`);
    }
    const { config, directory } = await statePlace(args, HISTORY_FILE);
    const lines = exportLines(format, namesOf(config.catalogue));
    // Whoever reads the values on a terminal, or pages through them there, wants no other line in between.
    const goesToFile = args.text("output") !== undefined || fstatSync(process.stdout.fd).isFile();
    const found = await withProgress(goesToFile && !args.flag("json"), (progress) =>
      withStoredHistory(directory, (history) => write(history, lines, { isWanted, args, progress })),
    );
    if (found === undefined) await streamLines([lines.header], args.text("output"));
    tellFile(args, found ?? 0);
    return EXIT.ok;
  },
};

interface Asked {
  readonly isWanted: (value: WaitingValue) => boolean;
  readonly args: Arguments;
  readonly progress: Progress;
}

async function write(history: StoredHistory, lines: ExportLines, { isWanted, args, progress }: Asked): Promise<number> {
  const output = args.text("output");
  let [values, reports] = [0, 0];
  const words = (): string => `${reports} reports read, ${values} values written`;
  function* all(): Iterable<string> {
    yield lines.header;
    for (const { id, entry } of history.entries()) {
      reports++;
      progress.show(words);
      const server = serverOf(id);
      for (const sample of entry.samples) {
        if (!isWanted({ server, sample })) continue;
        values++;
        yield lines.line({ server, sample });
      }
    }
  }
  await streamLines(all(), output);
  return values;
}

function tellFile(args: Arguments, values: number): void {
  const file = args.text("output");
  if (file === undefined) return;
  process.stdout.write(`${args.flag("json") ? JSON.stringify({ file, values }) : `${values} values are in ${file}`}\n`);
}
