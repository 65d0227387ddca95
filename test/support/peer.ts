import type { TestContext } from "node:test";

/** What `test/support/interop-table.ts` looks for in the messages of a test. */
export const PEER = /^against (.+) (\S+)$/;

/** Says whose software a test was run against, for the table at the end of `npm run test:interop`. */
export function tellPeer(t: TestContext, name: string, version: string): void {
  t.diagnostic(`against ${name} ${version}`);
}
