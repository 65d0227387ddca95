/**
 * `npm run build`: emits src/ and adapters/ as JavaScript into dist/, for the npm package (Node refuses TypeScript below
 * node_modules), joined to few files (bundle.mjs), and makes the addons of native/ for each processor that there is a compiler
 * for. Data files are not copied but found by src/locate.ts; JSON modules become part of their importers.
 *
 *   npm run build -- --release     fails where an addon of a processor cannot be made
 *   npm run build -- --deb …       makes packages for Debian of it; what follows are options of build-deb.mjs
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADDONS, makeOnce, PROCESSORS } from "./build-addons.mjs";
import { runToEnd } from "./own-node.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const release = args.includes("--release");
const deb = args.indexOf("--deb");

process.exitCode =
  (await emit()) || (await makeManual()) || (deb === -1 ? await addons() : await packages(args.slice(deb + 1)));

function addons() {
  return makeAddons() || !release ? 0 : 1;
}

/** Makes the addons that it wants, and those alone. */
function packages(options) {
  return runToEnd(process.execPath, [join(root, "scripts/build-deb.mjs"), ...options], { cwd: root });
}

async function emit() {
  const dist = join(root, "dist");
  // What an earlier build left of a file that is gone now would be packed.
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const emitted = join(dist, "emitted");
  const code = await runToEnd(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", emitted], { cwd: root });
  if (code !== 0) return code;
  const { bundle } = await import("./bundle.mjs");
  await bundle({ from: emitted, dist, root });
  rmSync(emitted, { recursive: true });
  return 0;
}

/** docs/man, which the packages bring along. */
function makeManual() {
  return runToEnd(process.execPath, [join(root, "scripts/make-man.mjs")], { cwd: root });
}

/** Whether all of them are there. */
function makeAddons() {
  const wanted = ADDONS.flatMap((addon) => PROCESSORS.map((arch) => ({ addon, arch })));
  const problems = wanted.flatMap(({ addon, arch }) => {
    const { problem } = makeOnce(root, addon, arch);
    return problem === undefined ? [] : [`${addon.is} is not in the package for linux-${arch}: ${problem}`];
  });
  for (const problem of problems) process.stderr.write(`lwm2m-gateway: ${problem}\n`);
  return problems.length === 0;
}
