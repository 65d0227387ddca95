/** A Debian 12 in a folder of the test, without a service manager, into which packages are installed and whose programs run. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { hasTool, skipFor } from "../../support/foreign-tool.ts";
import { tellPeer } from "../../support/peer.ts";
import { type Lifetime, type Outcome, type RunningProcess, run, start } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";
import { OTHER, OWN } from "./built-package.ts";

const BASE_SCRIPT = fileURLToPath(new URL("debian-base.sh", import.meta.url));
/** Only root may enter another root. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ["sudo", "-n"];

export class DebianFolder {
  readonly path: string;
  private readonly owner: Lifetime;

  constructor(owner: Lifetime, path: string) {
    this.owner = owner;
    this.path = path;
  }

  /** A program of it, to its end; `user`: as whom, else root. */
  run(command: readonly string[], { user, env = {} }: RunOptions = {}): Promise<Outcome> {
    const [program = "", ...args] = entered(this.path, command, { user, env });
    return run(this.owner, program, args);
  }

  /** One that is expected to succeed; resolves to what it printed. */
  async did(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${String(code)}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** One that runs on until the test ends it. */
  start(command: readonly string[], options: RunOptions = {}): RunningProcess {
    const [program = "", ...args] = entered(this.path, command, options);
    return start(this.owner, program, args);
  }

  /** Writes a file by a shell of it: it belongs to root there. */
  async write(file: string, text: string): Promise<void> {
    await this.did("sh", "-c", 'umask 027; printf %s "$2" >"$1"', "sh", file, text);
  }

  /** Puts a file of this machine into it. */
  async take(from: string, to: string): Promise<void> {
    const [program = "", ...args] = [...AS_ROOT, "cp", from, join(this.path, to)];
    const { code, stderr } = await run(this.owner, program, args);
    if (code !== 0) throw new Error(stderr);
  }

  /** Every path in it with its kind, owner and mode, but for the books of dpkg, and of adduser and its like, which keep a copy. */
  async paths(): Promise<readonly string[]> {
    const dpkg = ["/var/lib/dpkg", "/var/log", "/var/cache/ldconfig", "/var/cache/debconf"];
    const books = ["/proc", "/root", ...dpkg, "/run/adduser", "/etc/*passwd-", "/etc/*shadow-", "/etc/*group-"];
    const pruned = books.flatMap((path) => ["-path", path, "-prune", "-o"]);
    const found = await this.did("find", "/", ...pruned, "-printf", "%p %y %u %g %m\\n");
    return found.split("\n").sort();
  }
}

export interface RunOptions {
  readonly user?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** Undefined, the test being skipped, where none can be had. */
export async function aDebian(t: TestContext): Promise<DebianFolder | undefined> {
  tellPeer(t, "Debian", "12");
  const install = "apt-get install -y debootstrap qemu-user-static";
  if (!hasTool(t, "/usr/sbin/debootstrap", install) || !hasTool(t, "flock", "apt-get install -y util-linux")) return;
  if (spawnSync(AS_ROOT[0] ?? "true", AS_ROOT.length > 0 ? ["-n", "true"] : []).status !== 0) {
    return void skipFor(t, "a Debian in a folder needs root: run it as root, or with sudo that asks for no password");
  }
  const base = join(cacheFolder(), `debian-bookworm-${OWN.debian}`);
  const reason = await madeBase(base);
  if (reason !== undefined) return void t.skip(`no Debian in a folder: ${reason}`);
  const path = join(temporaryDirectory(t), "debian");
  t.after(() => asRoot("rm", "-rf", path));
  const copied = asRoot("cp", "-a", base, path);
  if (copied.status !== 0) throw new Error(String(copied.stderr));
  return new DebianFolder(t, path);
}

/** Why it cannot be made, if it cannot. The mirror is the one from which this machine has its own packages. */
async function madeBase(base: string): Promise<string | undefined> {
  if (existsSync(base)) return undefined;
  const mirror = ownMirror();
  if (mirror === undefined) return "apt of this machine knows no mirror of Debian 12 (bookworm)";
  const [program = "", ...args] = [...AS_ROOT, "sh", BASE_SCRIPT, base, mirror, OTHER.debian];
  // It ends by itself, or by its limit: no test that ends meanwhile takes it along.
  const { code, stdout, stderr } = await run({ after: () => {} }, program, args, { timeout: 300_000 });
  return code === 0 ? undefined : `debootstrap: ${`${stdout}${stderr}`.trim().split("\n").slice(-2).join(" ")}`;
}

function ownMirror(): string | undefined {
  const { stdout } = spawnSync("apt-get", ["indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"], {
    encoding: "utf8",
  });
  return /^bookworm main (\S+)$/m.exec(stdout ?? "")?.[1];
}

function entered(path: string, command: readonly string[], { user, env = {} }: RunOptions): string[] {
  const as = user === undefined ? [] : [`--userspec=${user}:${user}`, "--groups=dialout"];
  const variables = Object.entries({ PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...env });
  const settings = variables.map(([name, value]) => `${name}=${value}`);
  return [...AS_ROOT, "chroot", ...as, path, "/usr/bin/env", "-i", ...settings, ...command];
}

function asRoot(...command: readonly string[]): ReturnType<typeof spawnSync> {
  const [program = "", ...args] = [...AS_ROOT, ...command];
  return spawnSync(program, args);
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME = "" } = process.env;
  return join(XDG_CACHE_HOME === "" ? join(homedir(), ".cache") : XDG_CACHE_HOME, "lwm2m-gateway");
}
