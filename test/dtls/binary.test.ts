/** The binaries of the addons, as they are packed: on how old a system they load. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { machineOf, versionNeeds } from "../support/elf.ts";

/**
 * What Debian 10 has, of GCC 8 (gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html); glibc 2.28 is what Node 22 to 26 ask for.
 */
const NEWEST = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25], CXXABI: [1, 3, 11], GCC: [8, 0] } as const;

const MACHINES = { x64: 62, arm64: 183 } as const;

function isOldEnough(version: string): boolean {
  const [name = "", numbers = ""] = version.split("_");
  const newest = Object.entries(NEWEST).find(([known]) => known === name)?.[1];
  if (newest === undefined) return false;
  const found = numbers.split(".").map(Number);
  const different = newest.findIndex((number, i) => number !== (found[i] ?? 0));
  return different === -1 ? found.length <= newest.length : (found[different] ?? 0) < (newest[different] ?? 0);
}

function binary(t: TestContext, addon: string, arch: keyof typeof MACHINES): Buffer | undefined {
  const file = locateData("native", addon, "build", `linux-${arch}.node`);
  if (existsSync(file)) return readFileSync(file);
  t.skip(`${file} is not there: node scripts/build-addons.mjs ${arch}`);
  return undefined;
}

test("versions are compared number by number", () => {
  const old = ["GLIBC_2.2.5", "GLIBC_2.28", "GLIBCXX_3.4", "GLIBCXX_3.4.25", "CXXABI_1.3.9", "GCC_3.0"];
  assert.deepEqual(old.filter(isOldEnough), old);
  const young = ["GLIBC_2.29", "GLIBC_2.34", "GLIBC_3.0", "GLIBCXX_3.4.26", "GLIBCXX_3.4.25.1", "CXXABI_1.3.13", "X_1"];
  assert.deepEqual(young.filter(isOldEnough), []);
});

const LIBRARIES = ["libc.so.6", "libgcc_s.so.1", "libstdc++.so.6"];

for (const addon of ["dtls", "linux"] as const) {
  for (const arch of ["x64", "arm64"] as const) {
    test(`the binary of ${addon} for ${arch} asks for nothing younger than glibc 2.28 and the libstdc++ of that time`, (t) => {
      const file = binary(t, addon, arch);
      if (file === undefined) return;
      assert.equal(machineOf(file), MACHINES[arch]);
      const needs = versionNeeds(file);
      assert.deepEqual(
        [...needs.keys()].filter((name) => !LIBRARIES.includes(name)),
        [],
      );
      const versions = [...needs.values()].flat();
      assert.deepEqual(
        versions.filter((version) => !isOldEnough(version)),
        [],
      );
    });
  }
}
