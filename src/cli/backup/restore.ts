import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { machineHash } from "../../gateway/state/machine.ts";
import { DATABASES, isInUse } from "../../store/copy.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { SERVICE_CONFIG } from "../config-option.ts";
import { withProgress } from "../progress.ts";
import { statePlace } from "../state-directory.ts";
import { adoptState } from "./adopted.ts";
import type { Manifest } from "./manifest.ts";
import { type BackedUpFile, OpenedBackup } from "./opened-backup.ts";
import { knownPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";
import { occupants } from "./placing.ts";
import { type RestorePlaces, restorePlaces } from "./restore-places.ts";
import { restoredText } from "./restore-text.ts";
import { type Restored, restoreFiles } from "./restored.ts";

/** Onto an empty machine, or back onto this one; without FILE the state that lies here becomes this machine's. */
export const restore: Command = {
  name: "restore",
  summary: "Puts a backup onto this machine; --adopt alone takes over a state that another machine made.",
  positionals: "[FILE]",
  options: {
    config: { type: "string", short: "c", value: "DIR", help: "Where config.yaml goes (default: /etc/lwm2m-gateway)." },
    state: { type: "string", value: "DIR", help: "Where the state goes (default: as that configuration has it)." },
    "passphrase-file": PASSPHRASE_OPTION,
    "without-secrets": { type: "boolean", help: "Leaves keys and passwords where they are: in the backup." },
    adopt: { type: "boolean", help: "The gateway whose state it is will not run again." },
    replace: { type: "boolean", help: "Sets aside what is there." },
    "dry-run": { type: "boolean", help: "Only checks the file, and says what would be written where." },
    json: { type: "boolean", help: "Prints what was done as JSON." },
  },
  async run(args) {
    const [file, surplus] = args.positionals;
    if (surplus !== undefined) throw new UsageError(`restore takes one FILE, and not ${surplus} besides`);
    if (file === undefined) return adoptInPlace(args);
    const opened = await withProgress(!args.flag("json"), (progress) => OpenedBackup.open(file, progress));
    try {
      const restored = await restoreOpened(args, opened);
      process.stdout.write(args.flag("json") ? `${JSON.stringify(restored, undefined, 2)}\n` : restoredText(restored));
      return EXIT.ok;
    } finally {
      await opened.close();
    }
  },
};

async function restoreOpened(args: Arguments, opened: OpenedBackup): Promise<Restored> {
  const { manifest } = opened;
  checkMachine(manifest, args);
  const dryRun = args.flag("dry-run");
  const wanted = manifest.secrets === "locked" && !args.flag("without-secrets");
  const secrets = wanted ? await opened.secrets(await knownPassphrase(args)) : [];
  const files: readonly BackedUpFile[] = [...opened.open, ...secrets];
  const places = await restorePlaces(args, files, manifest);
  await checkFree(places, args);
  const mark = new Date(systemClock.wall()).toISOString().replaceAll(":", "-");
  return withProgress(!args.flag("json"), (progress) => {
    const job = { manifest, files, places, mark, replace: args.flag("replace"), progress };
    return restoreFiles(job, dryRun);
  });
}

/** Two machines must not be one gateway. Throws FailureError. */
function checkMachine({ machine, made, endpoint }: Manifest, args: Arguments): void {
  const here = machineHash() ?? null;
  if (machine === null || here === null || machine === here || args.flag("adopt")) return;
  const message =
    `the backup of ${endpoint} was made on another machine (${made}): while that one runs, two gateways would register ` +
    "under one name. Where it will not run again, add --adopt";
  throw new FailureError(message, { code: "LG616" });
}

/** Rejects with FailureError where a gateway runs, or something is in the way. */
async function checkFree({ configuration, state }: RestorePlaces, args: Arguments): Promise<void> {
  if (existsSync(join(state, DATABASES.gateway)) && isInUse(state)) {
    throw new FailureError(`a gateway runs with the state in ${state}: stop it first`, {
      code: "LG617",
      next: "systemctl stop lwm2m-gateway",
    });
  }
  if (args.flag("replace")) return;
  for (const folder of new Set([configuration, state])) {
    const names = await occupants(folder);
    if (names.length === 0) continue;
    const some = names.slice(0, 3).join(", ") + (names.length > 3 ? " …" : "");
    const message = `${folder} is not empty (${some}): with --replace what is there is set aside`;
    throw new FailureError(message, { code: "LG615" });
  }
}

/** The state stays where it is. */
async function adoptInPlace(args: Arguments): Promise<number> {
  if (!args.flag("adopt"))
    throw new UsageError("restore takes a FILE, or --adopt alone: the state that lies here becomes this machine's");
  const directory = args.text("state") ?? (await placeOfState(args));
  if (!existsSync(join(directory, DATABASES.gateway))) {
    throw new FailureError(`there is no state in ${directory}: name its folder with --state DIR`);
  }
  await adoptState(directory);
  const report = { state: directory, machine: machineHash() ?? null };
  const words = `the state in ${directory} is this machine's now: prefixes and history are kept, the gateway will register anew\n`;
  process.stdout.write(args.flag("json") ? `${JSON.stringify(report, undefined, 2)}\n` : words);
  return EXIT.ok;
}

async function placeOfState(args: Arguments): Promise<string> {
  const given = args.text("config");
  const file = given === undefined ? SERVICE_CONFIG : join(given, "config.yaml");
  const { directory } = await statePlace(
    { ...args, text: (option) => (option === "config" ? file : args.text(option)) },
    DATABASES.gateway,
  );
  return directory;
}
