import { readFile, rename, writeFile } from "node:fs/promises";
import { formatPlace, type Place, reasonOf, systemCode } from "../errors.ts";
import { readConfig } from "../gateway/read-config.ts";
import { unknownWord } from "../yaml/issues.ts";
import { renameDevice } from "../yaml/rename-device.ts";
import { type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";

/**
 * The configuration is the user's: what has to change is told, and done only when that is asked for. The store follows `was:`
 * when the gateway reads it.
 */
export const deviceRename: Command = {
  name: "device rename",
  summary: "Gives a device another id: prefix, numbers and history move with it.",
  positionals: "OLD NEW",
  options: {
    config: CONFIG_OPTION,
    write: { type: "boolean", help: "Changes the file, and nothing of it but the id and was:." },
    json: { type: "boolean", help: "Prints the outcome as JSON." },
  },
  async run(args) {
    const [from, to, surplus] = args.positionals;
    if (from === undefined || to === undefined || surplus !== undefined)
      throw new UsageError("expected the OLD and the NEW id");
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(to)) {
      throw new UsageError(`"${to}" can be no id here: expected letters, digits, "-", "_" and "."`);
    }
    const file = configFile(args);
    const { devices, disabled } = await readConfig(file);
    const all: readonly { readonly id: string; readonly place: Place }[] = [...devices, ...disabled];
    const found = all.find(({ id }) => id === from);
    if (found === undefined)
      throw new UsageError(
        unknownWord(
          "device",
          from,
          all.map(({ id }) => id),
        ),
      );
    if (all.some(({ id }) => id === to)) throw new UsageError(`there is a device "${to}" already`);
    const { place } = found;
    const changed = renameDevice(await readFile(place.file, "utf8"), from, to);
    if (args.flag("write")) await write(place, { changed, config: file, to });
    const text = args.flag("write")
      ? `${formatPlace(place)}: ${from} is ${to} now (was: ${from}); it counts from the next reload on (SIGHUP) or start`
      : `${formatPlace(place)}: write id: ${to}, was: ${from}${changed === undefined ? byHand(from) : "; --write does it"}`;
    const outcome = { from, to, place, written: args.flag("write"), canWrite: changed !== undefined };
    process.stdout.write(`${args.flag("json") ? JSON.stringify(outcome) : text}\n`);
    return EXIT.ok;
  },
};

interface Change {
  readonly changed: string | undefined;
  readonly config: string;
  readonly to: string;
}

/** The file is put back where the configuration does not have the new id then, or is broken. */
async function write({ file }: Place, { changed, config, to }: Change): Promise<void> {
  if (changed === undefined)
    throw new UsageError(`${file}: the id does not stand there in so many words: change it by hand`);
  const before = await readFile(file, "utf8");
  try {
    await replaceFile(file, changed);
    const { devices, disabled } = await readConfig(config);
    if ([...devices, ...disabled].some(({ id }) => id === to)) return;
  } catch (error) {
    if (systemCode(error) !== undefined)
      throw new FailureError(`cannot write ${file}: ${reasonOf(error)}`, { code: "LG104", cause: error });
    await replaceFile(file, before);
    throw error;
  }
  await replaceFile(file, before);
  throw new FailureError(`${file}: the configuration would not have "${to}", so it is as before: change it by hand`);
}

/** All of it, or as before, whatever happens in between. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.new`;
  await writeFile(next, text);
  await rename(next, file);
}

/** One entry that makes many devices gives each its id by $…: a was: of its own needs an entry of its own. */
function byHand(from: string): string {
  return `, by hand: "${from}" does not stand there in so many words. Where the entry has each:, take this device out of it into an entry of its own`;
}
