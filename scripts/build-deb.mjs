/**
 * Makes the packages for Debian and what is made of it: the program, its own Node, its packages and its addons, for one
 * processor each. `npm run deb`, or by itself after `npm run build`:
 *
 *   node scripts/build-deb.mjs [--arch amd64 | arm64] [--out DIRECTORY] [--version VERSION] [--quick]
 *
 * --quick compresses little: for trying. Two builds of the same sources with the same tools give the same bytes. Plain
 * JavaScript that Node 18 runs; needs dpkg-deb and tar, and npm for the Node of the other processor.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ADDONS, makeOnce } from "./build-addons.mjs";
import { layControl, secondOf, versionOf } from "./deb/control.mjs";
import { run } from "./deb/packages.mjs";
import { filesBelow, layTree, settle, TARGETS } from "./deb/tree.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
  process.exitCode = 1;
}

function main(args) {
  const { arch, out, version, quick } = optionsOf(args);
  needsDpkg();
  mkdirSync(out, { recursive: true });
  for (const one of arch) buildFor({ arch: one, out, version, quick });
}

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      arch: { type: "string", multiple: true },
      out: { type: "string", default: root },
      version: { type: "string", default: versionOf(root) },
      quick: { type: "boolean", default: false },
    },
  });
  const { arch = Object.keys(TARGETS), out, version, quick } = values;
  const unknown = arch.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) throw new Error(`--arch ${unknown}: expected ${Object.keys(TARGETS).join(" or ")}`);
  if (!/^\d[A-Za-z0-9.+~]*$/.test(version)) throw new Error(`--version ${version}: expected e.g. 1.2.0 or 1.2.0~rc1`);
  return { arch: new Set(arch), out: resolve(out), version, quick };
}

function needsDpkg() {
  try {
    run("dpkg-deb", ["--version"]);
  } catch {
    throw new Error("there is no dpkg-deb here; packages for Debian are made on Debian or Ubuntu (package dpkg)");
  }
}

function buildFor({ arch, out, version, quick }) {
  for (const addon of ADDONS) {
    const { problem } = makeOnce(root, addon, TARGETS[arch].cpu);
    if (problem !== undefined)
      throw new Error(`no package for ${arch}, for ${addon.is} would not be in it: ${problem}`);
  }
  const work = mkdtempSync(join(tmpdir(), "lwm2m-gateway-deb-"));
  try {
    const second = secondOf(root);
    const tree = join(work, "tree");
    layTree({ root, tree, work: join(work, "fetched"), arch });
    layControl({ root, tree, arch, version, second });
    settle(tree, second);
    const file = join(out, `lwm2m-gateway_${version}_${arch}.deb`);
    const compression = quick ? ["-Zgzip", "-z1"] : ["-Zxz", "-z6"];
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(second) };
    run("dpkg-deb", [...compression, "--root-owner-group", "--build", tree, file], { env });
    tell(file, tree);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function tell(file, tree) {
  const installed = filesBelow(tree).reduce((sum, path) => sum + statSync(path).size, 0);
  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  process.stdout.write(`${file}  ${megabytes(statSync(file).size)}, installed ${megabytes(installed)}\n`);
}
