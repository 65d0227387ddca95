/** Simulated devices on a serial port, and on a pseudo-terminal that stands for one. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { type AdapterContext, DeviceError, type Simulation } from "../../src/adapter.ts";
import { SerialPort } from "./serial-port.ts";
import { formatSerialSettings, type SerialSettings } from "./serial-settings.ts";

/** Where devices are played, if not on a network. */
export type PlayedPort =
  | { readonly kind: "serial"; readonly path: string; readonly line: SerialSettings }
  /** A pseudo-terminal that is made under this name. */
  | { readonly kind: "pty"; readonly path: string };

/** One master at the devices that are played. */
export interface PlayedSession {
  /** False: what comes is nothing that could be meant for them, and never will be. */
  push(chunk: Uint8Array): boolean | undefined;
  /** Nothing is sent any more. */
  close(): void;
}

/** Begins a session; `send` is for what the devices say. */
export type Play = (send: (bytes: Uint8Array) => void) => PlayedSession;

/** Rejects where the port cannot be opened. One that vanishes later is told by the log: the master sees silence. */
export async function playOnSerialPort(
  { path, line }: Extract<PlayedPort, { readonly kind: "serial" }>,
  play: Play,
  { log }: AdapterContext,
): Promise<Simulation> {
  const failed = (error: unknown): void => {
    if (!(error instanceof DeviceError)) throw error;
    log.warn({ code: "LG107", reason: error.message }, "the simulated devices lost their port");
  };
  let port: SerialPort | undefined;
  const session = play((bytes) => void port?.write(bytes).catch(failed));
  const listener = { onData: (chunk: Uint8Array) => session.push(chunk), onLost: failed };
  port = await SerialPort.open(path, line, listener, new AbortController().signal);
  return {
    address: { port: path, line: formatSerialSettings(line) },
    close: async () => {
      session.close();
      port?.close();
    },
  };
}

/** A pseudo-terminal needs a system call that Node does not have; socat makes it. Rejects where socat does not. */
export async function playOnPty(
  { path }: Extract<PlayedPort, { readonly kind: "pty" }>,
  play: Play,
  { log }: AdapterContext,
): Promise<Simulation> {
  await mustBeFree(path);
  // A group of its own: Ctrl-C is ours, and the end of our pipe is its end.
  const socat = spawn("socat", ["-d", "-d", "-", `pty,raw,echo=0,link=${path}`], { stdio: "pipe", detached: true });
  const ended = new Promise<void>((resolve) => socat.once("close", () => resolve()));
  await ready(socat, path);
  // Without an end that stays open, the terminal is over when the first master leaves.
  const held = await open(path, constants.O_RDWR | constants.O_NOCTTY);
  const session = play((bytes) => void socat.stdin.write(bytes));
  socat.stdin.on("error", (error) => log.debug({ reason: error.message }, "the pseudo-terminal took no answer"));
  socat.stdout.on("data", (chunk: Uint8Array) => session.push(chunk));
  let closing = false;
  void ended.then(() => {
    if (!closing)
      log.warn({ code: "LG107", path }, "the pseudo-terminal of the simulated devices is gone: socat ended");
  });
  return {
    address: { port: path },
    close: async () => {
      closing = true;
      session.close();
      await finish(socat, held);
      await ended;
    },
  };
}

/** socat puts its terminal in the place of whatever has that name, and removes it in the end. */
async function mustBeFree(path: string): Promise<void> {
  const about = await lstat(path).catch(() => undefined);
  if (about === undefined) return;
  // A name that leads nowhere is what a program leaves that was killed.
  const leadsNowhere = about.isSymbolicLink() && (await stat(path).catch(() => undefined)) === undefined;
  if (leadsNowhere) return;
  const what = about.isSymbolicLink() ? "other simulated devices may have it" : "a file of another kind";
  throw new Error(`${path} is there already (${what}): expected a name that is free`);
}

/** Resolves when the terminal is there. */
function ready(socat: ChildProcess, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    socat.once("error", () =>
      reject(new Error("socat, which makes pseudo-terminals, cannot be started: apt-get install -y socat")),
    );
    socat.once("close", () => reject(new Error(`socat made no pseudo-terminal ${path}: ${lastError(said)}`)));
    socat.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4096);
      if (said.includes("starting data transfer loop")) resolve();
    });
  });
}

/** Of lines such as `2026/11/22 20:50:01 socat[7] E symlink("…"): File exists`. */
function lastError(said: string): string {
  return said.match(/ E (.*)/)?.[1] ?? "it ended at once";
}

async function finish(socat: ChildProcess, held: FileHandle): Promise<void> {
  await held.close();
  socat.kill();
}
