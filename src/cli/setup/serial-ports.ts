/** The serial ports of this machine: those with lasting names first, then the ones that are soldered in. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stableNames } from "../../../adapters/wires/serial-names.ts";

const TTY = "/sys/class/tty";

export async function serialPorts(): Promise<readonly string[]> {
  const names = (await readdir(TTY).catch((): string[] => [])).filter((name) => FIXED.test(name)).sort();
  const fixed: string[] = [];
  for (const name of names) {
    // Documentation/ABI/testing/sysfs-tty: 0 is a port that the kernel has a name for, and nothing behind it.
    const type = await readFile(join(TTY, name, "type"), "utf8").catch(() => "0");
    if (type.trim() !== "0") fixed.push(`/dev/${name}`);
  }
  return [...(await stableNames()), ...fixed];
}

const FIXED = /^tty(?:S|AMA|mxc|O|PS|SC|THS|LP|STM)\d+$/;
