/**
 * What the .deb has of node_modules: the packages that the program needs, for one processor, with what runs of them and their
 * licences. Plain JavaScript that Node 18 runs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fits, npmCommand } from "../install.mjs";

/** Needed by name alone, each for a reason; what lies below them goes with them. */
const LEFT_OUT = [
  // Types.
  /^@types\//,
  /^undici-types$/,
  // cbor-x reads with them faster; we only write with it.
  /^cbor-extract$/,
  /^@cbor-extract\//,
  /^node-gyp-build-optional-packages$/,
  /^detect-libc$/,
  // node-dtls-client wants it where Node has no CCM: before Node 10.
  /^node-aead-crypto/,
  // Bluetooth controllers that a program drives over USB by itself: ours goes through the kernel or a serial port.
  /^usb$/,
  // C++ headers.
  /^node-addon-api$/,
  // noble wants it at the installation; here it is another package of that name (overrides in package.json).
  /^patch-package$/,
  // Node itself lies elsewhere.
  /^node-linux-/,
];

/** Folders of a package that nothing of it loads. Further down the same names hold code (yaml/dist/doc). */
const UNUSED_FOLDERS =
  /^(?:\.[^/]*|tests?|__tests__|examples?|docs?|bench(?:marks?)?|coverage|assets|patches|include|deps|help)$/;
/** The same, of packages with an addon, whose `src` is in C++. */
const ADDONS = /^(?:better-sqlite3|@stoprocent\/bluetooth-hci-socket|@serialport\/bindings-cpp)$/;
const UNUSED_FILES =
  /(?:^\.|^README|^(?:CHANGELOG|HISTORY|CONTRIBUTING|SECURITY)\b|\.(?:[cm]?ts|map|md|markdown|cc?|cpp|hp?p?|gypi?|flow|ya?ml|html|png|svg|lock|toml|tsbuildinfo)$)/i;
const LICENCE = /^(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS)/i;

/** The packages of the lock file that a gateway on Linux with glibc loads, as paths such as "node_modules/a/node_modules/b". */
export function neededPackages(lock, cpu) {
  return Object.entries(lock.packages)
    .filter(([path, { dev, os, cpu: of, libc }]) => {
      if (path === "" || dev === true || namesOf(path).some((name) => LEFT_OUT.some((one) => one.test(name))))
        return false;
      return fits(os, "linux") && fits(of, cpu) && fits(libc, "glibc");
    })
    .map(([path]) => path)
    .sort();
}

/** Copies them to `target`, without what never runs. Throws an Error with a sentence where one is not there as the lock file says. */
export function copyPackages({ root, lock, cpu, target }) {
  for (const path of neededPackages(lock, cpu)) {
    const from = join(root, path);
    const wanted = lock.packages[path].version;
    if (versionOf(from) !== wanted) {
      throw new Error(`${path} is not ${wanted}, as package-lock.json has it: run "npm ci", then do the same again`);
    }
    copyPackage({ from, to: join(target, path), cpu, hasAddon: ADDONS.test(namesOf(path).at(-1) ?? "") });
  }
}

function copyPackage({ from, to, cpu, hasAddon }) {
  const filter = (file) => {
    const inside = relative(from, file);
    if (inside === "") return true;
    const [first] = inside.split("/");
    if (first === "node_modules" || UNUSED_FOLDERS.test(first) || (hasAddon && first === "src")) return false;
    if (/^prebuilds\//.test(inside) || inside.endsWith(".node")) return isFor(inside, cpu);
    return LICENCE.test(basename(file)) || !UNUSED_FILES.test(basename(file)) || isFolder(file);
  };
  cpSync(from, to, { recursive: true, dereference: true, filter });
}

/** "prebuilds/linux-x64.node", "prebuilds/linux-arm64/node.napi.armv8.node"; not linux-arm, and not for musl. */
function isFor(inside, cpu) {
  return new RegExp(`^prebuilds/linux-${cpu}(?:$|[./])`).test(inside) && !inside.includes("musl");
}

/**
 * The package of Node for a processor: the one in node_modules, else fetched by npm into `folder`, and compared with the lock
 * file. Returns its folder.
 */
export function nodePackage({ root, lock, cpu, folder }) {
  const name = `node-linux-${cpu}`;
  const entry = lock.packages[`node_modules/${name}`];
  if (entry?.integrity === undefined) throw new Error(`package-lock.json says nothing certain of ${name}`);
  const installed = join(root, "node_modules", name);
  return versionOf(installed) === entry.version
    ? installed
    : fetched(folder, `${name}@${entry.version}`, entry.integrity);
}

function fetched(folder, spec, integrity) {
  mkdirSync(folder, { recursive: true });
  const [command, ...first] = npmCommand();
  const args = [
    ...first,
    "pack",
    spec,
    "--pack-destination",
    folder,
    "--ignore-scripts",
    "--prefer-offline",
    "--loglevel=error",
  ];
  // The folder of the project has packages of its own, and settings of which npm need not know here.
  const { status, error, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  const file = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (status !== 0 || file === undefined) throw new Error(`npm cannot fetch ${spec}: ${error?.message ?? stderr}`);
  verify(join(folder, file), spec, integrity);
  run("tar", ["-xzf", join(folder, file), "-C", folder]);
  rmSync(join(folder, file));
  return join(folder, "package");
}

function verify(file, spec, integrity) {
  const [algorithm = ""] = integrity.split("-");
  const found = `${algorithm}-${createHash(algorithm).update(readFileSync(file)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${spec} as fetched is not what package-lock.json says: ${found}`);
}

/** Runs another program to its end; what it says in vain becomes an Error. */
export function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with code ${status}: ${stdout}${stderr}`);
  return stdout;
}

function versionOf(folder) {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}

/** "node_modules/a/node_modules/@s/b" is of "a" and "@s/b". */
function namesOf(path) {
  return path.split(/(?:^|\/)node_modules\//).slice(1);
}

function isFolder(path) {
  return statSync(path).isDirectory();
}
