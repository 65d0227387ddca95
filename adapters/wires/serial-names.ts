/** The names of serial ports on Linux, and why one cannot be opened. */
import { access, constants, open, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isatty } from "node:tty";
import { reasonOf } from "../../src/adapter.ts";

/** Where the system is looked at; tests have folders of their own. */
export interface SystemFolders {
  readonly dev: string;
  readonly sys: string;
  readonly proc: string;
}

const SYSTEM: SystemFolders = { dev: "/dev", sys: "/sys", proc: "/proc" };
const MOST_NAMES = 8;

/** The names of serial ports that stay the same whatever else is plugged in: /dev/serial/by-id/…; sorted. */
export async function stableNames({ dev }: SystemFolders = SYSTEM): Promise<readonly string[]> {
  const folder = join(dev, "serial", "by-id");
  return (await entriesOf(folder)).map((name) => join(folder, name)).sort();
}

/**
 * The stable name of a port whose own name depends on the order of plugging in (ttyUSB0, ttyACM0); undefined: it has
 * none, or needs none.
 */
export async function stableNameOf(path: string, system: SystemFolders = SYSTEM): Promise<string | undefined> {
  if (!isNumbered(path)) return undefined;
  for (const name of await stableNames(system)) if ((await targetOf(name)) === path) return name;
  return undefined;
}

/** /dev/ttyUSB0 may be another adapter after the next start. */
export function isNumbered(path: string): boolean {
  return /\/tty(?:USB|ACM)[0-9]+$/.test(path);
}

/** Milliseconds for which an FTDI adapter holds received bytes back; undefined for other ports. */
export async function latencyTimer(path: string, { sys }: SystemFolders = SYSTEM): Promise<number | undefined> {
  const device = (await targetOf(path)).split("/").at(-1) ?? "";
  try {
    const text = await readFile(join(sys, "bus", "usb-serial", "devices", device, "latency_timer"), "utf8");
    const timer = Number.parseInt(text, 10);
    return Number.isNaN(timer) ? undefined : timer;
  } catch {
    return undefined;
  }
}

/** A sentence for whoever stands at the machine. `failure` is what the system said; its text alone tells nobody what to do. */
export async function whyNotOpen(path: string, failure: Error, system: SystemFolders = SYSTEM): Promise<string> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) return `there is no port ${path}; ${await portsThere(system)}`;
  if (!about.isCharacterDevice()) return `${path} is no serial port`;
  const allowed = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!allowed) {
    return `no permission to use ${path}: the user of this program must be in the group that owns it, usually dialout (sudo usermod -aG dialout USER)`;
  }
  if ((await isTerminal(path)) === false) return `${path} is no serial port`;
  const holders = await holdersOf(path, system);
  if (holders.length > 0) return `the port ${path} is in use by ${holders.join(", ")}`;
  return `the port ${path} cannot be opened: ${reasonOf(failure)}; another program may hold it (ModemManager, a terminal, another gateway: sudo fuser -v ${path})`;
}

async function portsThere(system: SystemFolders): Promise<string> {
  const names = await stableNames(system);
  if (names.length === 0) return "no USB adapter with a serial port is plugged in (ls /dev/serial/by-id)";
  return `there are: ${names.slice(0, MOST_NAMES).join(", ")}${names.length > MOST_NAMES ? ", …" : ""}`;
}

/** Who has the port open, as far as we may look: `mbpoll (process 4711)`. */
async function holdersOf(path: string, { proc }: SystemFolders): Promise<readonly string[]> {
  const target = await targetOf(path);
  const holders: string[] = [];
  for (const id of await entriesOf(proc)) {
    if (!/^[0-9]+$/.test(id)) continue;
    const folder = join(proc, id, "fd");
    const open = await Promise.all((await entriesOf(folder)).map((name) => linkOf(join(folder, name))));
    if (!open.includes(target)) continue;
    const who = Number(id) === process.pid ? "another link of this program" : await programOf(folder, id);
    holders.push(who);
  }
  return holders;
}

/** Of a script its own name: the system calls all that run in Node "node" or "MainThread". */
async function programOf(folder: string, id: string): Promise<string> {
  const read = (file: string): Promise<string> => readFile(join(folder, "..", file), "utf8").catch(() => "");
  const [program = "", ...words] = (await read("cmdline")).split("\0");
  const script = /^node/.test(basename(program))
    ? words.find((word) => word !== "" && !word.startsWith("-"))
    : undefined;
  const name = script === undefined ? (await read("comm")).trim() : basename(script).replace(/\.[mc]?[jt]s$/, "");
  return `${name === "" ? "a program" : name} (process ${id})`;
}

/** Whether the system takes it for a terminal, which every serial port is; undefined: it cannot be asked. */
async function isTerminal(path: string): Promise<boolean | undefined> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const terminal = isatty(file.fd);
    await file.close();
    return terminal;
  } catch {
    return undefined;
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function linkOf(path: string): Promise<string> {
  return readlink(path).catch(() => "");
}

/** What a name leads to in the end; the name itself where it leads nowhere. */
async function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
