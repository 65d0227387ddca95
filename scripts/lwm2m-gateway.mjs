#!/usr/bin/env node
/**
 * The command `lwm2m-gateway`. It looks at Node's version before anything else is imported: the program's libraries end an
 * old Node without a word.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chooseNode, isNewEnough, MEMORY_FLAG, runToEnd } from "./own-node.mjs";

// In the package the emitted code, in a checkout the sources: a dist/ left there by a build may be old.
const sources = new URL("../src/main.ts", import.meta.url);
const program = existsSync(sources) ? sources : new URL("../dist/src/main.js", import.meta.url);

if (isNewEnough(process.versions.node)) {
  await import(program.href);
} else {
  try {
    const node = chooseNode(import.meta.url);
    process.exitCode = await runToEnd(node, [MEMORY_FLAG, fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
  } catch (error) {
    process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
    process.exitCode = 1;
  }
}
