/** Leshan on this machine: fetched by Maven and compiled when it is first used, kept in the user's cache. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { findTool } from "../../support/foreign-tool.ts";
import { tellPeer } from "../../support/peer.ts";
import { type Lifetime, type Outcome, run } from "../../support/process.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const INSTALL = "apt-get install -y maven openjdk-17-jdk-headless (Java 17 or newer)";
const FETCH_LIMIT = 300_000;
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/** Arguments of `java` before the program's own. */
export type JavaProgram = readonly string[];

/**
 * How to start the server; undefined where it cannot be had: the test is then skipped with the reason. Missing tools are a
 * failure in CI; artefacts that no repository hands out are not, since nobody here can mend that.
 */
export async function findLeshan(t: TestContext): Promise<JavaProgram | undefined> {
  tellPeer(t, "Leshan", version());
  for (const tool of ["java", "javac"]) if (findTool(t, [tool], INSTALL) === undefined) return undefined;
  const folder = join(cacheFolder(), `leshan-${digest(["pom.xml"])}`);
  const libraries = join(folder, "lib");
  if (!existsSync(libraries)) {
    if (findTool(t, ["mvn"], INSTALL) === undefined) return undefined;
    fetched ??= fetchLibraries(folder);
    const reason = await fetched;
    if (reason !== undefined) {
      t.skip(`Leshan cannot be had: ${reason}`);
      return undefined;
    }
  }
  const sources = readdirSync(HERE).filter((name) => name.endsWith(".java"));
  const classes = join(folder, `classes-${digest(sources)}`);
  if (!existsSync(classes)) await compile(t, sources, { libraries, classes });
  return [
    // Started for each test file: what the compiler would win later is lost at the start.
    ...["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"],
    ...["-cp", `${join(libraries, "*")}:${classes}`, "LeshanServerProgram"],
  ];
}

/** Tried once for all tests of a file. */
let fetched: Promise<string | undefined> | undefined;

/** Returns why it could not be done, if it could not. Whoever comes first puts the finished folder in its place. */
async function fetchLibraries(folder: string): Promise<string | undefined> {
  return whole(folder, "lib", async (output) => {
    const goal = [COPY, `-DoutputDirectory=${output}`, "-DincludeScope=runtime"];
    const args = ["-B", "-f", join(HERE, "pom.xml"), ...goal];
    // It ends by itself, or by its limit: no test that ends meanwhile takes it along.
    const { code, stdout } = await run({ after: () => {} }, "mvn", args, { timeout: FETCH_LIMIT });
    if (code === 0) return undefined;
    const [first = "no answer in time"] = stdout.split("\n").filter((line) => line.startsWith("[ERROR]"));
    return `mvn: ${first.replace("[ERROR] ", "").replace(/ -> \[Help.*/, "")}`;
  });
}

interface Places {
  readonly libraries: string;
  readonly classes: string;
}

async function compile(t: Lifetime, sources: readonly string[], { libraries, classes }: Places): Promise<void> {
  const problem = await whole(join(classes, ".."), basename(classes), async (output) => {
    const files = sources.map((name) => join(HERE, name));
    const args = ["-Xlint:all,-processing", "-Werror", "-cp", join(libraries, "*"), "-d", output, ...files];
    const { code, stderr }: Outcome = await run(t, "javac", args);
    return code === 0 ? undefined : stderr;
  });
  if (problem !== undefined) throw new Error(problem);
}

/** Several test files may run at once: each makes a folder of its own, and the first one finished is taken. */
async function whole(
  parent: string,
  name: string,
  make: (output: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  mkdirSync(parent, { recursive: true });
  const made = mkdtempSync(join(parent, `${name}-making-`));
  try {
    const problem = await make(made);
    if (problem === undefined && !existsSync(join(parent, name))) renameSync(made, join(parent, name));
    return problem;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function version(): string {
  const [, text = "?"] = /<leshan\.version>(.*?)</.exec(readFileSync(join(HERE, "pom.xml"), "utf8")) ?? [];
  return text;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME = "" } = process.env;
  return join(XDG_CACHE_HOME === "" ? join(homedir(), ".cache") : XDG_CACHE_HOME, "lwm2m-gateway");
}

function digest(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(HERE, file)));
  return hash.digest("hex").slice(0, 12);
}
