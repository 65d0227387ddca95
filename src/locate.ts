import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder that holds package.json: the checkout, or the installed package. This file lies in src/ in the one and in
 * dist/src/ in the other.
 */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The absolute path of a data file or folder that is shipped as it is, e.g. `locateData("mappings")`. */
export function locateData(...segments: readonly string[]): string {
  return join(packageRoot, ...segments);
}

/** The `version` of package.json, e.g. "0.1.0". */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(locateData("package.json"), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error(`${locateData("package.json")} has no version: the installation is damaged`);
}

/**
 * The module of a worker thread, or of a child process, that lies beside the importing file: `workerUrl(import.meta.url, "store-worker")`. It is
 * a .ts file where the sources run as they are and a .js file after the build, like the importer itself.
 */
export function workerUrl(importer: string, name: string): URL {
  return new URL(`./${name}${extname(new URL(importer).pathname)}`, importer);
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder))
      throw new Error(`no package.json in or above ${start}: the installation is damaged`);
  }
}
