import { removeDurably } from "../../firmware/self/durable.ts";
import type { VersionRecord } from "../../firmware/self/record.ts";
import type { Versions } from "../../firmware/self/versions.ts";
import { unknownWord } from "../../yaml/issues.ts";
import { NotRunning } from "../admin.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { askedStatus } from "../status.ts";
import { STATE_OPTION, versionsPlace } from "./place.ts";

export const versionDrop: Command = {
  name: "version drop",
  summary: "Removes a version that neither runs nor comes back.",
  positionals: "VERSION",
  options: {
    config: CONFIG_OPTION,
    state: STATE_OPTION,
    json: { type: "boolean", help: "Prints the version as JSON." },
  },
  async run(args) {
    const [wanted, surplus] = args.positionals;
    if (wanted === undefined || surplus !== undefined)
      throw new UsageError("version drop takes one version of the list");
    const runs = await askedForRunning(args);
    const { versions } = await versionsPlace(args);
    const known = versions.list();
    if (!known.includes(wanted)) throw new UsageError(unknownWord("version", wanted, known), { code: "LG560" });
    const record = versions.record();
    const use = useOf(wanted, { runs, versions, record });
    if (use !== undefined) throw new FailureError(`${wanted} ${use}`, { code: "LG560" });
    removeDurably(versions.folder(wanted));
    forget(wanted, versions, record);
    process.stdout.write(args.flag("json") ? `${JSON.stringify({ version: wanted })}\n` : `${wanted} is removed\n`);
    return EXIT.ok;
  },
};

/** What the gateway says that it is; undefined: there is none. Before this process is another user. */
async function askedForRunning(args: Arguments): Promise<string | undefined> {
  try {
    return (await askedStatus(args)).versions?.runs;
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}

interface Known {
  readonly runs: string | undefined;
  readonly versions: Versions;
  readonly record: VersionRecord | undefined;
}

/** Why it is needed still, behind its name. */
function useOf(version: string, { runs, versions, record }: Known): string | undefined {
  const { trial } = record ?? {};
  if (versions.current() === version) return "is what a start runs: use another one before";
  if (trial?.version === version) return "is on trial: use another one before";
  if (trial?.before === version) return "is what comes back unless the one on trial registers";
  return runs === version ? "still runs: restart the gateway before" : undefined;
}

/** What ran before the current one is no more. */
function forget(version: string, versions: Versions, record: VersionRecord | undefined): void {
  if (record?.previous !== version) return;
  const { previous: _, ...rest } = record;
  versions.keep(rest);
}
