/** Whether a device that answers again runs what it was given. */
import type { FirmwareProbe } from "../adapter.ts";
import type { VersionSource } from "../mapping/firmware-plan.ts";

/** What was seen of a device at one look. */
export interface Look {
  /** It answered at all. */
  readonly answered: boolean;
  /** What the protocol says, where it could be asked. */
  readonly probe?: FirmwareProbe;
  /** The version that runs, by whatever says so. */
  readonly version?: string;
  /** Absent: nobody asked, or it did not answer. */
  readonly healthy?: boolean;
  /** Why it did not answer. */
  readonly reason?: string;
}

export interface Expectation {
  readonly source: VersionSource["kind"];
  readonly expect: "image" | "changed";
  /** Of the image; undefined: nobody knows, and any other one than before will do. */
  readonly wanted: string | undefined;
  readonly before: string | undefined;
}

/**
 * - `new`: it runs what it was given;
 * - `old`: it runs what it ran before;
 * - `other`: a version that is neither;
 * - `silent`: it does not answer, or not so that a version can be told.
 */
export type Verdict = "new" | "old" | "other" | "silent";

export function verdictOf(look: Look, { source, expect, wanted, before }: Expectation): Verdict {
  if (look.probe?.running === true) return "new";
  if (source === "none") return look.answered ? "new" : "silent";
  const { version } = look;
  if (version === undefined) return "silent";
  const same = before !== undefined && sameVersion(version, before);
  if (expect === "image" && wanted !== undefined) {
    if (sameVersion(version, wanted)) return "new";
    return same ? "old" : "other";
  }
  return same ? "old" : "new";
}

/** "v1.2.3", "1.2.3+0" and "1.2.3.0" are 1.2.3: so headers, bootloaders and people spell it. */
export function sameVersion(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(version: string): string {
  const parts = version
    .trim()
    .replace(/^v(?=[0-9])/i, "")
    .split(/[.+]/);
  const isNumber = parts.every((part) => /^[0-9]+$/.test(part));
  if (!isNumber) return version.trim();
  return (parts.length > 3 && Number(parts[3]) === 0 ? parts.slice(0, 3) : parts).map(Number).join(".");
}
