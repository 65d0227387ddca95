/**
 * A configuration as it would be: a folder of its own with the new files, and with all else that stands beside the real ones, so
 * that it can be checked and tried before a byte of it is where it belongs.
 */
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { LoadedConfig } from "../../config/types.ts";
import { ConfigError, formatProblem, reasonOf, systemCode } from "../../errors.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { FailureError } from "../command.ts";

const SECRETS = "secrets.yaml";
/** What a running gateway writes is none of ours. */
const LEFT_OUT: readonly string[] = [SECRETS, "state"];

export interface StagedFiles {
  /** config.yaml, as it is to be. */
  readonly config: string;
  /** secrets.yaml; undefined: as it is, or not there. */
  readonly secrets?: string;
}

export class Stage {
  readonly folder: string;
  private readonly target: string;

  private constructor(folder: string, target: string) {
    this.folder = folder;
    this.target = target;
  }

  /** `target`: where config.yaml will be. */
  static async make(target: string): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), "lwm2m-gateway-setup-"));
    const real = dirname(resolve(target));
    const names = await readdir(real).catch((): string[] => []);
    const others = names.filter((name) => name !== basename(target) && !LEFT_OUT.includes(name));
    for (const name of others) await symlink(join(real, name), join(folder, name));
    return new Stage(folder, target);
  }

  /** The whole configuration as it would be read. Rejects with FailureError where it would be wrong. */
  async check(files: StagedFiles, device: string | undefined): Promise<LoadedConfig> {
    const file = join(this.folder, basename(this.target));
    await this.put(files, file);
    try {
      const loaded = await readConfig(file);
      const off = loaded.disabled.find(({ id }) => id === device);
      if (off !== undefined) throw new ConfigError(off.problems);
      return loaded;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new FailureError(`so the configuration would be wrong, and nothing is written:\n${this.told(error)}`, {
        cause: error,
      });
    }
  }

  /** Another file in the same folder, e.g. one for a trial; its path. */
  async with(name: string, text: string): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    return file;
  }

  /** Both files, or none: what was there is there until all of it is written. Rejects with FailureError. */
  async commit({ config, secrets }: StagedFiles): Promise<void> {
    const real = dirname(resolve(this.target));
    const written: string[] = [];
    try {
      await mkdir(real, { recursive: true });
      const group = await groupOf(real);
      const put = async (path: string, text: string, mode: number): Promise<void> => {
        const next = `${path}.${process.pid}.new`;
        written.push(next);
        await writeFile(next, text, { mode: 0o600, flag: "wx" });
        if (group !== undefined) await chown(next, process.getuid?.() ?? 0, group);
        await chmod(next, mode);
      };
      const secretsFile = join(real, SECRETS);
      if (secrets !== undefined) await put(secretsFile, secrets, group === undefined ? 0o600 : 0o640);
      await put(resolve(this.target), config, await modeOf(this.target));
      if (secrets !== undefined) await rename(`${secretsFile}.${process.pid}.new`, secretsFile);
      await rename(`${resolve(this.target)}.${process.pid}.new`, resolve(this.target));
    } catch (error) {
      await Promise.all(written.map((each) => rm(each, { force: true })));
      if (systemCode(error) === undefined) throw error;
      throw new FailureError(`cannot write ${this.target}: ${reasonOf(error)}`, { cause: error });
    }
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Problems by the names that the files will have. */
  told(error: ConfigError): string {
    const real = dirname(this.target);
    return error.problems
      .map((problem) => formatProblem(problem).replaceAll(`${this.folder}/`, real === "." ? "" : `${real}/`))
      .join("\n");
  }

  private async put({ config, secrets }: StagedFiles, file: string): Promise<void> {
    await writeFile(file, config);
    const kept = secrets ?? (await secretsBeside(this.target));
    if (kept !== undefined) await writeFile(join(this.folder, SECRETS), kept, { mode: 0o600 });
  }
}

/** The text of secrets.yaml beside a configuration; undefined: there is none. */
export async function secretsBeside(target: string): Promise<string | undefined> {
  try {
    return await readFile(join(dirname(resolve(target)), SECRETS), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new FailureError(`cannot read ${SECRETS} beside ${target}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Where root writes for a service, the folder's group is that of the service, which must read it. */
async function groupOf(folder: string): Promise<number | undefined> {
  const { gid } = await stat(folder);
  return process.getuid?.() === 0 && gid !== 0 ? gid : undefined;
}

const NEW_MODE = 0o640;

async function modeOf(file: string): Promise<number> {
  const there = await stat(file).catch(() => undefined);
  return there === undefined ? NEW_MODE : there.mode & 0o777;
}
