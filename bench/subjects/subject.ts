/** What is measured: a program that registers at the load generator's server and answers its reads. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { machineTime, type Security } from "../load/orders.ts";

/** How long it may take to end when it is told to. */
const PATIENCE = 5000;

export interface Subject {
  readonly name: string;
  /** What is read of it, in turn. */
  readonly paths: readonly string[];
  /** Whether it takes requests from another port than that of its server. */
  readonly takesStrangers: boolean;
  /** Of what it says and hears; absent: none. */
  readonly security?: Security;
  /** Options for Node, the program and its arguments; `port` is that of its server on 127.0.0.1. */
  command(port: number): readonly string[];
  /** The file that its output goes to. */
  readonly log: string;
  /** Beside that of the benchmark. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Milliseconds by which the event loop was late. */
export interface DelayFigures {
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A subject that runs. */
export class Running {
  readonly pid: number;
  readonly spawnedAt: number;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(subject: Subject, port: number) {
    const log = openSync(subject.log, "a");
    const preload = fileURLToPath(new URL("../event-loop-delay.mjs", import.meta.url));
    this.spawnedAt = machineTime();
    this.child = spawn(process.execPath, ["--import", preload, ...subject.command(port)], {
      stdio: ["ignore", log, log, "ipc"],
      env: { ...process.env, ...subject.environment },
    });
    closeSync(log);
    this.exited = once(this.child, "exit");
    if (this.child.pid === undefined) throw new Error(`${subject.name} could not be started`);
    this.pid = this.child.pid;
  }

  /** Rejects when the program ends by itself. */
  async failure(): Promise<never> {
    const [code, signal] = (await this.exited) as [number | null, string | null];
    throw new Error(`the program ended with ${code ?? signal}`);
  }

  beginDelay(): void {
    this.child.send("begin delay");
  }

  async endDelay(): Promise<DelayFigures> {
    const told = once(this.child, "message");
    this.child.send("end delay");
    const [figures] = (await Promise.race([told, this.failure()])) as [DelayFigures];
    return figures;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE);
    await this.exited;
    clearTimeout(timer);
  }
}
