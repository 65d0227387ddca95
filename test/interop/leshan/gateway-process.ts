/** The gateway as a user runs it: a process of its own, with its configuration in a folder. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerScheme } from "../../../src/config/types.ts";
import { type Lifetime, type Outcome, type RunningProcess, run, start } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PROGRAM = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

export interface GatewaySetup {
  /** How its server is reached; default: coap, which is UDP. */
  readonly scheme?: ServerScheme;
  /** Where its server listens, on 127.0.0.1. */
  readonly port: number;
  readonly endpoint: string;
  /** Further keys of the server's entry, e.g. `lifetime: 4s`. */
  readonly server?: string;
  /** Of the cabinet: its meter, of every-type.yaml, is the first device. */
  readonly modbusPort?: number;
  /** Further keys of `gateway:`, e.g. `stored_objects: [16]`. */
  readonly gateway?: string;
  /** Further entries under `links:`, each a line of YAML. */
  readonly links?: readonly string[];
  /** Further entries under `devices:`, e.g. on the simulated link `trial`. */
  readonly devices?: readonly string[];
  /** Beside config.yaml, readable by its owner alone: secrets and keys. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** It is told by its environment, as a service manager does, where versions of itself belong. */
  readonly hasStateDirectory?: boolean;
}

export class GatewayProcess {
  private readonly owner: Lifetime;
  private setup: GatewaySetup;
  private readonly config: string;
  private program: RunningProcess;

  /** Starts it; it registers by itself. */
  constructor(owner: Lifetime, setup: GatewaySetup) {
    const folder = temporaryDirectory(owner);
    copy("models/26241-1_0.xml", join(folder, "vendor.xml"));
    copy("models/26242-1_0.xml", join(folder, "asset.xml"));
    for (const mapping of ["every-type.yaml", "feeder.yaml"]) copy(mapping, join(folder, "mappings", mapping));
    for (const [name, content] of Object.entries(setup.files ?? {}))
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    this.owner = owner;
    this.setup = setup;
    this.config = join(folder, "config.yaml");
    writeFileSync(this.config, configText(setup));
    this.program = this.begin();
  }

  /** A line of its log; waits for it. Rejects when the gateway ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.program.printed(pattern);
  }

  /** SIGHUP with these devices beside the meter. */
  reload(devices: readonly string[]): void {
    writeFileSync(this.config, configText({ ...this.setup, devices }));
    this.program.child.kill("SIGHUP");
  }

  /** `lwm2m-gateway send`, which asks this gateway. */
  send(...args: readonly string[]): Promise<Outcome> {
    return run(this.owner, process.execPath, [PROGRAM, "send", "--config", this.config, ...args]);
  }

  /** SIGKILL, as when the machine loses its power; then it is started again over the same files. */
  async killAndStart(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
    this.program = this.begin();
  }

  /** Stopped in order, and started again over the same files with other keys of the server's entry. */
  async startAgain(server: string): Promise<void> {
    await this.stop();
    this.setup = { ...this.setup, server };
    writeFileSync(this.config, configText(this.setup));
    this.program = this.begin();
  }

  /** SIGTERM: it de-registers and ends. */
  stop(): Promise<Outcome> {
    this.program.child.kill("SIGTERM");
    return this.program.outcome;
  }

  private begin(): RunningProcess {
    const { hasStateDirectory = false } = this.setup;
    const state = hasStateDirectory ? { STATE_DIRECTORY: join(dirname(this.config), "state") } : {};
    const args = [PROGRAM, "run", "--config", this.config, "--log-level", "debug"];
    return start(this.owner, process.execPath, args, { env: { ...process.env, ...state } });
  }
}

function copy(file: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(fileURLToPath(new URL(file, import.meta.url)), target);
}

function configText(setup: GatewaySetup): string {
  const { port, endpoint, gateway = "", server = "lifetime: 60s", modbusPort, links = [], devices = [] } = setup;
  const uri = `${setup.scheme ?? "coap"}://127.0.0.1:${port}`;
  const meter = modbusPort === undefined ? [] : ["{ id: meter-1, mapping: every-type, link: bus }"];
  const entries = [...meter, ...devices].map((entry) => `\n  - ${entry}`);
  return `
gateway:
  endpoint: ${endpoint}
  manufacturer: Example
  model: Interop
  serial: "0815"
  objects: [vendor.xml, asset.xml]
  ${gateway}
servers:
  - { id: 101, uri: "${uri}", ack_timeout: 200ms, max_retransmit: 2, ${server} }
links:
  trial: { type: simulated }
  bus: { type: modbus-tcp, host: 127.0.0.1, port: ${modbusPort ?? 502}, timeout: 2s, reconnect: 200ms..1s }
${links.map((link) => `  ${link}\n`).join("")}devices:${entries.length === 0 ? " []" : entries.join("")}
`;
}
