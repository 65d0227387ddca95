/**
 * Makes what gateways take as a new version of themselves (docs/firmware/gateway.md), for one processor each. After `npm run build`:
 *
 *   node scripts/build-artefact.mjs [--arch amd64 | arm64] [--out DIRECTORY] [--version VERSION] [--sign KEY.pem] [--without-node] [--quick]
 *
 * --without-node leaves Node out: the version runs by the one that is installed. --quick compresses little: for trying. Without
 * --sign it is signed later, by scripts/sign-artefact.mjs. Plain JavaScript that Node 18 runs; needs binutils, and npm for the Node
 * of the other processor.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { signArtefact, writeArtefact } from "./artefact/write.mjs";
import { ADDONS, makeOnce } from "./build-addons.mjs";
import { versionOf } from "./deb/control.mjs";
import { nodePackage } from "./deb/packages.mjs";
import { copy, layHome, stripAll, TARGETS } from "./deb/tree.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(args) {
  const { arch, ...options } = optionsOf(args);
  mkdirSync(options.out, { recursive: true });
  for (const one of arch) await buildFor({ arch: one, ...options });
}

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      arch: { type: "string", multiple: true },
      out: { type: "string", default: root },
      version: { type: "string", default: versionOf(root) },
      sign: { type: "string" },
      "without-node": { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
    },
  });
  const { arch = Object.keys(TARGETS), out, version, sign, quick } = values;
  const unknown = arch.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) throw new Error(`--arch ${unknown}: expected ${Object.keys(TARGETS).join(" or ")}`);
  if (!/^\d[A-Za-z0-9.+~]*$/.test(version)) throw new Error(`--version ${version}: expected e.g. 1.2.0 or 1.2.0~rc1`);
  return { arch: new Set(arch), out: resolve(out), version, sign, quick, bare: values["without-node"] };
}

async function buildFor({ arch, out, version, sign, quick, bare }) {
  const { cpu } = TARGETS[arch];
  for (const addon of ADDONS) {
    const { problem } = makeOnce(root, addon, cpu);
    if (problem !== undefined)
      throw new Error(`no artefact for ${arch}, for ${addon.is} would not be in it: ${problem}`);
  }
  const work = mkdtempSync(join(tmpdir(), "lwm2m-gateway-artefact-"));
  try {
    const home = join(work, "home");
    layVersion({ home, arch, version, fetched: bare ? undefined : join(work, "fetched") });
    const file = join(out, `lwm2m-gateway_${version}_${arch}.lgw`);
    await writeArtefact({ home, file, told: { version, arch: cpu, state: await schemas() }, quick });
    if (sign !== undefined) signArtefact(file, readFileSync(sign));
    const signed = sign === undefined ? "not signed" : "signed";
    process.stdout.write(`${file}  ${Math.round(statSync(file).size / 1e6)} MB, ${signed}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** `fetched`: a folder for the Node of the other processor; undefined: none is wanted. */
function layVersion({ home, arch, version, fetched }) {
  const { cpu } = TARGETS[arch];
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  layHome({ root, home, cpu, lock, version });
  copy(join(root, "docs/errors.md"), join(home, "docs/errors.md"));
  copy(join(root, "docs/man/lwm2m-gateway.1"), join(home, "docs/man/lwm2m-gateway.1"));
  if (fetched !== undefined) {
    const node = nodePackage({ root, lock, cpu, folder: fetched });
    copy(join(node, "bin/node"), join(home, "bin/node"));
    copy(join(node, "LICENSE"), join(home, "bin/LICENSE.node"));
    chmodSync(join(home, "bin/node"), 0o755);
  }
  stripAll(home, arch);
}

/** What the built program makes of the databases. */
async function schemas() {
  const built = pathToFileURL(join(root, "dist/src/store/migrations.js")).href;
  const { MIGRATIONS, HISTORY_MIGRATIONS } = await import(built);
  return { gateway: MIGRATIONS.length, history: HISTORY_MIGRATIONS.length };
}
