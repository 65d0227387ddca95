import { removeDurably } from "../../firmware/self/durable.ts";
import { unknownWord } from "../../yaml/issues.ts";
import { type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { STATE_OPTION, versionsPlace } from "./place.ts";

export const versionDrop: Command = {
  name: "version drop",
  summary: "Removes a version that neither runs nor comes back.",
  positionals: "VERSION",
  options: {
    config: CONFIG_OPTION,
    state: STATE_OPTION,
    json: { type: "boolean", help: "Prints the version as JSON." },
  },
  async run(args) {
    const [wanted, surplus] = args.positionals;
    if (wanted === undefined || surplus !== undefined)
      throw new UsageError("version drop takes one version of the list");
    const { versions } = await versionsPlace(args);
    const known = versions.list();
    if (!known.includes(wanted)) throw new UsageError(unknownWord("version", wanted, known), { code: "LG560" });
    const { trial } = versions.record() ?? {};
    if ([versions.current(), trial?.version, trial?.before].includes(wanted)) {
      throw new FailureError(`${wanted} runs, or is what comes back: use another one first`, { code: "LG560" });
    }
    removeDurably(versions.folder(wanted));
    process.stdout.write(args.flag("json") ? `${JSON.stringify({ version: wanted })}\n` : `${wanted} is removed\n`);
    return EXIT.ok;
  },
};
