import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { locateData } from "../../src/locate.ts";
import { type Lifetime, run } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

/** What a build, `npm pack` and `npm run deb` read. */
const SOURCES = [
  ...["src", "adapters", "native", "mappings", "scripts", "packaging", "docs", "systemd", "config.example.yaml"],
  ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json", ".npmrc"],
  ...["README.md", "LICENSE", "CHANGELOG.md", "THIRD-PARTY-NOTICES.md"],
];

/** The project, built, in a folder of the test's own: dist/ of the checkout is left alone. Throws where it cannot be built. */
export async function builtProject(t: Lifetime): Promise<string> {
  const stage = join(temporaryDirectory(t), "stage");
  mkdirSync(stage);
  for (const name of SOURCES.filter((name) => existsSync(locateData(name)))) {
    cpSync(locateData(name), join(stage, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(locateData("node_modules"), join(stage, "node_modules"));
  const { code, stdout, stderr } = await run(t, process.execPath, [join(stage, "scripts/build.mjs")], { cwd: stage });
  if (code !== 0) throw new Error(`it cannot be built:\n${stdout}\n${stderr}`);
  return stage;
}
