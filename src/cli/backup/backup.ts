import { existsSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename } from "node:path";
import { systemClock, systemRandom } from "../../clock.ts";
import { machineHash } from "../../gateway/state/machine.ts";
import { packageVersion } from "../../locate.ts";
import { SOCKET_OPTION } from "../admin.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { CONFIG_OPTION, configFile } from "../config-option.ts";
import { type Progress, withProgress } from "../progress.ts";
import { type Configuration, configurationFiles } from "./configuration-files.ts";
import { FORMAT, type Manifest } from "./manifest.ts";
import { type Packing, pack } from "./packing.ts";
import { newPassphrase, PASSPHRASE_OPTION } from "./passphrase.ts";
import { sizeText, transferred } from "./sizes.ts";
import { type StateFiles, withStateFiles } from "./state-files.ts";

/** What the gateway is made of, to put it onto another machine, or back onto this one. */
export const backup: Command = {
  name: "backup",
  summary: "Packs configuration, state, pending history and secrets into one file.",
  positionals: "FILE",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    "passphrase-file": PASSPHRASE_OPTION,
    "without-secrets": { type: "boolean", help: "Leaves keys and passwords out; asks for no passphrase." },
    json: { type: "boolean", help: "Prints what is in it as JSON." },
  },
  async run(args) {
    const target = targetOf(args);
    const configuration = await configurationFiles(configFile(args));
    const secret = configuration.files.filter((file) => file.secret);
    const locked = secret.length > 0 && !args.flag("without-secrets");
    const passphrase = locked ? await newPassphrase(args) : undefined;
    const make = async (state: StateFiles, progress: Progress) => {
      const now = systemClock.wall();
      const about = aboutOf(configuration, { secrets: secretsWord(secret.length, locked), now });
      const part = `${target}.part`;
      const contents = await pack(part, {
        about,
        open: configuration.files.filter((file) => !file.secret),
        ...(passphrase === undefined ? {} : { secret: { files: secret, passphrase } }),
        ...{ state: state.files, now, random: systemRandom },
        onProgress: transferred("packed", sizeOf(state), progress),
      } satisfies Packing);
      await rename(part, target);
      return { file: target, bytes: statSync(target).size, ...about, contents, ...stateWords(state) };
    };
    const made = await withProgress(!args.flag("json"), (progress) => {
      progress.show(() => "copying the state");
      return withStateFiles(args, target, (state) => make(state, progress));
    });
    const names = secret.map(({ name }) => name);
    process.stdout.write(
      args.flag("json") ? `${JSON.stringify({ ...made, locked: names }, undefined, 2)}\n` : textOf(made, names),
    );
    return EXIT.ok;
  },
};

/** Throws UsageError or FailureError: an older backup may be the only one. */
function targetOf({ positionals }: Arguments): string {
  const [file, surplus] = positionals;
  if (file === undefined || surplus !== undefined)
    throw new UsageError("backup takes one FILE: where it is to be written");
  if (existsSync(file)) throw new FailureError(`${file} is there already, and is not replaced`, { code: "LG104" });
  return file;
}

function secretsWord(found: number, locked: boolean): Manifest["secrets"] {
  if (found === 0) return "none";
  return locked ? "locked" : "left-out";
}

function aboutOf(
  { config, directory }: Configuration,
  { secrets, now }: { readonly secrets: Manifest["secrets"]; readonly now: number },
): Omit<Manifest, "contents"> {
  return {
    format: FORMAT,
    program: "lwm2m-gateway",
    version: packageVersion(),
    made: new Date(now).toISOString(),
    endpoint: config.gateway.endpoint,
    machine: machineHash() ?? null,
    directory,
    configuration: basename(config.file),
    secrets,
  };
}

function sizeOf({ files }: StateFiles): number {
  return files.reduce((sum, { path }) => sum + statSync(path).size, 0);
}

function stateWords({ running, unwritten }: StateFiles) {
  return { running, ...(unwritten === undefined ? {} : { unwritten }) };
}

interface Made extends Manifest, Pick<StateFiles, "running" | "unwritten"> {
  readonly file: string;
  readonly bytes: number;
}

function textOf(made: Made, locked: readonly string[]): string {
  const { file, bytes, endpoint, contents, running, unwritten, secrets } = made;
  const lines = [
    `${file}: ${sizeText(bytes)}, ${endpoint}${running ? ", of the running gateway" : ""}`,
    ...contents.map(({ name, bytes: size }) => `   ${name}  ${sizeText(size)}`),
    ...SECRETS[secrets](locked),
    ...(unwritten === undefined ? [] : [`what came last waits in memory and is not in it: ${unwritten}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const SECRETS: Readonly<Record<Manifest["secrets"], (names: readonly string[]) => readonly string[]>> = {
  locked: (names) => [`under the passphrase: ${names.join(", ")}`],
  "left-out": (names) => [`left out, keep them elsewhere: ${names.join(", ")}`],
  none: () => [],
};
