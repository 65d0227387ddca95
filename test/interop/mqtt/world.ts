/** The gateway as a user runs it, between an LwM2M Server and a mosquitto; its devices are mosquitto's clients. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../../../demo/client.ts";
import type { DemoServer } from "../../../demo/server.ts";
import type { UnixMillis } from "../../../src/clock.ts";
import { reasonOf } from "../../../src/errors.ts";
import type { TimedPathValue } from "../../../src/lwm2m/formats/codec.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import { aServer, logLines, startCommand } from "../../support/command.ts";
import type { Mosquitto } from "../../support/mosquitto.ts";
import type { Outcome, RunningProcess } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

/** By what the broker's log names the gateway. */
export const CLIENT_ID = "gw";
/** How often a server asks for what is awaited. In milliseconds. */
const ASK_EVERY = 50;

export interface WorldSetup {
  /** Keys of the link beside its type and url, e.g. `version: 5`; FOLDER is the folder of `files`. */
  readonly link?: string;
  /** In place of the broker's own. */
  readonly url?: string;
  /** Each a flow map of YAML, without its link: `id: kitchen, mapping: room, name: kitchen`. */
  readonly devices: readonly string[];
  /** By name. */
  readonly mappings: Readonly<Record<string, string>>;
  /** Beside config.yaml, readable by its owner alone. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

interface Parts {
  readonly server: DemoServer;
  readonly config: string;
  readonly heard: readonly TimedPathValue[];
}

export class World {
  readonly broker: Mosquitto;
  private readonly t: TestContext;
  private readonly server: DemoServer;
  /** All that the server was told of what it observes. */
  private readonly heard: readonly TimedPathValue[];
  private readonly config: string;
  private program: RunningProcess;

  private constructor(t: TestContext, broker: Mosquitto, parts: Parts) {
    this.t = t;
    this.broker = broker;
    this.server = parts.server;
    this.heard = parts.heard;
    this.config = parts.config;
    this.program = this.begin();
  }

  /** Resolves when the gateway has registered. */
  static async open(t: TestContext, broker: Mosquitto, setup: WorldSetup): Promise<World> {
    const heard: TimedPathValue[] = [];
    const { server } = await aServer(t, (_, values) => heard.push(...values));
    const folder = temporaryDirectory(t);
    const config = join(folder, "config.yaml");
    writeFileSync(config, configText(broker, server.port, setup).replaceAll("FOLDER", folder));
    for (const [name, content] of Object.entries(setup.files ?? {})) {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    }
    mkdirSync(join(folder, "mappings"));
    for (const [name, text] of Object.entries(setup.mappings)) {
      writeFileSync(join(folder, "mappings", `${name}.yaml`), `format: 1\nmapping: ${name}\nprotocol: mqtt\n${text}`);
    }
    const world = new World(t, broker, { server, config, heard });
    await world.printed(/"msg":"registered"/);
    return world;
  }

  /** Resolves when the broker has the gateway's subscription to this filter. */
  async subscribed(filter: string, qos = 0): Promise<void> {
    await this.broker.printed(new RegExp(`^${CLIENT_ID} ${qos} ${filter.replace(/[+$]/g, "\\$&")}$`, "m"));
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

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
  }

  /** Over the same files; resolves when it can be asked. */
  async startAgain(): Promise<void> {
    this.program = this.begin();
    await this.printed(/"msg":"started"/);
  }

  /** SIGTERM. */
  stop(): Promise<Outcome> {
    this.program.child.kill("SIGTERM");
    return this.program.outcome;
  }

  /** Stops it: what a person saw in its log of the link itself, as `level message`, and with the reason where there is one. */
  async logOfLink(): Promise<readonly string[]> {
    const { stdout } = await this.stop();
    const lines = logLines(stdout).filter((line) => "broker" in line && !("device" in line));
    return lines.map((line) => {
      const reason = "reason" in line ? `: ${line.reason}` : "";
      return `${line.level} ${line.msg}${reason}`;
    });
  }

  /** Ends with the test, whatever is awaited. */
  private pause(): Promise<void> {
    return pause(ASK_EVERY, undefined, { signal: this.t.signal });
  }

  private begin(): RunningProcess {
    return startCommand(this.t, "run", "--config", this.config);
  }

  private get client(): Client {
    const [client] = this.server.clients;
    if (client === undefined) throw new Error("nobody is registered");
    return client;
  }
}

function configText(broker: Mosquitto, server: number, { link = "", url = broker.url, devices }: WorldSetup): string {
  const entries = devices.map((device) => `  - { ${device}, link: broker }\n`).join("");
  const keys = link === "" ? "" : `, ${link}`;
  return `format: 1
gateway: { endpoint: urn:dev:ops:32473-mqtt }
servers: [ { id: 101, uri: "coap://127.0.0.1:${server}" } ]
links: { broker: { type: mqtt, url: "${url}", client_id: ${CLIENT_ID}, reconnect: 100ms..500ms${keys} } }
devices:
${entries}`;
}
