/** The gateway as a user runs it, and an LwM2M Server that asks it; what its devices are is up to the test. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../../demo/client.ts";
import type { DemoServer } from "../../demo/server.ts";
import type { UnixMillis } from "../../src/clock.ts";
import { reasonOf } from "../../src/errors.ts";
import type { FirmwareStatus } from "../../src/firmware/job.ts";
import type { GatewayStatus } from "../../src/gateway/status.ts";
import type { TimedPathValue } from "../../src/lwm2m/formats/codec.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { aServer, command, type LogRecord, logLines, PROGRAM } from "../support/command.ts";
import { type Outcome, type RunningProcess, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** How often a server asks for what is awaited. In milliseconds. */
const ASK_EVERY = 50;

export interface GatewaySetup {
  /** `links:` of its configuration, each a line of YAML: `air: { type: ble }`. FOLDER is the folder of the configuration. */
  readonly links: readonly string[];
  /** Each a flow map of YAML: `id: kitchen, mapping: room, link: air`. */
  readonly devices: readonly string[];
  /** By name, without their heads; of another protocol where one says so. */
  readonly mappings: Readonly<Record<string, string>>;
  /** What protocol these are of. */
  readonly protocol: string;
  /** Beside config.yaml, readable by its owner alone. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Beside the one that asks it, each a flow map of YAML: `id: 102, uri: "coaps://127.0.0.1:1"`. */
  readonly servers?: readonly string[];
  /** Further keys of `gateway:`, e.g. `firmware: { http: { address: 127.0.0.1 } }`. */
  readonly gateway?: string;
  /** Beside what every program of a test has. */
  readonly environment?: NodeJS.ProcessEnv;
}

interface Parts {
  readonly server: DemoServer;
  readonly config: string;
  readonly heard: readonly TimedPathValue[];
  readonly environment: NodeJS.ProcessEnv;
}

export class GatewayWorld {
  private readonly t: TestContext;
  private readonly server: DemoServer;
  /** All that the server was told of what it observes. */
  private readonly heard: readonly TimedPathValue[];
  private readonly config: string;
  private readonly environment: NodeJS.ProcessEnv;
  private program: RunningProcess;

  private constructor(t: TestContext, parts: Parts) {
    this.t = t;
    this.server = parts.server;
    this.heard = parts.heard;
    this.config = parts.config;
    this.environment = parts.environment;
    this.program = this.begin();
  }

  /** Resolves when the gateway has registered. */
  static async open(t: TestContext, setup: GatewaySetup): Promise<GatewayWorld> {
    const heard: TimedPathValue[] = [];
    const { server } = await aServer(t, (_, values) => heard.push(...values));
    const folder = temporaryDirectory(t);
    const config = join(folder, "config.yaml");
    writeFileSync(config, configText(server.port, setup).replaceAll("FOLDER", folder));
    for (const [name, content] of Object.entries(setup.files ?? {})) {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    }
    mkdirSync(join(folder, "mappings"));
    for (const [name, text] of Object.entries(setup.mappings)) {
      const protocol = /^protocol:/m.test(text) ? "" : `protocol: ${setup.protocol}\n`;
      const head = `format: 1\nmapping: ${name}\n${protocol}`;
      writeFileSync(join(folder, "mappings", `${name}.yaml`), head + text);
    }
    const world = new GatewayWorld(t, { server, config, heard, environment: setup.environment ?? {} });
    await world.printed(/"msg":"registered"/);
    return world;
  }

  /** Of the daemon. */
  get pid(): number {
    return this.program.child.pid ?? 0;
  }

  /** Its state directory. */
  get state(): string {
    return join(dirname(this.config), "state");
  }

  /** A line of the gateway's log since its last start; waits for it. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.program.printed(pattern);
  }

  /** What the server reads; rejects with what it is told where there is no value. */
  async read(path: string): Promise<Value | undefined> {
    const [first] = await this.server.read(this.client, parsePath(path));
    return first?.value;
  }

  /** Asks until the value is this one. */
  async reads(path: string, wanted: Value): Promise<void> {
    while ((await this.read(path).catch(() => undefined)) !== wanted) await this.pause();
  }

  /** Until the server observes the value, and has it. */
  async observes(path: string, value: Value): Promise<void> {
    while (this.client.values.get(parsePath(path))?.value !== value) {
      // What could not be observed yet is observed now.
      this.server.tend();
      await this.pause();
    }
  }

  /** Until it hears a value that was measured at that time. */
  async hears(path: string, time: UnixMillis): Promise<void> {
    while (!this.heard.some((one) => one.path === path && one.time === time)) await this.pause();
  }

  /** Every value of this path that the server was told, in order. */
  told(path: string): readonly Value[] {
    return this.heard.filter((one) => one.path === path).map(({ value }) => value);
  }

  /** Asks until the server is told no, in these words. */
  async refuses(path: string, words: RegExp): Promise<void> {
    for (;;) {
      const refusal = await this.read(path).then(() => "", reasonOf);
      if (words.test(refusal)) return;
      await this.pause();
    }
  }

  /** Resolves when the device has confirmed; rejects with what the server is told where it has not. */
  write(path: string, value: Value): Promise<void> {
    return this.server.write(this.client, parsePath(path), value);
  }

  execute(path: string): Promise<void> {
    return this.server.execute(this.client, parsePath(path));
  }

  /** Until it is worth to look again; rejects at the end of the test. */
  pause(): Promise<void> {
    return pause(ASK_EVERY, undefined, { signal: this.t.signal });
  }

  /** What `status` says of firmware. */
  async firmware(): Promise<readonly FirmwareStatus[]> {
    const { stdout } = await command(this.t, "status", "--json", "--config", this.config);
    const { firmware = [] }: GatewayStatus = JSON.parse(stdout);
    return firmware;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
  }

  /** Over the same files; resolves when it can be asked. */
  async startAgain(): Promise<void> {
    this.start();
    await this.printed(/"msg":"started"/);
  }

  /** Over the same files; it may end before it can be asked. */
  start(): void {
    this.program = this.begin();
  }

  /** By itself. */
  ended(): Promise<Outcome> {
    return this.program.outcome;
  }

  /** SIGTERM. */
  stop(): Promise<Outcome> {
    this.program.child.kill("SIGTERM");
    return this.program.outcome;
  }

  /** Stops it: of its log what a person saw of one thing, as `level message`, and with the reason where there is one. */
  async logOf(isMeant: (line: LogRecord) => boolean): Promise<readonly string[]> {
    const { stdout } = await this.stop();
    return logLines(stdout)
      .filter(isMeant)
      .map((line) => {
        const reason = "reason" in line ? `: ${line.reason}` : "";
        return `${line.level} ${line.msg}${reason}`;
      });
  }

  private begin(): RunningProcess {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE, ...this.environment };
    return start(this.t, process.execPath, [PROGRAM, "run", "--config", this.config], { env });
  }

  private get client(): Client {
    const [client] = this.server.clients;
    if (client === undefined) throw new Error("nobody is registered");
    return client;
  }
}

function configText(server: number, { links, devices, servers = [], protocol, gateway }: GatewaySetup): string {
  return `format: 1
gateway: { endpoint: urn:dev:ops:32473-${protocol}${gateway === undefined ? "" : `, ${gateway}`} }
servers:
  - { id: 101, uri: "coap://127.0.0.1:${server}" }
${servers.map((other) => `  - { ${other} }\n`).join("")}links:
${links.map((link) => `  ${link}\n`).join("")}devices:
${devices.map((device) => `  - { ${device} }\n`).join("")}`;
}
