/** The command line client of libcoap: one request a run. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findTool } from "../support/foreign-tool.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

export const INSTALL = "apt-get install -y libcoap3-bin";
/** Debian has a program for each library of TLS. */
export const VARIANTS = ["", "-notls", "-openssl", "-gnutls"];

export interface LibcoapClient {
  /** Resolves with what came: the body of the answer, and with `-s` of every notification. */
  ask(port: number, path: string, ...args: readonly string[]): Promise<Uint8Array>;
  /** What has come of it so far. */
  heard(): Uint8Array;
  /** A file with this content, for `-f`. */
  file(name: string, content: Uint8Array): string;
}

/** Undefined, the test being skipped, where it is not installed. */
export function findLibcoapClient(t: TestContext, scheme = "coap"): LibcoapClient | undefined {
  const program = findTool(
    t,
    VARIANTS.map((variant) => `coap-client${variant}`),
    INSTALL,
  );
  if (program === undefined) return undefined;
  const folder = temporaryDirectory(t);
  const output = join(folder, "output");
  return {
    async ask(port, path, ...args) {
      writeFileSync(output, "");
      const uri = `${scheme}://127.0.0.1:${port}/${path}`;
      const { stderr } = await run(t, program, ["-v", "6", "-B", "10", "-o", output, ...args, uri]);
      assert.doesNotMatch(stderr, /ERR /);
      return readFileSync(output);
    },
    heard: () => readFileSync(output),
    file(name, content) {
      const file = join(folder, name);
      writeFileSync(file, content);
      return file;
    },
  };
}
