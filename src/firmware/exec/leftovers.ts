/**
 * Programs that a gateway before this one has left running: it was killed, and they have not noticed. They would go on with their devices
 * beside what this one does there. proc(5): what each process was told when it was started.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { sep } from "node:path";
import { type Clock, type Millis, paused, SECOND } from "../../clock.ts";
import type { Logger } from "../../log.ts";

export interface LeftoverContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the images: a program that was told a file in it was started for this state, which is nobody else's now. */
  readonly directory: string;
}

/** Between the request to end and the end. */
const GRACE: Millis = 5 * SECOND;
/** What the kernel holds back for so much longer does nothing more by itself. */
const PATIENCE: Millis = 2 * GRACE;
const LOOK_EVERY: Millis = 50;

/** Resolves when there is none any more. To be asked before this process has started any. */
export async function endLeftovers({ clock, log, directory }: LeftoverContext): Promise<void> {
  const begun = clock.monotonic();
  const told = new Set<number>();
  for (;;) {
    const left = await leftovers(directory);
    // What it was told is gone before its files are closed: its port may be nobody's yet.
    const going = left.length > 0 || (await Promise.all([...told].map(isThere))).includes(true);
    const span = clock.monotonic() - begun;
    if (!going || span >= PATIENCE) return;
    for (const { pid, device } of left) {
      // Each is asked once, also one that another has started meanwhile.
      if (span < GRACE && told.has(pid)) continue;
      if (!told.has(pid)) log.warn({ code: "LG599", device, pid }, "a program of a gateway that was killed is ended");
      told.add(pid);
      end(pid, span < GRACE ? "SIGTERM" : "SIGKILL");
    }
    await paused(clock, LOOK_EVERY);
  }
}

interface Leftover {
  readonly pid: number;
  readonly device: string;
}

async function leftovers(directory: string): Promise<readonly Leftover[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => leftover(pid, directory)));
  return found.filter((one) => one !== undefined);
}

/** Undefined: it is somebody else's, or has ended. */
async function leftover(pid: number, directory: string): Promise<Leftover | undefined> {
  try {
    const variables = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    const told = (name: string): string | undefined =>
      variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
    const file = told("LWM2M_FIRMWARE_FILE");
    if (pid === process.pid || file?.startsWith(directory + sep) !== true) return undefined;
    // In a container the same path is another folder.
    const [theirs, ours] = await Promise.all([pid, "self"].map((one) => readlink(`/proc/${one}/ns/pid`)));
    return theirs === ours ? { pid, device: told("LWM2M_FIRMWARE_DEVICE") ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

/** One that has ended, and that nobody has asked for its end, is none any more. */
async function isThere(pid: number): Promise<boolean> {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(await readFile(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Each run is a group of its own: with its first process go those that know nothing of all this. */
function end(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // It is the first of no group, or has ended.
    }
  }
}
