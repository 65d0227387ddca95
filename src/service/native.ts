/** The addon of native/linux, where this machine has it, made by scripts/build-addons.mjs. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { reasonOf } from "../errors.ts";
import { locateData } from "../locate.ts";

export interface NativeLinux {
  /**
   * Sends to a Unix datagram socket without ever waiting: a path, or "@name" of the abstract ones. What is too long for a
   * datagram goes as a file in memory, if `mayBeFile`. Returns the system's number of the error, 0 where it was sent.
   */
  sendDatagram(path: string, bytes: Uint8Array, mayBeFile?: boolean): number;
  /** Gives free memory of the C heap back to the system: malloc_trim(3). Some milliseconds. */
  trimMemory(): void;
}

export type LoadedAddon =
  | { readonly native: NativeLinux }
  /** Why it is not there, and what brings it. */
  | { readonly missing: string };

export function loadAddon(): LoadedAddon {
  const file = locateData("native", "linux", "build", `${process.platform}-${process.arch}.node`);
  const remedy = `install a C++ compiler (g++), then run "node scripts/build-addons.mjs" in ${locateData()}`;
  if (!existsSync(file)) return { missing: `${file} is not there: ${remedy}` };
  try {
    const native: NativeLinux = createRequire(import.meta.url)(file);
    return { native };
  } catch (error) {
    return { missing: `${file} cannot be loaded (${reasonOf(error)}). Perhaps: ${remedy}` };
  }
}
