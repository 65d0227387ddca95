/** Brings node_modules to what package-lock.json says. Plain JavaScript that Node 18 runs. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./own-node.mjs";

/** Holds the hash of the lock file that was installed here: a checkout sets new times, so times tell nothing. */
const MARK = "node_modules/.lwm2m-installed";

/**
 * Whether node_modules holds each package of the lock file in its version. Optional ones may be missing where they are
 * for another platform, or where npm has tried them for this lock file and failed.
 */
export function isInstalled(root) {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (wanted === undefined) throw new Error(`${join(root, "package-lock.json")} is missing or is no JSON`);
  if (present === undefined) return false;
  const tried = existsSync(join(root, MARK)) && readFileSync(join(root, MARK), "utf8") === lockHash(root);
  return Object.entries(wanted).every(([path, { version, optional, os, cpu, libc }]) => {
    if (path === "") return true;
    if (present[path] !== undefined && existsSync(join(root, path))) return present[path].version === version;
    return (
      optional === true && (tried || libc !== undefined || !fits(os, process.platform) || !fits(cpu, process.arch))
    );
  });
}

/** Runs `npm ci`, whatever npm's settings leave out otherwise. Resolves to its exit code. */
export async function install(root) {
  process.stderr.write(
    "lwm2m-gateway: installing the packages of package-lock.json, the project's own Node among them …\n",
  );
  const [command, ...first] = npmCommand();
  // An old npm warns of its own Node's age, at length; that is what we bring our own for.
  const args = [...first, "ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  // The output of what runs afterwards is not to be mixed with npm's: all of it goes to standard error.
  const code = await runToEnd(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (code === 0) writeFileSync(join(root, MARK), lockHash(root));
  return code;
}

/** The npm that called us, else the one on the PATH. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  const isNpm = script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script);
  return isNpm ? [process.execPath, script] : ["npm"];
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/** npm's `os` and `cpu` are a name or a list of names; "!win32" is any but that. */
export function fits(names, own) {
  const list = [names ?? []].flat();
  const only = list.filter((name) => !name.startsWith("!"));
  return !list.includes(`!${own}`) && (only.length === 0 || only.includes(own));
}
