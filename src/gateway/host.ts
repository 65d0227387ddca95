/** What the machine and its service manager give the gateway. */
import { statfsSync } from "node:fs";
import type { Memory } from "../devices/gateway-objects.ts";

/** systemd.exec(5), StateDirectory=: the directory that the service may write to, or several with colons between them. */
export function stateOfService(): { readonly defaultState?: string } {
  const { STATE_DIRECTORY = "" } = process.env;
  const [first = ""] = STATE_DIRECTORY.split(":");
  return first === "" ? {} : { defaultState: first };
}

/** The file system that holds the state directory; undefined where somebody took the directory away, which ends nothing. */
export function storageOf(directory: string): Memory | undefined {
  try {
    const { bsize, bavail, blocks } = statfsSync(directory);
    return { free: bsize * bavail, total: bsize * blocks };
  } catch {
    return undefined;
  }
}
