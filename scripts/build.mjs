/**
 * `npm run build`: emits src/ and adapters/ as JavaScript into dist/, for the npm package (Node refuses TypeScript below
 * node_modules). Data files are not copied but found by src/locate.ts; JSON modules are emitted by tsc beside their importers.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "./own-node.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// What an earlier build left of a file that is gone now would be packed.
rmSync(join(root, "dist"), { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
process.exitCode = await runToEnd(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root });
