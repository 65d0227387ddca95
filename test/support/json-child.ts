/** A program that a test asks for things: commands and answers are lines of JSON on its standard input and output. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Lifetime } from "./process.ts";

interface Answer {
  readonly id: number;
  readonly ok: unknown;
}

/** It is killed when the test ends. Its first line is `{"ready": …}`, an answer `{"id": N, "ok": …}`; all else is told to `onEvent`. */
export class JsonChild {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly onEvent: (event: object) => void;
  private readonly waiting = new Map<number, (answer: unknown) => void>();
  private commands = 0;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, onEvent: (event: object) => void) {
    this.child = child;
    this.onEvent = onEvent;
  }

  /** Resolves when it is ready. */
  static async start(
    t: Lifetime,
    [program = "", ...args]: readonly string[],
    { env = {}, onEvent = () => {} }: { env?: NodeJS.ProcessEnv; onEvent?: (event: object) => void } = {},
  ): Promise<JsonChild> {
    const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env };
    const spawned = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => spawned.kill("SIGKILL"));
    // Whoever was killed hears nothing more.
    spawned.stdin.on("error", () => {});
    const child = new JsonChild(spawned, onEvent);
    await new Promise<void>((resolve, reject) => {
      spawned.once("error", reject);
      spawned.once("exit", (code, signal) => reject(new Error(`${args[0]} ended: ${code ?? signal}`)));
      createInterface({ input: spawned.stdout }).on("line", (line) => child.onLine(JSON.parse(line), resolve));
    });
    return child;
  }

  ask(name: string, command: object = {}): Promise<unknown> {
    const id = this.commands++;
    const answered = new Promise((resolve) => this.waiting.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ id, do: name, ...command })}\n`);
    return answered;
  }

  /** It does nothing until it is let go on. */
  freeze(): void {
    this.child.kill("SIGSTOP");
  }

  thaw(): void {
    this.child.kill("SIGCONT");
  }

  /** Resolves when it has ended. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }

  private onLine(line: Answer | object, ready: () => void): void {
    if ("ready" in line) ready();
    else if ("id" in line) {
      this.waiting.get(line.id)?.(line.ok);
      this.waiting.delete(line.id);
    } else this.onEvent(line);
  }
}
