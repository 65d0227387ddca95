/** A folder with a configuration as a user has it → what is loaded, or the problems. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { loadAdapters } from "../../adapters/index.ts";
import type { UnixMillis } from "../../src/clock.ts";
import { AdapterShelf } from "../../src/config/adapter-shelf.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { LoadedConfig } from "../../src/config/types.ts";
import { ConfigError, type Problem, problemText } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { temporaryDirectory } from "../support/temp.ts";

const adapters = await loadAdapters();

export const BASE = `gateway: { endpoint: gw }
servers: [ { id: 1, uri: "coap://127.0.0.1" } ]
links: { bus: { type: modbus-tcp, host: 127.0.0.1 }, trial: { type: simulated } }
`;

export interface Loaded {
  readonly config?: LoadedConfig;
  /** Whether nothing could be loaded at all. */
  readonly refused: boolean;
  /** Paths relative to the folder. */
  readonly problems: readonly string[];
}

/** Only their owner reads them. */
const PRIVATE = /\.key$|(^|\/)secrets\.yaml$/;

/** Writes the files, by their path in the folder, and loads config.yaml. `now`: by which certificates are judged. */
export async function loadFolder(
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  now?: UnixMillis,
): Promise<Loaded> {
  const folder = temporaryDirectory(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: PRIVATE.test(path) ? 0o600 : 0o644 });
  }
  const tell = (problems: readonly Problem[]): string[] =>
    problems.map((problem) => problemText(problem).replaceAll(`${folder}/`, ""));
  try {
    const dated = now === undefined ? {} : { now };
    const options = {
      adapters: AdapterShelf.of(adapters),
      catalogue,
      packagedMappings: locateData("mappings"),
      ...dated,
    };
    const config = await loadConfig(join(folder, "config.yaml"), options);
    return { config, refused: false, problems: tell(config.problems) };
  } catch (error) {
    if (error instanceof ConfigError) return { refused: true, problems: tell(error.problems) };
    throw error;
  }
}

/** BASE with these device entries, one a line; the first stands in line 5. */
export function withDevices(...entries: readonly string[]): Readonly<Record<string, string>> {
  return { "config.yaml": `${BASE}devices:\n${entries.map((entry) => `  - ${entry}\n`).join("")}` };
}
