/** The gateway's own program, started as a user starts it: each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../scripts/lwm2m-gateway.mjs", import.meta.url));
/** An orderly stop takes a few seconds at most. */
const PATIENCE = 10_000;

export interface Program {
  readonly name: string;
  /** Resolves with the first line on standard output. Rejects where the program ends without one. */
  readonly firstLine: Promise<string>;
  /** Resolves when the process is gone, with what it was ended by. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL where that does not help. */
  stop(): Promise<void>;
}

/** Starts `lwm2m-gateway ARGUMENTS`; what it prints goes to `logFile`. */
export function startProgram(name: string, args: readonly string[], logFile: string): Program {
  const log = createWriteStream(logFile, { flags: "a" });
  // A process group of its own: Ctrl-C must reach it through us, so that the gateway can de-register at a server that still answers.
  const child = spawn(process.execPath, [PROGRAM, ...args], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = end(child);
  return { name, firstLine: firstLine(child, name, logFile), ended, stop: () => stop(child, ended) };
}

async function end(child: ChildProcess): Promise<string> {
  const [code, signal] = await once(child, "exit");
  return signal === null ? `exit code ${String(code)}` : String(signal);
}

function firstLine(child: ChildProcess, name: string, logFile: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [line, rest] = text.split("\n", 2);
      if (line !== undefined && rest !== undefined) resolve(line);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${name} ended before it was ready; see ${logFile}`)));
  });
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  await ended;
  clearTimeout(killer);
}
