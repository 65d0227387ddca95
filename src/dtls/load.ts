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

/** What Node says of what it carries. */
export interface Runtime {
  readonly node: string;
  readonly openssl?: string;
}

/** Structures and rules of another major version are others: nothing of it may be called, and its functions may be gone. */
const MAJOR = "3";

export function loadDtls({ node, openssl }: Runtime = process.versions): LoadedDtls {
  if (openssl?.split(".")[0] !== MAJOR) {
    const carried = openssl === undefined ? "no OpenSSL" : `OpenSSL ${openssl}`;
    return { missing: `DTLS needs OpenSSL ${MAJOR}, and Node ${node} carries ${carried}: run under Node 24` };
  }
  const file = locateData("native", "dtls", "build", `${process.platform}-${process.arch}.node`);
  const remedy = `install a C++ compiler (g++), then run "node scripts/build-dtls.mjs" in ${locateData()}`;
  if (!existsSync(file)) return { missing: `DTLS needs ${file}, which is not there: ${remedy}` };
  try {
    const native: NativeDtls = createRequire(import.meta.url)(file);
    return { native };
  } catch (error) {
    // What was made for another C library (Alpine) can be made for this one.
    return { missing: `DTLS cannot be had under Node ${node}: ${reasonOf(error)}. Perhaps: ${remedy}` };
  }
}
