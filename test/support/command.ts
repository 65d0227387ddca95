/** `lwm2m-gateway SUBCOMMAND …` as a user types it, and the files that it reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { type DemoListener, DemoServer } from "../../demo/server.ts";
import { locateData } from "../../src/locate.ts";
import { type Lifetime, type Outcome, type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

/** For those who start it with options of Node. */
export const PROGRAM = locateData("src/main.ts");

/** Runs it to its end. */
export function command(t: Lifetime, ...args: readonly string[]): Promise<Outcome> {
  return startCommand(t, ...args).outcome;
}

export function startCommand(t: Lifetime, ...args: readonly string[]): RunningProcess {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return start(t, process.execPath, [PROGRAM, ...args], { env: { PATH, NODE_COMPILE_CACHE } });
}

/** A new folder with these files, by their paths in it. */
export function aFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface ConfigParts {
  /** The port of the server on 127.0.0.1. */
  readonly server?: number;
  readonly links?: readonly string[];
  readonly devices?: readonly string[];
}

/** config.yaml with one link of each kind: `bus` has nobody behind it. Devices and further links stand in flow style. */
export function aConfig({ server = 1, links = [], devices = [] }: ConfigParts): string {
  return `gateway: { endpoint: urn:dev:ops:32473-test }
servers:
  - { id: 101, uri: "coap://127.0.0.1:${server}" }
links:
  trial: { type: simulated }
  bus: { type: modbus-tcp, host: 127.0.0.1, port: 1 }
${links.map((link) => `  ${link}\n`).join("")}devices:
${devices.map((device) => `  - ${device}\n`).join("") || "  []\n"}`;
}

/** An LwM2M Server on a free port; `told` grows by its sentences. */
export async function aServer(t: TestContext, onValues: DemoListener["onValues"] = () => {}) {
  const told: string[] = [];
  const server = await DemoServer.start({ onEvent: (sentence) => told.push(sentence), onValues });
  t.after(() => server.close());
  return { server, told };
}

/** What of a line of the log the tests look at. */
export interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly device?: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

/** The lines of a log; one that is no JSON fails. */
export function logLines(stdout: string): readonly LogRecord[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}
