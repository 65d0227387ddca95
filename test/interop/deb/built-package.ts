/** The packages for Debian, made of the project as it is. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { hasTool, skipFor } from "../../support/foreign-tool.ts";
import { type Lifetime, run } from "../../support/process.ts";
import { builtProject } from "../../support/stage.ts";

/** What Debian calls a processor, and how its programs are run on another. */
export interface Processor {
  readonly debian: "amd64" | "arm64";
  readonly node: "x64" | "arm64";
  readonly qemu: string;
}

const AMD64: Processor = { debian: "amd64", node: "x64", qemu: "qemu-x86_64-static" };
const ARM64: Processor = { debian: "arm64", node: "arm64", qemu: "qemu-aarch64-static" };

export const PROCESSORS: readonly Processor[] = [AMD64, ARM64];
/** Of this machine, and the other one. */
export const [OWN, OTHER] = process.arch === "arm64" ? [ARM64, AMD64] : [AMD64, ARM64];

export interface PackageOptions {
  readonly processor: Processor;
  readonly version: string;
  /** The folder of a project that is built; default: the one that all tests of a file share. */
  readonly stage?: string;
}

/** Of the whole file of tests that imports this: `after` within a test is of that test. */
const ends: (() => unknown)[] = [];
after(() => {
  for (const end of ends) end();
});

let shared: Promise<string> | undefined;

/** The file of the package; undefined, the test being skipped, where it cannot be made here. */
export async function builtPackage(t: TestContext, options: PackageOptions): Promise<string | undefined> {
  if (!hasTool(t, "dpkg-deb", "packages for Debian are made on Debian or Ubuntu")) return undefined;
  shared ??= options.stage === undefined ? builtProject({ after: (end) => ends.push(end) }) : undefined;
  const stage = options.stage ?? (await shared) ?? "";
  const { processor, version } = options;
  const addon = join(stage, `native/dtls/build/linux-${processor.node}.node`);
  if (!existsSync(addon)) {
    skipFor(t, `${addon} cannot be made: apt-get install -y g++ g++-aarch64-linux-gnu`);
    return undefined;
  }
  return made(t, stage, { processor, version });
}

async function made(t: Lifetime, stage: string, { processor, version }: PackageOptions): Promise<string> {
  const out = join(stage, "out", `${version}-${processor.debian}`);
  if (existsSync(out)) return join(out, readdirSync(out)[0] ?? "");
  const args = ["--quick", "--arch", processor.debian, "--version", version, "--out", out];
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1795430000" };
  const options = { cwd: stage, env };
  const ended = await run(t, process.execPath, [join(stage, "scripts/build-deb.mjs"), ...args], options);
  const [file] = existsSync(out) ? readdirSync(out) : [];
  if (ended.code !== 0 || file === undefined) throw new Error(`no package:\n${ended.stdout}\n${ended.stderr}`);
  return join(out, file);
}
