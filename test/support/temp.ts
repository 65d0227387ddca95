import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lifetime } from "./process.ts";

/** A new empty folder of this test, removed after it. */
export function temporaryDirectory(t: Lifetime): string {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
