/** aiocoap (Python) as the LwM2M Server at coap+tcp://: a CoAP over TCP that we did not write. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { tellPeer } from "../../support/peer.ts";
import { type Lifetime, type RunningProcess, start } from "../../support/process.ts";

const PROGRAM = fileURLToPath(new URL("lwm2m_server.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "aiocoap");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install aiocoap==0.4.17`;

/** A Python that has aiocoap; undefined, the test being skipped, where there is none. */
export function findAiocoap(t: TestContext): string | undefined {
  for (const python of [join(FOLDER, "bin", "python"), "python3"]) {
    if (python !== "python3" && !existsSync(python)) continue;
    const asked = "from importlib.metadata import version; import aiocoap; print(version('aiocoap'))";
    const { status, stdout } = spawnSync(python, ["-c", asked], { encoding: "utf8" });
    if (status !== 0) continue;
    tellPeer(t, "aiocoap", stdout.trim());
    return python;
  }
  tellPeer(t, "aiocoap", "?");
  t.skip(`aiocoap is not installed: ${INSTALL}`);
  return undefined;
}

/** What the gateway did, or how an order ended. */
export interface Told {
  readonly event?: "ready" | "register" | "update" | "deregister" | "send" | "notification";
  readonly id?: number;
  readonly query?: readonly string[];
  readonly objects?: string;
  readonly path?: string;
  readonly code?: string;
  readonly format?: number | null;
  /** In hexadecimal. */
  readonly payload?: string;
}

export interface Order {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "FETCH";
  readonly path: string;
  readonly accept?: number;
  readonly content_format?: number;
  readonly payload?: string;
  readonly observe?: 0;
  /** Ends the observation of this path. */
  readonly cancel?: string;
}

export class AiocoapServer {
  readonly told: Told[] = [];
  readonly port: number;
  private readonly program: RunningProcess;
  private count = 0;
  private rest = "";
  private watchers: (() => void)[] = [];

  private constructor(program: RunningProcess, port: number) {
    this.program = program;
    this.port = port;
    program.child.stdout?.on("data", (text: string) => this.take(text));
  }

  static async start(owner: Lifetime, python: string, wished?: number): Promise<AiocoapServer> {
    const port = wished ?? (await freePort());
    const program = start(owner, python, [PROGRAM, String(port)], { stdio: ["pipe", "pipe", "pipe"] });
    const server = new AiocoapServer(program, port);
    await server.until(({ event }) => event === "ready");
    return server;
  }

  /** Asks the gateway; resolves with its answer. */
  async ask(order: Order): Promise<Told> {
    const id = ++this.count;
    this.program.child.stdin?.write(`${JSON.stringify({ id, ...order })}\n`);
    return this.until((told) => told.id === id);
  }

  /** The first of what was told, or will be, that is so; `from`: how much of it is not looked at. */
  async until(wanted: (told: Told) => boolean, from = 0): Promise<Told> {
    for (;;) {
      const found = this.told.slice(from).find(wanted);
      if (found !== undefined) return found;
      if (this.program.child.exitCode !== null) throw new Error((await this.program.outcome).stderr);
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  async kill(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
  }

  private take(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.told.push(JSON.parse(line));
    for (const wake of this.watchers.splice(0)) wake();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
