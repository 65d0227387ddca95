/** A disk that is soon full, or takes nothing. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A file system of its own; undefined, and the test skipped, where we may not have one. */
export function smallDisk(t: TestContext, bytes: number): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), "lwm2m-gateway-"));
  const failure =
    process.getuid?.() === 0 ? mount(["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", disk]) : "only root may";
  if (failure !== undefined) {
    t.skip(`a small disk cannot be mounted: ${failure}`);
    rmdirSync(disk);
    return undefined;
  }
  t.after(() => {
    spawnSync("umount", ["--lazy", disk]);
    rmdirSync(disk);
  });
  return disk;
}

export function mount(args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync("mount", args, { encoding: "utf8" });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** To the last byte. */
export function fill(disk: string): void {
  const handle = openSync(join(disk, FILLER), "w");
  try {
    for (;;) writeSync(handle, Buffer.alloc(4096));
  } catch {
    // Full.
  } finally {
    closeSync(handle);
  }
}

/** What filled it is gone. */
export function empty(disk: string): void {
  rmSync(join(disk, FILLER));
}

const FILLER = "filler";
