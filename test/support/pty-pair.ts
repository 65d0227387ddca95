/** Two serial ports that are one wire: pseudo-terminals, joined by socat. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";
import { type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

export interface PtyPair {
  /** The path of each end. */
  readonly ours: string;
  readonly theirs: string;
  /** The wire: both ports vanish with it. */
  readonly socat: RunningProcess;
}

/** Undefined, the test being skipped, where there is no socat. */
export async function aPtyPair(t: TestContext, folder: string = temporaryDirectory(t)): Promise<PtyPair | undefined> {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return undefined;
  const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
  const ends = [ours, theirs].map((link) => `pty,raw,echo=0,link=${link}`);
  const socat = start(t, "socat", ["-d", "-d", ...ends]);
  await socat.printed(/starting data transfer loop/);
  return { ours, theirs, socat };
}
