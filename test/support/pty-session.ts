/** A program at a terminal, and somebody who reads and types: a pseudo-terminal of Python's. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";

const SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

export class PtySession {
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private text = "";
  private read = 0;
  private over = false;
  private wake: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.grow(text));
    this.ended = new Promise((resolve) => {
      child.on("close", (code) => {
        this.over = true;
        this.grow("");
        resolve(code);
      });
    });
  }

  /** All that was shown. */
  get shown(): string {
    return this.text;
  }

  /** Resolves when something like this is shown, behind what was expected before. Rejects when the program ends without. */
  async sees(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text.slice(this.read));
      if (found !== null) {
        this.read += found.index + found[0].length;
        return found;
      }
      if (this.over) throw new Error(`it ended, and did not show ${String(pattern)}; it showed\n${this.text}`);
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  /** As if it was typed, Enter behind it. */
  types(line: string): void {
    this.presses(`${line}\r`);
  }

  presses(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Each question in turn, and what is answered. */
  async answers(...turns: readonly (readonly [question: RegExp, answer: string])[]): Promise<void> {
    for (const [question, answer] of turns) {
      await this.sees(question);
      this.types(answer);
    }
  }

  private grow(text: string): void {
    this.text += text;
    for (const wake of this.wake.splice(0)) wake();
  }
}

export const CTRL_C = "\x03";

/** Undefined, the test being skipped, where there is no Python. */
export function aPtySession(t: TestContext, argv: readonly string[], cwd: string): PtySession | undefined {
  if (!hasTool(t, "python3", "apt-get install -y python3")) return undefined;
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TERM: "xterm" };
  const child = spawn("python3", ["-c", SPAWN, ...argv], { stdio: ["pipe", "pipe", "inherit"], cwd, env });
  t.after(() => child.kill("SIGKILL"));
  return new PtySession(child);
}
