/** What dpkg is told about the package: the folder DEBIAN. Plain JavaScript that Node 18 runs. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { filesBelow, packed } from "./tree.mjs";

/**
 * The version of package.json where this commit is the released one, which its tag says; else one that is older than that
 * release and newer than what was built of the commits before: 0.2.0~git20261123103000.3fb009a. Without git: as it stands there.
 */
export function versionOf(root) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const commit = git(root, "log", "-1", "--format=%cd.%h", "--date=format-local:%Y%m%d%H%M%S");
  if (commit === undefined) return version;
  const changed = git(root, "status", "--porcelain", "--untracked-files=no") !== "";
  const tags = git(root, "tag", "--points-at", "HEAD")?.split("\n") ?? [];
  if (tags.includes(`v${version}`) && !changed) return version;
  return `${version}~git${commit}${changed ? ".changed" : ""}`;
}

/** The second that all files are of: what SOURCE_DATE_EPOCH says, else that of the commit, else that of package.json. */
export function secondOf(root) {
  const { SOURCE_DATE_EPOCH = "" } = process.env;
  if (/^\d+$/.test(SOURCE_DATE_EPOCH)) return Number(SOURCE_DATE_EPOCH);
  const committed = git(root, "log", "-1", "--format=%ct");
  return committed === undefined ? Math.floor(statSync(join(root, "package.json")).mtimeMs / 1000) : Number(committed);
}

/** Undefined where this is no clone, or there is no git. */
function git(root, ...args) {
  // A package inside the clone of something else is not that.
  const options = { encoding: "utf8", env: { ...process.env, TZ: "UTC" } };
  const top = spawnSync("git", ["-C", root, "rev-parse", "--show-prefix"], options);
  if (top.status !== 0 || top.stdout.trim() !== "") return undefined;
  const { status, stdout } = spawnSync("git", ["-C", root, ...args], options);
  return status === 0 ? stdout.trim() : undefined;
}

/** Writes DEBIAN, and the changelog as Debian wants it. */
export function layControl({ root, tree, arch, version, second }) {
  const maintainer = maintainerOf(process.env);
  packed(changelog({ version, second, maintainer }), join(tree, "usr/share/doc/lwm2m-gateway/changelog.Debian.gz"));
  const folder = join(tree, "DEBIAN");
  mkdirSync(folder);
  const files = filesBelow(tree);
  const { description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const template = readFileSync(join(root, "packaging/deb/control"), "utf8");
  const values = { version, arch, maintainer, description, size: installedSize(files) };
  writeFileSync(
    join(folder, "control"),
    template.replace(/\{(\w+)\}/g, (_, name) => String(values[name])),
  );
  writeFileSync(join(folder, "md5sums"), files.map((file) => `${md5(file)}  ${relative(tree, file)}\n`).join(""));
  for (const script of ["postinst", "prerm", "postrm"]) {
    copyFileSync(join(root, "packaging/deb", script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
}

/** As Debian's own tools are told it. */
function maintainerOf({ DEBFULLNAME = "lwm2m-gateway maintainers", DEBEMAIL = "lwm2m-gateway@localhost" }) {
  return `${DEBFULLNAME} <${DEBEMAIL}>`;
}

/** Debian policy 4.4. What changed for users is in the other changelog. */
function changelog({ version, second, maintainer }) {
  const [, day, date, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(
    new Date(second * 1000).toUTCString(),
  );
  return [
    `lwm2m-gateway (${version}) unstable; urgency=medium`,
    ...["", "  * What changed is in changelog.gz, beside this file.", ""],
    ` -- ${maintainer}  ${day}, ${date} ${month} ${year} ${time} +0000`,
    "",
  ].join("\n");
}

/** In KiB, each file rounded up (deb-substvars(5)). */
function installedSize(files) {
  return files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 1024), 0);
}

function md5(file) {
  return createHash("md5").update(readFileSync(file)).digest("hex");
}
