/** One run of a program: its lines as they come, its end, and its end before that. No shell, an environment of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { DeviceError } from "../../adapter.ts";
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import { formatDuration } from "../../duration.ts";
import { reasonOf } from "../../errors.ts";
import { Lines } from "./lines.ts";

export interface ProgramRun {
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly timeout: Millis;
  /** Absent: it may be silent for as long as it runs. */
  readonly silence?: Millis;
  /** Ends it, with the DeviceError that says why. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

export interface ProgramEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The last line of its standard error; "" where there was none. */
  readonly complaint: string;
}

/** Between the request to end and the end. */
const GRACE: Millis = 5 * SECOND;
/** Nothing of the gateway's own environment gets there: it may hold what is nobody else's. */
const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/**
 * Resolves when the program has ended by itself. Rejects with DeviceError where it cannot be run, and when it, and whatever it has started,
 * was ended from here.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { signal, environment } = run;
  signal.throwIfAborted();
  const [program, ...args] = run.command;
  // A group of its own: what it starts ends with it. Its standard input ends when the gateway does, however that comes about.
  const options = { cwd: "/", detached: true, env: { ...ENVIRONMENT, ...environment } };
  const child = spawn(program, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  let ending: unknown;
  const stop = (reason: unknown): void => {
    ending ??= reason;
    killGroup(child, "SIGTERM");
    cancelKill ??= run.clock.at(run.clock.monotonic() + GRACE, () => killGroup(child, "SIGKILL"));
  };
  let cancelKill: (() => void) | undefined;
  const watch = new Watch(run, stop);
  const abort = (): void => stop(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const complaints = new Lines((line) => watch.complain(line));
  const lines = new Lines((line) => {
    watch.hear();
    run.onLine(line);
  });
  child.stdout.on("data", (bytes: Buffer) => lines.take(bytes));
  child.stderr.on("data", (bytes: Buffer) => complaints.take(bytes));
  try {
    const end = await ended(child, program);
    lines.end();
    complaints.end();
    if (ending !== undefined) throw ending;
    return { ...end, complaint: watch.complaint };
  } finally {
    signal.removeEventListener("abort", abort);
    watch.end();
    cancelKill?.();
    child.stdin.destroy();
  }
}

/** Its time, and its silence. */
class Watch {
  complaint = "";
  private readonly run: ProgramRun;
  private readonly stop: (reason: DeviceError) => void;
  private readonly cancelTimeout: () => void;
  private cancelSilence: () => void = () => {};

  constructor(run: ProgramRun, stop: (reason: DeviceError) => void) {
    const { clock, timeout, command } = run;
    this.run = run;
    this.stop = stop;
    const late = `${command[0]} was ended: it ran for ${formatDuration(timeout)}`;
    this.cancelTimeout = clock.at(clock.monotonic() + timeout, () => stop(new DeviceError("unreachable", late)));
    this.hear();
  }

  hear(): void {
    const { clock, silence, command } = this.run;
    if (silence === undefined) return;
    this.cancelSilence();
    const late = `${command[0]} was ended: it said nothing for ${formatDuration(silence)}`;
    this.cancelSilence = clock.at(clock.monotonic() + silence, () => this.stop(new DeviceError("unreachable", late)));
  }

  complain(line: string): void {
    if (line.trim() !== "") this.complaint = line.trim();
  }

  end(): void {
    this.cancelTimeout();
    this.cancelSilence();
  }
}

/** Resolves when it has ended, and nobody holds its output any more. */
function ended(child: ChildProcess, program: string): Promise<Omit<ProgramEnd, "complaint">> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(new DeviceError("rejected", `${program} cannot be run: ${reasonOf(error)}`, { cause: error }));
    });
    // What it left behind would hold the device, and go on with it beside the next run.
    child.once("exit", () => killGroup(child, "SIGKILL"));
    child.once("close", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
}

function killGroup({ pid }: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // There is nobody in it any more.
  }
}
