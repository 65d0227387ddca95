/** The gateway's own program, started as a user starts it: each in a process of its own, with its log in a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../scripts/lwm2m-gateway.mjs", import.meta.url));
const WITH_PARENT = new URL("./with-parent.ts", import.meta.url).href;
/** An orderly stop takes a few seconds at most. */
const PATIENCE = 10_000;

export interface Program {
  readonly name: string;
  /** Resolves with the first line on standard output. Rejects where the program ends without one. */
  firstLine(): Promise<string>;
}

interface Running extends Program {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
}

/** The programs of one run: they end together. */
export class Programs {
  /** Resolves with a sentence when one of them ends that was not asked to. */
  readonly failure: Promise<string>;
  private readonly folder: string;
  private readonly running: Running[] = [];
  private stopping = false;
  private fail: (sentence: string) => void = () => {};

  /** `folder`: where the logs go. */
  constructor(folder: string) {
    this.folder = folder;
    this.failure = new Promise((resolve) => {
      this.fail = resolve;
    });
  }

  /** Starts `lwm2m-gateway ARGUMENTS`; what it prints goes to `NAME.log`. Throws while they are being stopped. */
  start(name: string, args: readonly string[]): Program {
    if (this.stopping) throw new Error(`${name} is not started: everything ends`);
    const logFile = join(this.folder, `${name}.log`);
    const log = createWriteStream(logFile, { flags: "a" });
    // A process group of its own: Ctrl-C must reach it through us, so that the gateway can de-register at a server that still answers.
    const child = spawn(process.execPath, ["--import", WITH_PARENT, PROGRAM, ...args], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const gone = new Promise<void>((resolve) => {
      const ended = (how: string): void => {
        if (!this.stopping) this.fail(`${name} ended by itself (${how}); see ${logFile}`);
        log.end(() => resolve());
      };
      child.once("error", (error) => ended(error.message));
      // Not "exit": its last words may still be on the way.
      child.once("close", (code, signal) => ended(signal ?? `exit code ${code}`));
    });
    const lines = linesOf(child);
    const program = {
      name,
      child,
      gone,
      firstLine: () => firstOf(lines, gone, `${name} ended before it was ready; see ${logFile}`),
    };
    this.running.push(program);
    return program;
  }

  /** Stops the last first, each by SIGTERM, and by SIGKILL where that does not help. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { child, gone } of this.running.toReversed()) {
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      await gone;
      clearTimeout(killer);
    }
  }

  /** At once, for an end in which nothing can be waited for. */
  kill(): void {
    this.stopping = true;
    for (const { child } of this.running) child.kill("SIGKILL");
  }
}

/** Resolves with the first line; never, where there is none. */
function linesOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      const end = text.indexOf("\n");
      if (end === -1) return;
      child.stdout?.off("data", listen);
      resolve(text.slice(0, end));
    };
    child.stdout?.on("data", listen);
  });
}

async function firstOf(line: Promise<string>, gone: Promise<void>, otherwise: string): Promise<string> {
  const first = await Promise.race([line, gone]);
  if (first === undefined) throw new Error(otherwise);
  return first;
}
