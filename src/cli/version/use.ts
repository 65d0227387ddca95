import { resolve } from "node:path";
import { nameOf } from "../../firmware/self/choose.ts";
import { FOLDER_NAME } from "../../firmware/self/head.ts";
import { PACKAGED } from "../../firmware/self/record.ts";
import { OWN_SCHEMAS } from "../../gateway/firmware/own-versions.ts";
import { unknownWord } from "../../yaml/issues.ts";
import { type Command, EXIT, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { STATE_OPTION, told, type VersionsPlace, versionsPlace } from "./place.ts";

export const versionUse: Command = {
  name: "version use",
  summary:
    "Makes another version the one that the next start runs: of a file, one that is here, or the installed program.",
  positionals: "FILE|VERSION|packaged",
  options: {
    config: CONFIG_OPTION,
    state: STATE_OPTION,
    json: { type: "boolean", help: "Prints the version as JSON." },
  },
  async run(args) {
    const [wanted, surplus] = args.positionals;
    if (wanted === undefined || surplus !== undefined) {
      throw new UsageError("version use takes one file, or one version of the list");
    }
    // Before anything changes where it is looked at from.
    const file = resolve(wanted);
    const place = await versionsPlace(args);
    const version = wanted.endsWith(".lgw") ? await told(() => place.own.install(file)) : await useOne(place, wanted);
    const trial = place.versions.record()?.trial?.version === version;
    const onTrial = trial ? ", on trial until it registers" : "";
    const text = args.flag("json")
      ? JSON.stringify({ version: nameOf(version), trial })
      : `the next start runs ${nameOf(version)}${onTrial}: systemctl restart lwm2m-gateway`;
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

async function useOne({ own, versions }: VersionsPlace, wanted: string): Promise<string> {
  const known = [nameOf(PACKAGED), ...versions.list()];
  if (!known.includes(wanted)) throw new UsageError(unknownWord("version", wanted, known), { code: "LG560" });
  const version = FOLDER_NAME.test(wanted) ? wanted : PACKAGED;
  await told(() => own.use(version, OWN_SCHEMAS));
  return version;
}
