/** What is in the packages for Debian, of both processors, read by dpkg's own tools. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { machineOf, versionNeeds } from "../support/elf.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { type Outcome, run } from "../support/process.ts";
import { builtProject } from "../support/stage.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { builtPackage, OWN, PROCESSORS } from "./deb/built-package.ts";

everyTestIsAgainst("dpkg", debianVersion("dpkg"));

const HOME = "./usr/lib/lwm2m-gateway";
const MACHINES = { amd64: 62, arm64: 183 } as const;

/** What libc6 (>= 2.34) and libstdc++6 (>= 11) have (gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html), and libgcc-s1 ever had. */
const NEWEST = { GLIBC: "2.34", GLIBCXX: "3.4.29", CXXABI: "1.3.13", GCC: "4.2.0" } as const;

const NEEDED = [
  `${HOME}/dist/src/main.js`,
  `${HOME}/dist/src/store/store-worker.js`,
  `${HOME}/mappings/eastron-sdm630.yaml`,
  `${HOME}/node_modules/zod/LICENSE`,
  "./usr/bin/lwm2m-gateway",
  "./usr/lib/systemd/system/lwm2m-gateway.service",
  "./usr/lib/systemd/system/lwm2m-gateway-helper.socket",
  "./usr/lib/udev/rules.d/70-lwm2m-gateway.rules",
  "./usr/lib/sysusers.d/lwm2m-gateway.conf",
  "./usr/share/doc/lwm2m-gateway/examples/config.example.yaml",
  "./usr/share/man/man1/lwm2m-gateway.1.gz",
  "./usr/share/bash-completion/completions/lwm2m-gateway",
  "./usr/share/zsh/vendor-completions/_lwm2m-gateway",
  "./usr/share/fish/vendor_completions.d/lwm2m-gateway.fish",
  "./usr/share/doc/lwm2m-gateway/changelog.gz",
  "./usr/share/doc/lwm2m-gateway/LICENSE.node.gz",
];

for (const processor of PROCESSORS) {
  test(`the package for ${processor.debian} holds what runs there, and nothing else`, async (t) => {
    const file = await builtPackage(t, { processor, version: "1.0.0" });
    if (file === undefined) return;
    const tree = temporaryDirectory(t);
    succeeded(await run(t, "dpkg-deb", ["-R", file, tree]));
    const listed = succeeded(await run(t, "dpkg-deb", ["-c", file]))
      .stdout.trim()
      .split("\n");
    assertOwners(listed);
    const paths = listed.map((line) => /\.\/.*$/.exec(line)?.[0] ?? line);
    assert.deepEqual(
      NEEDED.filter((path) => !paths.includes(path)),
      [],
    );
    const odd = paths.filter(
      (path) => path.startsWith(HOME) && /(?:musl|win32|darwin|android).*\.node$|\.(?:ts|map|cc|h)$/.test(path),
    );
    assert.deepEqual(odd, []);
    assertBinaries(tree, paths, MACHINES[processor.debian]);
    const control = readFileSync(join(tree, "DEBIAN/control"), "utf8");
    assert.match(control, new RegExp(`^Architecture: ${processor.debian}$`, "m"));
    assert.match(control, /^Depends: libc6 \(>= 2\.34\), libgcc-s1 .*, libstdc\+\+6 \(>= 11\), /m);
    succeeded(await run(t, "md5sum", ["--check", "--quiet", "DEBIAN/md5sums"], { cwd: tree }));
    const unit = readFileSync(join(tree, "usr/lib/systemd/system/lwm2m-gateway.service"), "utf8");
    assert.match(unit, /^ConditionPathExists=\/etc\/lwm2m-gateway\/config\.yaml$/m);
    assert.match(unit, /^ExecStart=\/usr\/bin\/lwm2m-gateway run /m);
  });
}

test("two builds of the same sources, in different folders, are the same bytes", async (t) => {
  const one = await builtPackage(t, { processor: OWN, version: "1.0.0" });
  const other = one && (await builtPackage(t, { processor: OWN, version: "1.0.0", stage: await builtProject(t) }));
  if (one === undefined || other === undefined) return;
  assert.notEqual(one, other);
  assert.ok(readFileSync(one).equals(readFileSync(other)), `${one} and ${other} differ`);
});

test("what cannot be made is refused by a sentence", async (t) => {
  const script = locateData("scripts/build-deb.mjs");
  for (const [args, words, env] of [
    [["--arch", "riscv64"], /--arch riscv64: expected amd64 or arm64/, {}],
    [["--version", "new"], /--version new: expected e\.g\. 1\.2\.0/, {}],
    [[], /there is no dpkg-deb here; packages for Debian are made on Debian or Ubuntu/, { PATH: "/nowhere" }],
  ] as const) {
    const { code, stderr } = await run(t, process.execPath, [script, ...args], { env: { ...process.env, ...env } });
    assert.equal(code, 1);
    assert.match(stderr, words);
  }
});

/** drwxr-xr-x root/root 0 2026-11-23 12:00 ./usr/ */
function assertOwners(listed: readonly string[]): void {
  const others = listed.filter((line) => !/^(?:-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) root\/root /.test(line));
  assert.deepEqual(
    others.map((line) => /\.\/.*$/.exec(line)?.[0]),
    ["./etc/lwm2m-gateway/keys/"],
  );
}

/** Each is for this processor, and loads on the oldest system that `Depends` admits. */
function assertBinaries(tree: string, paths: readonly string[], machine: number): void {
  const binaries = paths.filter((path) => path.endsWith(".node") || path === `${HOME}/bin/node`);
  for (const name of [
    "/bin/node",
    "better-sqlite3/",
    "@serialport/",
    "bluetooth-hci-socket/",
    "native/dtls/",
    "native/linux/",
  ]) {
    assert.ok(
      binaries.some((path) => path.includes(name)),
      `${name} is not among\n${binaries.join("\n")}`,
    );
  }
  for (const path of binaries) {
    const file = readFileSync(join(tree, path));
    assert.equal(machineOf(file), machine, path);
    const young = [...versionNeeds(file).values()].flat().filter((version) => !isOldEnough(version));
    assert.deepEqual(young, [], path);
  }
}

function isOldEnough(version: string): boolean {
  const [name = "", numbers = ""] = version.split("_");
  const newest = Object.entries(NEWEST).find(([known]) => known === name)?.[1];
  return newest !== undefined && newest.localeCompare(numbers, "en", { numeric: true }) >= 0;
}

function succeeded(outcome: Outcome): Outcome {
  assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
  return outcome;
}
