/** Bumble (Python) as Bluetooth controller behind a pseudo-terminal, with peripherals that it hears: a stack that we did not write. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Property } from "../../adapters/ble/radio/radio.ts";
import { JsonChild } from "./json-child.ts";
import { tellPeer } from "./peer.ts";
import { temporaryDirectory } from "./temp.ts";

const PROGRAM = fileURLToPath(new URL("bumble/peripherals.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "bumble");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install bumble==0.0.236`;

export interface BumblePeripheral {
  /** A random static address: "F0:00:00:00:00:01". */
  readonly address: string;
  /** AD structures, in hexadecimal digits. */
  readonly advertising: string;
  /** Between two advertisements, in milliseconds. */
  readonly interval?: number;
  readonly services?: readonly {
    readonly uuid: string;
    readonly characteristics: readonly {
      readonly uuid: string;
      readonly properties: readonly Property[];
      /** In hexadecimal digits. */
      readonly value?: string;
    }[];
  }[];
}

interface Written {
  readonly written: string;
  readonly value: string;
}

/** Undefined, the test being skipped, where there is no Bumble. */
export async function aBumble(t: TestContext): Promise<Bumble | undefined> {
  const python = findBumble(t);
  if (python === undefined) return undefined;
  const bumble = new Bumble(t, [python, PROGRAM], join(temporaryDirectory(t), "hci"));
  await bumble.start();
  return bumble;
}

/** A characteristic is named by the device's address, its service and itself: "F0:00:00:00:00:01 181a/2a6e". */
export class Bumble {
  /** The serial port that speaks HCI. */
  readonly port: string;
  /** What was written, in order. */
  readonly written: Written[] = [];
  private readonly t: TestContext;
  private readonly program: readonly string[];
  private child: JsonChild | undefined;
  private watchers: (() => void)[] = [];

  constructor(t: TestContext, program: readonly string[], port: string) {
    this.t = t;
    this.program = program;
    this.port = port;
  }

  /** A controller around which is nobody. Resolves when its port is there. */
  async start(): Promise<void> {
    const onEvent = (event: object): void => {
      if (!("written" in event)) return;
      this.written.push(event as Written);
      for (const wake of this.watchers.splice(0)) wake();
    };
    this.child = await JsonChild.start(this.t, [...this.program, this.port], { onEvent });
  }

  async add({ address, advertising, interval = 100, services = [] }: BumblePeripheral): Promise<void> {
    const described = services.map(({ uuid, characteristics }) => ({
      uuid,
      characteristics: characteristics.map((one) => ({ value: "", ...one })),
    }));
    await this.ask("add", { address, advertising, interval, services: described });
  }

  /** What it says from now on; undefined: nothing. */
  async advertise(address: string, advertising: string | undefined): Promise<void> {
    await this.ask("advertise", { address, advertising: advertising ?? null });
  }

  async setValue(key: string, value: string): Promise<void> {
    await this.ask("value", { key, value });
  }

  async value(key: string): Promise<string> {
    return String(await this.ask("get", { key }));
  }

  /** Reads and writes are answered by this ATT error from now on; undefined: no more. */
  async refuse(key: string, att: number | undefined): Promise<void> {
    await this.ask("refuse", { key, att: att ?? null });
  }

  async notify(key: string, value: string): Promise<void> {
    await this.ask("notify", { key, value });
  }

  async indicate(key: string, value: string): Promise<void> {
    await this.ask("indicate", { key, value });
  }

  /** The peripheral ends its connection. */
  async drop(address: string): Promise<void> {
    await this.ask("drop", { address });
  }

  async connections(address: string): Promise<unknown> {
    return this.ask("connections", { address });
  }

  /** Resolves with what was written to it first, now or before. */
  async hasWritten(key: string): Promise<string> {
    for (;;) {
      const found = this.written.find(({ written }) => written === key);
      if (found !== undefined) return found.value;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  /** The controller is gone, and its serial port. */
  async kill(): Promise<void> {
    await this.child?.kill();
    // What it removes at its end, it has not removed.
    rmSync(this.port, { force: true });
  }

  /** The controller answers nothing until it is let go on. */
  freeze(): void {
    this.child?.freeze();
  }

  thaw(): void {
    this.child?.thaw();
  }

  private ask(name: string, command: object): Promise<unknown> {
    if (this.child === undefined) throw new Error("Bumble does not run");
    return this.child.ask(name, command);
  }
}

/** A Python that has Bumble; undefined, the test being skipped, where there is none. */
function findBumble(t: TestContext): string | undefined {
  const python = join(FOLDER, "bin", "python");
  const asked = "import bumble.device, importlib.metadata as m; print(m.version('bumble'))";
  const { status, stdout } = existsSync(python)
    ? spawnSync(python, ["-c", asked], { encoding: "utf8" })
    : { status: 1, stdout: "?" };
  tellPeer(t, "bumble", stdout.trim());
  if (status === 0) return python;
  t.skip(`Bumble is not installed: ${INSTALL}`);
  return undefined;
}
