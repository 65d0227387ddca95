/** Writes what is in a backup to where it belongs: first beside it, then all at once. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError, type Problem } from "../../errors.ts";
import { secretsOfService } from "../../gateway/host.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { DATABASES } from "../../store/copy.ts";
import { counted } from "../counted.ts";
import type { Progress } from "../progress.ts";
import { adoptState } from "./adopted.ts";
import { CREDENTIALS, ELSEWHERE, type Manifest, STATE } from "./manifest.ts";
import type { BackedUpFile } from "./opened-backup.ts";
import { Staging } from "./placing.ts";
import { pathInConfiguration, type RestorePlaces } from "./restore-places.ts";

export interface RestoreJob {
  readonly manifest: Manifest;
  readonly files: readonly BackedUpFile[];
  readonly places: RestorePlaces;
  /** Of what is set aside. */
  readonly mark: string;
  readonly replace: boolean;
  readonly progress: Progress;
}

/** What was done, or would be; plain data. */
export interface Restored {
  readonly dryRun: boolean;
  readonly endpoint: string;
  readonly made: string;
  readonly version: string;
  readonly configuration: string;
  readonly state: string;
  /** Whole paths. */
  readonly files: readonly string[];
  /** Where what was there lies now. */
  readonly aside: readonly string[];
  /** Names of secrets that the service manager, or the environment, gave. */
  readonly credentials: readonly string[];
  /** Files that lay elsewhere: by the paths that they had. */
  readonly elsewhere: readonly string[];
  readonly secrets: Manifest["secrets"];
  /** What `check` finds in the restored configuration. */
  readonly problems: readonly Problem[];
}

/** Rejects with FailureError, everything as it was before. */
export async function restoreFiles(job: RestoreJob, dryRun: boolean): Promise<Restored> {
  const { manifest, files, places } = job;
  const { endpoint, made, version, secrets } = manifest;
  const names = files.map(({ name }) => name);
  const after = (folder: string): readonly string[] =>
    names.filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length));
  const report = {
    ...{ dryRun, endpoint, made, version, ...places, secrets, aside: [], problems: [] },
    files: names.map((name) => placeOf(name, places)),
    credentials: after(CREDENTIALS),
    elsewhere: after(ELSEWHERE).map((path) => `/${path}`),
  };
  if (dryRun) return report;
  const staged = await Staging.begin(places.configuration, 0o755);
  const apart = isBelow(places.state, places.configuration) ? undefined : await Staging.begin(places.state, 0o700);
  try {
    return { ...report, ...(await write(job, { staged, apart })) };
  } catch (error) {
    await apart?.takeBack();
    await staged.takeBack();
    throw error;
  }
}

function placeOf(name: string, { configuration, state }: RestorePlaces): string {
  const path = pathInConfiguration(name);
  return path === undefined ? join(state, name.slice(STATE.length)) : join(configuration, path);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(join(folder, "/"));
}

interface Stagings {
  readonly staged: Staging;
  /** For a state that does not lie in the folder of the configuration. */
  readonly apart: Staging | undefined;
}

async function write(job: RestoreJob, { staged, apart }: Stagings): Promise<Pick<Restored, "aside" | "problems">> {
  const { manifest, files, places, mark, progress } = job;
  const state = apart === undefined ? join(staged.path, places.state.slice(places.configuration.length)) : apart.path;
  await mkdir(state, { recursive: true, mode: 0o700 });
  const inside = apart === undefined ? places.state.slice(places.configuration.length + 1) : "";
  let written = 0;
  for (const { name, secret, content } of files) {
    progress.show(() => `wrote ${written} of ${counted(files.length, "file")}`);
    const path = pathInConfiguration(name);
    const staging = path === undefined && apart !== undefined ? apart : staged;
    await staging.add({
      path: path ?? join(inside, name.slice(STATE.length)),
      secret: secret || path === undefined,
      content: content(),
    });
    written++;
  }
  if (files.some(({ name }) => name === STATE + DATABASES.gateway)) await adoptState(state);
  const problems = await problemsOf(join(staged.path, manifest.configuration), staged.path);
  for (const staging of [staged, apart]) await staging?.giveToOwner();
  const aside: string[] = [];
  for (const staging of job.replace ? [staged, apart] : []) {
    const folder = await staging?.setAside(mark);
    if (folder !== undefined) aside.push(folder);
  }
  await apart?.place(DATABASES.gateway);
  await staged.place(manifest.configuration);
  return { aside, problems };
}

/** Of the files where they are staged, told by the places that they will have. */
async function problemsOf(file: string, staging: string): Promise<readonly Problem[]> {
  const credentials = join(staging, CREDENTIALS);
  try {
    const { problems } = await readConfig(file, undefined, { ...secretsOfService(), credentials });
    return problems.map((problem) => placed(problem, staging));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => placed(problem, staging));
  }
}

function placed(problem: Problem, staging: string): Problem {
  const target = dirname(staging);
  const message = problem.message.replaceAll(staging, target);
  const { place } = problem;
  if (place === undefined) return { ...problem, message };
  return { ...problem, message, place: { ...place, file: place.file.replace(staging, target) } };
}
