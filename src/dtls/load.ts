/** The addon, where this machine has it: native/dtls/build, made by scripts/build-dtls.mjs. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { reasonOf } from "../errors.ts";
import { locateData } from "../locate.ts";
import type { NativeDtls } from "./native.ts";

export type LoadedDtls =
  | { readonly native: NativeDtls }
  /** Why there is no DTLS, and what brings it. */
  | { readonly missing: string };

export function loadDtls(): LoadedDtls {
  const name = `${process.platform}-${process.arch}.node`;
  const file = locateData("native", "dtls", "build", name);
  if (!existsSync(file)) {
    return {
      missing: `DTLS needs ${file}, which is not there: install a C++ compiler (g++), then run "node scripts/build-dtls.mjs" in ${locateData()}`,
    };
  }
  try {
    const native: NativeDtls = createRequire(import.meta.url)(file);
    return { native };
  } catch (error) {
    return { missing: `DTLS cannot be had under Node ${process.version}: ${reasonOf(error)}` };
  }
}
