/** The files of the .deb, laid out in a folder as they will lie on the machine. Plain JavaScript that Node 18 runs. */
import {
  chmodSync,
  closeSync,
  cpSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { ADDONS } from "../build-addons.mjs";
import { copyPackages, nodePackage, run } from "./packages.mjs";

/** Where the program lies; src/locate.ts finds package.json there, and everything else from it. */
export const HOME = "usr/lib/lwm2m-gateway";
const DOC = "usr/share/doc/lwm2m-gateway";
const DOCUMENTATION = `Documentation=man:lwm2m-gateway(1) file:///${DOC}`;

/** Of the processors that there is a package of Node for: what Debian calls them, and the tools of binutils that know them. */
export const TARGETS = {
  amd64: { cpu: "x64", strip: "x86_64-linux-gnu-strip", tools: "binutils-x86-64-linux-gnu" },
  arm64: { cpu: "arm64", strip: "aarch64-linux-gnu-strip", tools: "binutils-aarch64-linux-gnu" },
};

const COMPLETIONS = {
  bash: "bash-completion/completions/lwm2m-gateway",
  zsh: "zsh/vendor-completions/_lwm2m-gateway",
  fish: "fish/vendor_completions.d/lwm2m-gateway.fish",
};

/** Lays everything but the folder DEBIAN into `tree`. `work` is a folder for what is fetched. */
export function layTree({ root, tree, work, arch }) {
  const { cpu } = TARGETS[arch];
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const node = nodePackage({ root, lock, cpu, folder: work });
  layProgram({ root, tree, cpu, lock, node });
  layService(root, tree);
  layDocumentation(root, tree, node);
  stripAll(tree, arch);
}

function layProgram({ root, tree, cpu, lock, node }) {
  const home = join(tree, HOME);
  layHome({ root, home, cpu, lock });
  copy(join(node, "bin/node"), join(home, "bin/node"));
  copy(join(root, "packaging/deb/lwm2m-gateway.sh"), join(tree, "usr/bin/lwm2m-gateway"));
}

/** The program and its packages, without its Node. `version`: by default that of package.json. */
export function layHome({ root, home, cpu, lock, version: other }) {
  for (const folder of ["dist", "mappings"]) copy(join(root, folder), join(home, folder));
  for (const { folder } of ADDONS) {
    const file = `${folder}/build/linux-${cpu}.node`;
    copy(join(root, file), join(home, file));
  }
  copyPackages({ root, lock, cpu, target: home });
  const { name, version, description, license, type } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = { name, version: other ?? version, description, license, type };
  write(join(home, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function layService(root, tree) {
  for (const name of readdirSync(join(root, "systemd")).filter((name) => /\.(?:service|socket|target)$/.test(name))) {
    const unit = readFileSync(join(root, "systemd", name), "utf8");
    // Not below /lib: from Debian 13 on that is a link, through which no package may install anything.
    write(join(tree, "usr/lib/systemd/system", name), packagedUnit(name, unit));
  }
  copy(join(root, "systemd/70-lwm2m-gateway.rules"), join(tree, "usr/lib/udev/rules.d/70-lwm2m-gateway.rules"));
  copy(join(root, "packaging/deb/sysusers.conf"), join(tree, "usr/lib/sysusers.d/lwm2m-gateway.conf"));
  for (const folder of ["devices.d", "mappings", "keys"])
    mkdirSync(join(tree, "etc/lwm2m-gateway", folder), { recursive: true });
}

/** The unit of the npm package, with what is different here: the documentation, the user, and that there may be no configuration yet. */
function packagedUnit(name, unit) {
  if (name !== "lwm2m-gateway.service") {
    return unit
      .replace(/^Documentation=.*$/m, DOCUMENTATION)
      .replace("/usr/bin/env lwm2m-gateway", "/usr/bin/lwm2m-gateway");
  }
  return replaced(unit, [
    [
      /^# For the package as [^[]*/,
      "# Changes of yours: systemctl edit lwm2m-gateway. Configuration: /etc/lwm2m-gateway, state: /var/lib/lwm2m-gateway.\n",
    ],
    [
      /^Documentation=.*$/m,
      `${DOCUMENTATION}\n# Written by "lwm2m-gateway setup", or by hand.\nConditionPathExists=/etc/lwm2m-gateway/config.yaml`,
    ],
    [/\/usr\/bin\/env lwm2m-gateway/, "/usr/bin/lwm2m-gateway"],
    // A user who is there all the time can be given files. What DynamicUser= brings besides, the unit says by itself.
    [/^DynamicUser=yes$/m, "User=lwm2m-gateway"],
  ]);
}

function replaced(text, changes) {
  return changes.reduce((before, [pattern, by]) => {
    if (!pattern.test(before))
      throw new Error(`the unit has nothing like ${pattern}: change scripts/deb/tree.mjs with it`);
    return before.replace(pattern, by);
  }, text);
}

function layDocumentation(root, tree, node) {
  const doc = join(tree, DOC);
  for (const folder of ["docs", "docs/firmware"]) {
    const pages = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
    for (const name of pages) copy(join(root, folder, name), join(doc, folder, name));
  }
  // The program reads it (`explain`), and policy 12.3 has that what is in the other folder may be deleted.
  copy(join(root, "docs/errors.md"), join(tree, HOME, "docs/errors.md"));
  layForShells(root, tree);
  for (const name of ["README.md", "THIRD-PARTY-NOTICES.md"]) copy(join(root, name), join(doc, name));
  copy(join(root, "config.example.yaml"), join(doc, "examples/config.example.yaml"));
  for (const name of readdirSync(join(root, "systemd")).filter((name) => name.endsWith(".conf"))) {
    copy(join(root, "systemd", name), join(doc, "examples", name));
  }
  copy(join(root, "packaging/deb/copyright"), join(doc, "copyright"));
  packed(readFileSync(join(root, "CHANGELOG.md")), join(doc, "changelog.gz"));
  packed(readFileSync(join(node, "LICENSE")), join(doc, "LICENSE.node.gz"));
  copy(join(root, "packaging/deb/lintian-overrides"), join(tree, "usr/share/lintian/overrides/lwm2m-gateway"));
}

function layForShells(root, tree) {
  packed(readFileSync(join(root, "docs/man/lwm2m-gateway.1")), join(tree, "usr/share/man/man1/lwm2m-gateway.1.gz"));
  for (const [shell, file] of Object.entries(COMPLETIONS)) {
    write(join(tree, "usr/share", file), run(process.execPath, [join(root, "dist/src/main.js"), "completion", shell]));
  }
}

/** What debuggers alone read goes: 18 MB of Node. */
export function stripAll(tree, arch) {
  const { strip, tools } = TARGETS[arch];
  const files = filesBelow(tree).filter(isElf);
  try {
    run(strip, ["--strip-unneeded", "--enable-deterministic-archives", ...files]);
  } catch (error) {
    throw new Error(`${error.message}\nIt comes with Debian's ${tools}`);
  }
}

function isElf(file) {
  const first = Buffer.alloc(4);
  const descriptor = openSync(file, "r");
  readSync(descriptor, first, 0, 4, 0);
  closeSync(descriptor);
  return first.readUInt32BE(0) === 0x7f454c46;
}

/** Everybody reads, root writes; what is run is run by its name here, not what packages of npm have in their folders. All are of one second. */
export function settle(tree, seconds) {
  const run = ["usr/bin/", `${HOME}/bin/`, "DEBIAN/p"].map((place) => join(tree, place));
  for (const file of [...pathsBelow(tree), tree]) {
    const executable = lstatSync(file).isDirectory() || run.some((place) => file.startsWith(place));
    chmodSync(file, executable ? 0o755 : 0o644);
    utimesSync(file, seconds, seconds);
  }
  chmodSync(join(tree, "etc/lwm2m-gateway/keys"), 0o700);
}

/** All files below a folder, in order. */
export function filesBelow(folder) {
  return pathsBelow(folder).filter((path) => lstatSync(path).isFile());
}

function pathsBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [...pathsBelow(path), path] : [path];
    });
}

export function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true, filter: (file) => !basename(file).startsWith(".") });
}

export function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export function packed(bytes, file) {
  write(file, gzipSync(bytes, { level: 9 }));
}
