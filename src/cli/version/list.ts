import { nameOf } from "../../firmware/self/choose.ts";
import { PACKAGED } from "../../firmware/self/record.ts";
import { table } from "../../table.ts";
import { type Command, EXIT } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { STATE_OPTION, type VersionsPlace, versionsPlace } from "./place.ts";

export const versionList: Command = {
  name: "version list",
  summary: "Lists the versions of the gateway that are here, which one a start runs, and whether it is on trial.",
  options: {
    config: CONFIG_OPTION,
    state: STATE_OPTION,
    json: { type: "boolean", help: "Prints the list as JSON." },
  },
  async run(args) {
    const place = await versionsPlace(args);
    const rows = rowsOf(place);
    const text = args.flag("json") ? JSON.stringify(rows, undefined, 2) : listText(rows);
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

interface Row {
  readonly version: string;
  readonly current: boolean;
  readonly note: string;
}

function rowsOf({ versions }: VersionsPlace): readonly Row[] {
  const { trial, previous, outcome } = versions.record() ?? {};
  const current = versions.current();
  const noteOf = (version: string): string => {
    const fault = version === PACKAGED ? undefined : versions.fault(version);
    if (fault !== undefined) return `does not run: ${fault}`;
    if (trial?.version === version) {
      return trial.back === undefined
        ? `on trial; else ${nameOf(trial.before)} comes back`
        : `is taken back by the next start: ${trial.back.reason}`;
    }
    if (version === PACKAGED) return "the installed program";
    return previous === version ? "ran before" : "";
  };
  const rows = [PACKAGED, ...versions.list()].map((version) => ({
    version: nameOf(version),
    current: version === current,
    note: noteOf(version),
  }));
  if (outcome === undefined) return rows;
  return [...rows, { version: nameOf(outcome.version), current: false, note: `was taken back: ${outcome.reason}` }];
}

function listText(rows: readonly Row[]): string {
  return table([
    ["", "VERSION", ""],
    ...rows.map(({ version, current, note }) => [current ? "*" : "", version, note]),
  ]).join("\n");
}
