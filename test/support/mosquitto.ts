/** Eclipse Mosquitto on loopback, with its configuration in a folder of the test: an MQTT broker that others wrote. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";
import { type Lifetime, type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

export interface MosquittoSetup {
  /** Passwords by user; absent: everybody may. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of its ACL file; what is not in it is refused. */
  readonly acl?: readonly string[];
  /** The listener speaks TLS with these, files of the folder; `clients`: each must show a certificate of that CA. */
  readonly tls?: { readonly ca: string; readonly certificate: string; readonly key: string; readonly clients: boolean };
  /** What the folder holds before it starts. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What it logs beside its start; default: every packet. */
  readonly log?: "all" | "error";
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
}

/** Debian's place for daemons, which is in no user's PATH. */
const PROGRAM = "/usr/sbin/mosquitto";
/**
 * Below those that Linux gives to whoever asks for any (ip_local_port_range begins at 32768), so that the port is free again when the
 * broker is; and not those of the next process of tests.
 */
const PORTS = 20;
const FIRST_PORT = 10_240 + (process.pid % 1000) * PORTS;

let brokers = 0;

/** One that listens; undefined, the test being skipped, where there is none. */
export async function aMosquitto(t: TestContext, setup: MosquittoSetup = {}): Promise<Mosquitto | undefined> {
  if (!hasMosquitto(t)) return undefined;
  const broker = new Mosquitto(t, setup);
  await broker.start();
  return broker;
}

export function hasMosquitto(t: TestContext): boolean {
  const howToGetIt = "apt-get install -y mosquitto mosquitto-clients";
  const programs = [PROGRAM, "mosquitto_passwd", "mosquitto_pub", "mosquitto_sub", "mosquitto_rr"];
  return programs.every((program) => hasTool(t, program, howToGetIt));
}

export class Mosquitto {
  readonly folder: string;
  readonly setup: MosquittoSetup;
  private readonly t: Lifetime;
  private running: RunningProcess | undefined;
  private listening = 0;

  constructor(t: Lifetime, setup: MosquittoSetup) {
    this.t = t;
    this.setup = setup;
    this.folder = temporaryDirectory(t);
    for (const [name, content] of Object.entries(setup.files ?? {})) writeFileSync(join(this.folder, name), content);
    const { users = {}, acl } = setup;
    if (acl !== undefined) writeFileSync(join(this.folder, "acl"), `${acl.join("\n")}\n`);
    for (const [i, [user, password]] of Object.entries(users).entries()) {
      const create = i === 0 ? ["-c"] : [];
      execFileSync("mosquitto_passwd", [...create, "-b", join(this.folder, "users"), user, password], {
        stdio: "pipe",
      });
    }
  }

  get port(): number {
    return this.listening;
  }

  /** For `url:` of a link. */
  get url(): string {
    return `${this.setup.tls === undefined ? "mqtt" : "mqtts"}://127.0.0.1:${this.port}`;
  }

  /** Resolves when it listens: at the port that it had, where it had one. */
  async start(): Promise<void> {
    for (let tries = 0; tries < PORTS; tries++) {
      const port = this.listening || nextPort();
      const config = join(this.folder, "mosquitto.conf");
      writeFileSync(config, this.configuration(port));
      const program = start(this.t, PROGRAM, ["-c", config], { cwd: this.folder });
      const [, problem] = await program.printed(/mosquitto version \S+ running|Error: (Address already in use)/);
      if (problem === undefined) {
        this.running = program;
        this.listening = port;
        return;
      }
      // Its own port is its own: nobody may have taken it meanwhile.
      if (this.listening !== 0) throw new Error(`port ${port} is taken`);
    }
    throw new Error(`of ${PORTS} ports from ${FIRST_PORT} on none is free`);
  }

  /** SIGTERM: it says no goodbye to its clients, and keeps what `persistence` says. */
  async stop(): Promise<void> {
    this.program.child.kill("SIGTERM");
    await this.program.outcome;
    this.running = undefined;
  }

  /** A line of its log since its last start; waits for it. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.program.printed(pattern);
  }

  private get program(): RunningProcess {
    if (this.running === undefined) throw new Error("mosquitto does not run");
    return this.running;
  }

  private configuration(port: number): string {
    const { users, acl, tls, log = "all", lines = [] } = this.setup;
    const clients = tls?.clients === true ? "true" : "false";
    return [
      // As whoever runs the tests: as another it could not read the folder.
      "user root",
      ...["log_dest stderr", "log_type information", `log_type ${log}`, "log_timestamp false", "set_tcp_nodelay true"],
      ...lines,
      ...(users === undefined ? ["allow_anonymous true"] : ["allow_anonymous false", "password_file users"]),
      ...(acl === undefined ? [] : ["acl_file acl"]),
      `listener ${port} 127.0.0.1`,
      ...(tls === undefined ? [] : [`cafile ${tls.ca}`, `certfile ${tls.certificate}`, `keyfile ${tls.key}`]),
      ...(tls === undefined ? [] : [`require_certificate ${clients}`]),
      "",
    ].join("\n");
  }
}

function nextPort(): number {
  return FIRST_PORT + (brokers++ % PORTS);
}
