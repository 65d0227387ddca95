/**
 * Makes the addons out of native/, where a C++ compiler is there: native/dtls/build/linux-x64.node and its like, which every
 * Node from 22 to 26 loads. Plain JavaScript that Node 18 runs. By itself it builds anew, and says what went wrong:
 *
 *   node scripts/build-addons.mjs [x64 | arm64] [--sanitize]
 *
 * CXX names another compiler for the processor of this machine.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** For which there is a package of Node, and so what the package of the gateway brings. */
export const PROCESSORS = ["x64", "arm64"];

/** `folder` has the sources; `is` names it where it is made, `lack` what there is not without it. */
export const DTLS = { folder: "native/dtls", is: "the addon for DTLS", lack: "no DTLS (coaps://)" };
export const LINUX = {
  folder: "native/linux",
  is: "the addon for systemd",
  lack: "no word to systemd and journald but by systemd-notify and standard output",
};
export const ADDONS = [DTLS, LINUX];

const CROSS_COMPILERS = { x64: "x86_64-linux-gnu-g++", arm64: "aarch64-linux-gnu-g++" };

const FLAGS = ["-O2", "-g0", "-std=c++17", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"];
const LINK = ["-shared", "-s", "-Wl,-z,relro,-z,now,-z,noexecstack"];
const SANITIZE = [
  "-O1",
  "-g",
  "-fsanitize=address,undefined",
  "-fno-omit-frame-pointer",
  "-fno-sanitize-recover=undefined",
  "-Wl,--strip-debug",
];

/**
 * For whoever starts the program: makes what is missing, or was made of other sources or by another compiler, and says once
 * what was in the way. After that the program says it, where somebody wants it.
 */
export function prepareAddons(root) {
  if (process.platform !== "linux") return;
  for (const addon of ADDONS.filter(({ folder }) => existsSync(join(root, folder)))) {
    const { problem, again } = makeOnce(root, addon, process.arch);
    if (problem !== undefined && !again) process.stderr.write(`lwm2m-gateway: ${addon.lack} so far: ${problem}\n`);
  }
}

/** `problem`: what is in the way, as a sentence; undefined: it is there. `again`: nothing was tried, it is as last time. */
export function makeOnce(root, addon, arch) {
  const mark = markOf(root, addon, arch);
  const compiler = findCompiler(arch);
  const state = hashOf(root, addon, compiler);
  const [before, ...words] = existsSync(mark) ? readFileSync(mark, "utf8").split("\n") : [];
  const problemBefore = words.join("\n") || undefined;
  if (before === state && (problemBefore !== undefined || existsSync(targetOf(root, addon, arch)))) {
    return { problem: problemBefore, again: true };
  }
  if (compiler !== undefined) process.stderr.write(`lwm2m-gateway: making ${addon.is} (linux-${arch}) …\n`);
  const problem = make(root, addon, arch);
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, [state, ...(problem === undefined ? [] : [problem])].join("\n"));
  return { problem, again: false };
}

/** The command line of this file and of those that make one addon; returns the exit code. */
export function makeAnew(root, addons, args, name) {
  const sanitize = args.includes("--sanitize");
  const [arch = process.arch, ...more] = args.filter((arg) => arg !== "--sanitize");
  if (![process.arch, ...PROCESSORS].includes(arch) || more.length > 0) {
    process.stderr.write(`usage: node scripts/${name} [x64 | arm64] [--sanitize]\n`);
    return 2;
  }
  const problems = addons.flatMap((addon) => {
    // Whatever comes of it, the next start shall look for itself.
    rmSync(markOf(root, addon, arch), { force: true });
    const problem = sanitize ? make(root, addon, arch, { sanitize }) : makeOnce(root, addon, arch).problem;
    return problem === undefined ? [] : [problem];
  });
  for (const problem of problems) process.stderr.write(`lwm2m-gateway: ${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Returns what is in the way, as a sentence; undefined: it is made. */
function make(root, addon, arch, { sanitize = false } = {}) {
  const compiler = findCompiler(arch);
  if (compiler === undefined) return `there is no C++ compiler; install ${packageOf(arch)} and do the same again`;
  const include = headers(root);
  if (include === undefined) return `the headers of Node are not there (npm package node-linux-${process.arch})`;
  const target = targetOf(root, addon, arch);
  mkdirSync(dirname(target), { recursive: true });
  // Others may be loading the one of before, or building too: each writes its own, and the last one stays.
  const fresh = `${target}.${process.pid}`;
  const files = sourcesIn(root, addon).filter((file) => file.endsWith(".cc"));
  const flags = [...FLAGS, ...LINK, ...(sanitize ? SANITIZE : []), `-I${include}`];
  const { status, stderr } = spawnSync(compiler, [...flags, "-o", fresh, ...files], { encoding: "utf8" });
  if (status !== 0) {
    rmSync(fresh, { force: true });
    return `${compiler} could not make it:\n${stderr}`;
  }
  renameSync(fresh, target);
  return undefined;
}

function targetOf(root, { folder }, arch) {
  return join(root, folder, "build", `linux-${arch}.node`);
}

/** Of what, and by what, it was made; and why not. */
function markOf(root, { folder }, arch) {
  return join(root, folder, "build", `linux-${arch}.made`);
}

/** Those of the project's own Node, else those that lie beside the Node that runs this. They are the same for each processor. */
function headers(root) {
  const { resolve } = createRequire(join(root, "package.json"));
  const packages = PROCESSORS.flatMap((arch) => {
    try {
      return [join(dirname(resolve(`node-linux-${arch}/package.json`)), "include/node")];
    } catch {
      return [];
    }
  });
  const own = join(dirname(dirname(process.execPath)), "include/node");
  return [...packages, own].find((folder) => existsSync(join(folder, "openssl/ssl.h")));
}

/** Its path; nothing is started for that. */
function findCompiler(arch) {
  const { CXX, PATH = "" } = process.env;
  const own = CXX === undefined || CXX === "" ? ["c++", "g++", "clang++"] : [CXX];
  const names = arch === process.arch ? own : [CROSS_COMPILERS[arch]];
  const places = names.flatMap((name) =>
    name.includes("/") ? [name] : PATH.split(delimiter).map((folder) => join(folder, name)),
  );
  return places.find((file) => existsSync(file));
}

/** Debian's. */
function packageOf(arch) {
  return arch === process.arch ? "g++" : `g++-${CROSS_COMPILERS[arch].replace("-g++", "").replace("_", "-")}`;
}

function sourcesIn(root, addon) {
  const folder = join(root, addon.folder);
  return readdirSync(folder)
    .filter((name) => /\.(?:cc|h)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function hashOf(root, addon, compiler = "none") {
  const hash = createHash("sha256").update(`${compiler}\n`);
  for (const file of [...sourcesIn(root, addon), fileURLToPath(import.meta.url)]) hash.update(readFileSync(file));
  return hash.digest("hex");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  process.exitCode = makeAnew(root, ADDONS, process.argv.slice(2), "build-addons.mjs");
}
