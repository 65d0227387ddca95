/** Whose software the interop tests are about, for the table at the end of `npm run test:interop`. */
import { spawnSync } from "node:child_process";
import { beforeEach, type TestContext } from "node:test";

/** What `interop-table.ts` looks for in the messages of a test. */
export const PEER = /^against (.+) (\S+)$/;

export function tellPeer(t: Pick<TestContext, "diagnostic">, name: string, version: string): void {
  t.diagnostic(`against ${name} ${version}`);
}

/** What `interop-table.ts` looks for, too: which layout the peer was shown, and what was tried in it. */
export const SHOWN = /^shown as (\w+): (.+)$/;

export function tellShown(t: Pick<TestContext, "diagnostic">, layout: string, tried: string): void {
  t.diagnostic(`shown as ${layout}: ${tried}`);
}

/** For the top of a file whose tests are all about the same peer. */
export function everyTestIsAgainst(name: string, version: string): void {
  beforeEach((t) => {
    if ("diagnostic" in t) tellPeer(t, name, version);
  });
}

/** The version of a package of Debian, without that of the packaging; "?" where it is not installed. */
export function debianVersion(name: string): string {
  const { stdout } = spawnSync("dpkg-query", ["-s", name], { encoding: "utf8" });
  // An epoch before it, what Debian added after it: 1:4.3.1-1+deb12u1.
  return /^Version: (?:\d+:)?([^-+\n]+)/m.exec(stdout ?? "")?.[1] ?? "?";
}
