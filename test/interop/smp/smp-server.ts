/** A device with an SMP server that we did not write: framing and headers by the package smp of PyPI, bodies by cbor2. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { skipFor } from "../../support/foreign-tool.ts";
import { tellPeer } from "../../support/peer.ts";
import type { Lifetime } from "../../support/process.ts";

const SERVER = fileURLToPath(new URL("smp_server.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "smp");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install smp==4.2.0 cbor2==6.3.0 pyserial==3.5`;

/** What the server tells: one of these at a time. */
export interface SmpNews {
  readonly ready?: true;
  readonly done?: true;
  readonly port?: number;
  /** Bytes of an upload that it has. */
  readonly acknowledged?: number;
  /** SHA-256 of what was uploaded. */
  readonly uploaded?: string;
  /** The version that runs. */
  readonly restarted?: string;
  readonly fault?: string;
}

/** What it is told: attributes of the device, see smp_server.py. */
export type SmpOrder = Readonly<Record<string, unknown>>;

export class SmpServer {
  readonly news: SmpNews[] = [];
  private readonly child: ReturnType<typeof spawn>;
  private watchers: (() => void)[] = [];
  private over: string | undefined;

  constructor(t: Lifetime, python: string, args: readonly string[]) {
    this.child = spawn(python, [SERVER, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => this.child.kill("SIGKILL"));
    const { stdout } = this.child;
    if (stdout !== null) createInterface({ input: stdout }).on("line", (line) => this.grow(JSON.parse(line)));
    this.child.on("close", (code) => {
      this.over = `the SMP server ended with code ${code}`;
      this.wake();
    });
  }

  /** Resolves with the first that was told since so many, and fits. */
  async told(fits: (news: SmpNews) => boolean, since = 0): Promise<SmpNews> {
    for (;;) {
      const found = this.news.slice(since).find(fits);
      if (found !== undefined) return found;
      if (this.over !== undefined) throw new Error(this.over);
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  async order(order: SmpOrder): Promise<void> {
    const since = this.news.length;
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
    await this.told(({ done }) => done === true, since);
  }

  private grow(news: SmpNews): void {
    this.news.push(news);
    this.wake();
  }

  private wake(): void {
    for (const wake of this.watchers.splice(0)) wake();
  }
}

/** A Python that has what the server needs; undefined, the test being skipped, where there is none. */
export function findSmpPython(t: TestContext): string | undefined {
  const { python, version } = smpPython();
  tellPeer(t, "smp, cbor2 (PyPI)", version);
  if (python === undefined) skipFor(t, `smp and cbor2 are not installed: ${INSTALL}`);
  return python;
}

export function smpPython(): { readonly python: string | undefined; readonly version: string } {
  const python = join(FOLDER, "bin", "python");
  const asked = "import serial, cbor2, smp.header; from importlib.metadata import version; print(version('smp'))";
  const { status, stdout } = existsSync(python)
    ? spawnSync(python, ["-c", asked], { encoding: "utf8" })
    : { status: 1, stdout: "?" };
  return { python: status === 0 ? python : undefined, version: stdout.trim() };
}
