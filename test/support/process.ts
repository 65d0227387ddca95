import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a program printed, and how it ended. */
export interface Outcome {
  /** Its exit code; undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of a test, or of a whole file: what it started ends with it. */
export interface Lifetime {
  after(end: () => unknown): void;
}

/** A program that a test started; it is killed when the test ends. */
export class RunningProcess {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  private stdout = "";
  private stderr = "";
  private watchers: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.grow(() => (this.stdout += text)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.grow(() => (this.stderr += text)));
    this.outcome = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout: this.stdout, stderr: this.stderr });
        this.grow(() => {});
      });
    });
  }

  /** Resolves when standard output or standard error matches; rejects when the program ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (found !== null) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { stdout, stderr } = await this.outcome;
        throw new Error(`the program ended before it printed ${String(pattern)}; it printed\n${stdout}\n${stderr}`);
      }
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  private grow(add: () => void): void {
    add();
    for (const wake of this.watchers.splice(0)) wake();
  }
}

/** Starts a program without standard input. */
export function start(
  t: Lifetime,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): RunningProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  t.after(() => {
    child.kill("SIGKILL");
  });
  return new RunningProcess(child);
}

/** Starts a program and waits for its end. */
export function run(
  t: Lifetime,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Outcome> {
  return start(t, command, args, options).outcome;
}

/** Whether there is such a process still: one that has ended, and that nobody has asked for its end, is none any more. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
