/**
 * Makes the addon for DTLS alone, and anew: `scripts/build-addons.mjs` says how, and makes the others too.
 *
 *   node scripts/build-dtls.mjs [x64 | arm64] [--sanitize]
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DTLS, makeAnew } from "./build-addons.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.exitCode = makeAnew(root, [DTLS], process.argv.slice(2), "build-dtls.mjs");
