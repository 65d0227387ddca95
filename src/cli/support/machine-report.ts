/** What of the machine helps to understand a fault. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { arch, cpus, freemem, networkInterfaces, release, totalmem, uptime, version } from "node:os";
import { join } from "node:path";
import { packageVersion } from "../../locate.ts";

export async function machineReport(): Promise<object> {
  return {
    program: packageVersion(),
    node: process.version,
    openssl: process.versions.openssl,
    kernel: `${release()} ${version()}`,
    architecture: arch(),
    distribution: /^PRETTY_NAME="?(.*?)"?$/m.exec(textOf("/etc/os-release"))?.[1],
    systemd: (await printed("systemctl", ["--version"])).split("\n")[0],
    processors: cpus().length,
    memory: { total: totalmem(), free: freemem() },
    uptimeSeconds: Math.round(uptime()),
    user: process.getuid?.(),
    board: textOf("/proc/device-tree/model").replaceAll("\0", "").trim(),
  };
}

export async function networkReport(): Promise<string> {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ cidr, mac }) => `${name}  ${cidr ?? ""}  ${mac}`),
  );
  const routes = await Promise.all([printed("ip", ["route"]), printed("ip", ["-6", "route"])]);
  return [...interfaces, "", ...routes].join("\n");
}

/** Serial ports by their names, and the stable names that lead to them. */
export function serialReport(): string {
  const ports = namesIn("/dev").filter((name) => /^tty(?:S|USB|ACM|AMA|mxc|O|RS)\d+$|^hidraw\d+$/.test(name));
  const folder = "/dev/serial/by-id";
  const stable = namesIn(folder).map((name) => `${join(folder, name)} -> ${linkOf(join(folder, name))}`);
  return [...ports.map((name) => join("/dev", name)), ...stable, ""].join("\n");
}

/** Names, sizes and rights; never what is in them. */
export function folderReport(folder: string): string {
  const names = namesIn(folder, true);
  const lines = names.map((name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found === undefined) return name;
    const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
    return `${mode}  ${found.uid}:${found.gid}  ${found.size}  ${found.mtime.toISOString()}  ${name}`;
  });
  return [folder, ...lines, ""].join("\n");
}

function namesIn(folder: string, recursive = false): readonly string[] {
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" }).slice(0, MOST_NAMES).sort();
  } catch {
    return [];
  }
}

const MOST_NAMES = 2000;

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const PATIENCE = 5000;

/** What a program of the system says; nothing where there is none. */
function printed(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PATIENCE }, (error, stdout) => resolve(error === null ? stdout : ""));
  });
}
