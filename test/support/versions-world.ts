/** The built program under a service manager that is a test, and further versions of it, signed. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { signArtefact, writeArtefact } from "../../scripts/artefact/write.mjs";
import type { StateSchemas } from "../../src/firmware/self/manifest.ts";
import { parseRecord, type VersionRecord } from "../../src/firmware/self/record.ts";
import { OWN_SCHEMAS } from "../../src/gateway/firmware/own-versions.ts";
import { locateData } from "../../src/locate.ts";
import { aVendor } from "./artefact.ts";
import { aServer } from "./command.ts";
import { type Outcome, type RunningProcess, run, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

export interface VersionParts {
  readonly version: string;
  /** Files that are others, or more. */
  readonly files?: Readonly<Record<string, string>>;
  /** By default what this program knows. */
  readonly state?: StateSchemas;
  /** By default the one whose key is pinned. */
  readonly privatePem?: string;
}

const vendor = aVendor();

export async function aVersionsWorld(t: TestContext, stage: string) {
  const { server, told } = await aServer(t);
  const folder = temporaryDirectory(t);
  const state = join(folder, "state");
  mkdirSync(state);
  // Where all versions in the state directory find the packages, which are of no interest here.
  symlinkSync(locateData("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "vendor.pub"), vendor.publicPem);
  writeFileSync(join(folder, "config.yaml"), configOf(server.port));
  const main = join(stage, "dist/src/main.js");
  const { PATH } = process.env;
  const options = { env: { PATH, STATE_DIRECTORY: state } };
  const file = join(state, "versions/record.json");
  const record = (): VersionRecord | undefined =>
    existsSync(file) ? parseRecord(readFileSync(file, "utf8")) : undefined;
  return {
    ...{ folder, state, server, told, record },
    /** As the service manager does. */
    start: (environment: NodeJS.ProcessEnv = {}): RunningProcess =>
      start(t, process.execPath, [main, "run", "--config", join(folder, "config.yaml")], {
        env: { ...options.env, ...environment },
      }),
    command: (...args: readonly string[]): Promise<Outcome> =>
      run(t, process.execPath, [main, ...args, "--config", join(folder, "config.yaml")], options),
    /** It has run so long that little is left of its trial. */
    nearlyOver: (): void => {
      const known = record();
      if (known?.trial === undefined) throw new Error("nothing is on trial");
      const trial = { ...known.trial, spent: known.trial.limit - 1500 };
      writeFileSync(file, JSON.stringify({ ...known, trial }));
    },
    /** The file of a version: this program, but for what is told. */
    version: (parts: VersionParts): Promise<string> => aVersion(stage, folder, parts),
  };
}

function configOf(port: number): string {
  return `gateway:
  endpoint: urn:dev:ops:32473-test
  state: state
  firmware: { self: { keys: [ vendor.pub ], trial: 1m } }
servers:
  - { id: 101, uri: "coap://127.0.0.1:${port}" }
links:
  trial: { type: simulated }
devices:
  - { id: room, mapping: simulated-climate, link: trial }
`;
}

async function aVersion(stage: string, folder: string, parts: VersionParts): Promise<string> {
  const { version, files = {}, state = OWN_SCHEMAS, privatePem = vendor.privatePem } = parts;
  const home = join(folder, `home-${version}`);
  for (const name of ["dist", "mappings"]) cpSync(join(stage, name), join(home, name), { recursive: true });
  const manifest = JSON.stringify({ name: "lwm2m-gateway", version, type: "module" });
  for (const [path, text] of Object.entries({ "package.json": manifest, ...files })) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode: 0o755 });
  }
  const file = join(folder, `${version}.lgw`);
  await writeArtefact({ home, file, told: { version, arch: process.arch, state }, quick: true });
  signArtefact(file, privatePem);
  return file;
}
