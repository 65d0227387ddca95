/** Where the parts of a backup go on this machine. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { childOf } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { type Arguments, UsageError } from "../command.ts";
import { SERVICE_CONFIG } from "../config-option.ts";
import { SERVICE_STATE } from "../state-directory.ts";
import { CONFIGURATION, CREDENTIALS, ELSEWHERE, type Manifest, STATE } from "./manifest.ts";
import type { BackedUpFile } from "./opened-backup.ts";

export interface RestorePlaces {
  /** Folder of config.yaml. */
  readonly configuration: string;
  readonly state: string;
}

/** As the gateway itself will look for its state there. Throws UsageError where the configuration does not tell. */
export async function restorePlaces(
  args: Arguments,
  files: readonly BackedUpFile[],
  { configuration: name }: Manifest,
): Promise<RestorePlaces> {
  const configuration = real(resolve(args.text("config") ?? dirname(SERVICE_CONFIG)));
  const asked = args.text("state");
  if (asked !== undefined) return { configuration, state: real(resolve(asked)) };
  const file = files.find((each) => each.name === CONFIGURATION + name);
  const text = file === undefined ? "" : Buffer.concat(await all(file.content())).toString();
  const state = childOf(childOf(parseYaml(text, name), "gateway"), "state");
  if (state?.kind === "scalar" && state.text !== "") {
    if (state.text.includes("$"))
      throw new UsageError(`gateway.state is "${state.text}": name the folder with --state DIR`);
    return { configuration, state: real(isAbsolute(state.text) ? state.text : join(configuration, state.text)) };
  }
  const isService = configuration === dirname(SERVICE_CONFIG);
  return { configuration, state: real(isService ? SERVICE_STATE : join(configuration, "state")) };
}

/** systemd makes a link of the state directory of a service with a user of its own. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

/** Below the folder of the configuration; undefined: it is a part of the state. */
export function pathInConfiguration(name: string): string | undefined {
  if (name.startsWith(STATE)) return undefined;
  if (name.startsWith(CONFIGURATION)) return name.slice(CONFIGURATION.length);
  return name.startsWith(ELSEWHERE) || name.startsWith(CREDENTIALS) ? name : undefined;
}
