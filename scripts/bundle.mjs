/**
 * Joins what tsc has emitted, some nine hundred modules, and zod and yaml, which are some two hundred more, to as many files as
 * are loaded apart: to find, read and link each module by itself was a third of a start. Everything else of node_modules stays
 * where it is. The licences of these two go with them.
 *
 * Nothing is made short: functions keep their names and lines their breaks, and above each part stands the source that it was.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

/** What is started or loaded by its path: threads, child processes, what scripts and other programs import. */
const ENTRIES = [
  "src/main",
  "src/store/store-worker",
  "src/store/check-process",
  "src/store/migrations",
  "src/dtls/load",
  "src/dtls/node-dtls-client/thread",
  "src/service/native",
  "adapters/ble/radio/child/stack-process",
];

/** Their code becomes part of ours. */
const JOINED = ["zod", "yaml"];

/** `from`: a folder below `dist` with the emitted modules, which are of no use afterwards. Rejects where one is missing. */
export async function bundle({ from, dist, root }) {
  await build({
    entryPoints: ENTRIES.map((entry) => ({ in: join(from, `${entry}.js`), out: entry })),
    outdir: dist,
    chunkNames: "parts/[name]-[hash]",
    absWorkingDir: from,
    nodePaths: [join(root, "node_modules")],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.18",
    charset: "utf8",
    logLevel: "warning",
    plugins: [{ name: "own", setup: (made) => settle(made, { from, root }) }],
  });
  writeFileSync(join(dist, "notices.txt"), noticesOf(root));
}

/** Whoever has the package alone has no node_modules. */
function noticesOf(root) {
  const texts = JOINED.map((name) => {
    const folder = join(root, "node_modules", name);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const licence = readFileSync(join(folder, "LICENSE"), "utf8").trim();
    return `Parts of these files are of ${name} ${version}, with this licence:\n\n${licence}\n`;
  });
  return texts.join("\n\n");
}

function settle(made, { from, root }) {
  made.onResolve({ filter: /^[^./]/ }, ({ path }) => (JOINED.includes(path) ? undefined : { path, external: true }));
  // The one that Node would take is CommonJS, and cannot be taken apart.
  made.onResolve({ filter: /^yaml$/ }, () => ({ path: join(root, "node_modules/yaml/browser/dist/index.js") }));
  made.onLoad({ filter: /\.js$/ }, ({ path }) => own(path, from));
  // JSON is read several times faster than JavaScript.
  made.onLoad({ filter: /\.json$/ }, ({ path }) => ({ contents: `export default JSON.parse(${quoted(path)});` }));
}

function quoted(path) {
  return JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, "utf8"))));
}

/** A module of ours; undefined: it is none. */
function own(path, from) {
  const name = relative(from, path);
  if (name.startsWith("..")) return undefined;
  const contents = readFileSync(path, "utf8")
    // What lies beside a module lies beside where it would be, in whichever part it is.
    .replaceAll("import.meta.url", `import.meta.url.replace(/^(.*\\/dist\\/).*$/, "$1${name}")`)
    // The same, and what nobody names is left out: the sentences in fifty languages first of all.
    .replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";');
  return { contents };
}
