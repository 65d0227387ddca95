/**
 * Adds to package-lock.json what npm leaves out of it: packages for other platforms that the registry of the moment does
 * not have (a mirror with holes). `npm ci` then refuses the file everywhere. Run it after `npm install` changed the file:
 *
 *   node scripts/complete-lock.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** "cli-linux-arm64-musl": what such a name says of its platform, and of the C library that it was built for. */
const PLATFORM =
  /(aix|android|darwin|freebsd|linux|netbsd|openbsd|sunos|win32)-(arm64|arm|ia32|x64|universal)(?:-(musl|gnu|gnueabihf|eabi|msvc))?$/;
const LIBC = { musl: "musl", gnu: "glibc" };

/** The optional dependencies that no entry of the lock file resolves: where each belongs, and its entry. */
export function missingEntries({ packages }) {
  const missing = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (resolves(packages, path, name)) continue;
      const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
      if (os === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
        throw new Error(`${path} wants ${name}@${version}, which the lock file lacks: add it by hand`);
      }
      missing[`node_modules/${name}`] = {
        version,
        ...(cpu === "universal" ? {} : { cpu: [cpu] }),
        ...(dev === true ? { dev } : {}),
        ...(LIBC[abi] === undefined ? {} : { libc: [LIBC[abi]] }),
        optional: true,
        os: [os],
      };
    }
  }
  return missing;
}

/** As Node looks it up: beside the package that wants it, then in every folder above. */
function resolves(packages, from, name) {
  const folders = from.split("/node_modules/");
  return [...folders.keys(), -1].some((up) => {
    const folder = folders.slice(0, folders.length - up).join("/node_modules/");
    return (up === -1 ? `node_modules/${name}` : `${folder}/node_modules/${name}`) in packages;
  });
}

function main() {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const missing = missingEntries(lock);
  const [first, ...rest] = Object.entries(lock.packages);
  const all = [...rest, ...Object.entries(missing)].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries([first, ...all]) }, null, 2)}\n`);
  process.stdout.write(`added ${Object.keys(missing).length} entries to package-lock.json\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
