/**
 * Makes the addon for DTLS out of native/dtls, where a C++ compiler is there: native/dtls/build/linux-x64.node, which every
 * Node from 22 to 26 loads. Plain JavaScript that Node 18 runs. By itself it builds anew, and says what went wrong:
 *
 *   node scripts/build-dtls.mjs [--sanitize]
 *
 * CXX names another compiler, DTLS_ARCH another processor (arm64, with CXX=aarch64-linux-gnu-g++).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const FLAGS = ["-O2", "-g0", "-std=c++17", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"];
const LINK = ["-shared", "-s", "-Wl,-z,relro,-z,now,-z,noexecstack"];
const SANITIZE = [
  "-O1",
  "-g",
  "-fsanitize=address,undefined",
  "-fno-omit-frame-pointer",
  "-fno-sanitize-recover=undefined",
];

/**
 * Builds it if the sources are others than last time. Without a compiler that is remembered too: the program then says by
 * itself that it has no DTLS, where somebody wants it.
 */
export function buildDtlsOnce(root) {
  const sources = join(root, "native/dtls");
  if (process.platform !== "linux" || !existsSync(sources)) return;
  const mark = join(sources, "build", `linux-${process.arch}.sources`);
  const hash = hashOf(sources);
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return;
  const problem = buildDtls(root);
  if (problem !== undefined) process.stderr.write(`lwm2m-gateway: without DTLS (coaps://): ${problem}\n`);
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, hash);
}

/** Returns what is in the way, as a sentence; undefined: it is made. */
export function buildDtls(root, { sanitize = false } = {}) {
  const arch = process.env.DTLS_ARCH ?? process.arch;
  const include = headers(root, arch);
  if (include === undefined) return `the headers of Node for ${arch} are not there (npm package node-linux-${arch})`;
  const compiler = findCompiler();
  if (compiler === undefined) return "there is no C++ compiler; install g++, then run: node scripts/build-dtls.mjs";
  const folder = join(root, "native/dtls");
  const target = join(folder, "build", `linux-${arch}.node`);
  mkdirSync(dirname(target), { recursive: true });
  // Others may be loading the one of before, or building too: each writes its own, and the last one stays.
  const fresh = `${target}.${process.pid}`;
  const files = sourcesIn(folder).filter((file) => file.endsWith(".cc"));
  const args = [
    ...FLAGS,
    ...LINK,
    ...(sanitize ? SANITIZE.concat("-Wl,--strip-debug") : []),
    `-I${include}`,
    "-o",
    fresh,
    ...files,
  ];
  const { status, stderr } = spawnSync(compiler, args, { encoding: "utf8" });
  if (status !== 0) {
    rmSync(fresh, { force: true });
    return `${compiler} could not make it:\n${stderr}`;
  }
  renameSync(fresh, target);
  return undefined;
}

/** Those of the project's own Node, else those that lie beside the Node that runs this. All have the same ABI. */
function headers(root, arch) {
  const packages = [arch, "x64", "arm64"].map((name) => join(root, `node_modules/node-linux-${name}/include/node`));
  const own = join(dirname(dirname(process.execPath)), "include/node");
  return [...packages, own].find((folder) => existsSync(join(folder, "openssl/ssl.h")));
}

function findCompiler() {
  const names = process.env.CXX === undefined ? ["c++", "g++", "clang++"] : [process.env.CXX];
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

function sourcesIn(folder) {
  return readdirSync(folder)
    .filter((name) => /\.(?:cc|h)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function hashOf(folder) {
  const hash = createHash("sha256");
  for (const file of [...sourcesIn(folder), fileURLToPath(import.meta.url)]) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function main([option]) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const problem = buildDtls(root, { sanitize: option === "--sanitize" });
  if (problem === undefined) return 0;
  process.stderr.write(`lwm2m-gateway: ${problem}\n`);
  return 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = main(process.argv.slice(2));
