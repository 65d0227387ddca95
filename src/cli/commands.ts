/** All subcommands: what is not asked for is not loaded. */
import type { Command, CommandGroup } from "./command.ts";

export const COMMANDS: Readonly<Record<string, () => Promise<Command | CommandGroup>>> = {
  run: async () => {
    // Not read yet, so there is nothing to read again; but a process that does not listen ends by it.
    process.on("SIGHUP", () => {});
    return (await import("./run.ts")).run;
  },
  setup: async () => (await import("./setup.ts")).setup,
  check: async () => (await import("./check.ts")).check,
  reload: async () => (await import("./reload.ts")).reload,
  status: async () => (await import("./status.ts")).status,
  send: async () => (await import("./send.ts")).send,
  store: async () => (await import("./store.ts")).store,
  keys: async () => (await import("./keys.ts")).keys,
  devices: async () => (await import("./devices.ts")).devices,
  device: async () => (await import("./device.ts")).device,
  values: async () => (await import("./values.ts")).values,
  why: async () => (await import("./why.ts")).why,
  mapping: async () => (await import("./mapping.ts")).mapping,
  firmware: async () => (await import("./firmware/firmware.ts")).firmware,
  link: async () => (await import("./link.ts")).link,
  backup: async () => (await import("./backup/backup.ts")).backup,
  restore: async () => (await import("./backup/restore.ts")).restore,
  "support-bundle": async () => (await import("./support/support-bundle.ts")).supportBundle,
  provision: async () => (await import("./provision/provision.ts")).provision,
  sim: async () => (await import("./sim.ts")).sim,
  probe: async () => (await import("./tools.ts")).toolGroup("probe"),
  capture: async () => (await import("./capture.ts")).captureGroup(),
  scan: async () => (await import("./tools.ts")).toolGroup("scan"),
  sniff: async () => (await import("./tools.ts")).toolGroup("sniff"),
  decode: async () => (await import("./tools.ts")).toolGroup("decode"),
  schema: async () => (await import("./schema.ts")).schema,
  read: async () => (await import("./read.ts")).read,
  write: async () => (await import("./write.ts")).write,
  exec: async () => (await import("./exec.ts")).exec,
  observe: async () => (await import("./observe.ts")).observe,
  rollback: async () => (await import("./rollback.ts")).rollback,
  version: async () => (await import("./version/version.ts")).version,
  explain: async () => (await import("./explain.ts")).explainCode,
  completion: async () => (await import("./completion.ts")).completion,
  "import-xml": async () => (await import("./import-xml.ts")).importXml,
};

/** What systemd starts, and nobody types: no list has them. */
export const HIDDEN_COMMANDS: typeof COMMANDS = {
  helper: async () => (await import("./helper.ts")).helper,
};

/** One subcommand with all its words, e.g. "store export". */
export interface NamedCommand {
  readonly words: readonly string[];
  readonly command: Command;
  /** What the group is for that it belongs to. */
  readonly groupSummary?: string;
}

/** Each that has a help, those of groups one by one. */
export async function allCommands(): Promise<readonly NamedCommand[]> {
  const found = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return found.flatMap((each) =>
    "commands" in each
      ? Object.entries(each.commands).map(([word, command]) => ({
          words: [each.name, word],
          command,
          groupSummary: each.summary,
        }))
      : [{ words: [each.name], command: each }],
  );
}
