import type { ReloadReport } from "../gateway/reload/reload-report.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { reloadText } from "./reload-text.ts";

/** What `systemctl reload` does, with an answer. */
export const reload: Command = {
  name: "reload",
  summary: "Has the running gateway take the files as they are now, and says what became of it.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    "dry-run": { type: "boolean", help: "Only says what would become of it." },
    json: { type: "boolean", help: "Prints the answer as JSON." },
  },
  async run(args) {
    const report = await askToReload(args, { dry_run: args.flag("dry-run") });
    process.stdout.write(`${args.flag("json") ? JSON.stringify(report, undefined, 2) : reloadText(report)}\n`);
    return report.taken ? EXIT.ok : EXIT.wrong;
  },
};

/** Throws NotRunning or FailureError where nobody answers. */
export async function askToReload(
  args: Arguments,
  body: { readonly dry_run?: boolean; readonly by?: string },
): Promise<ReloadReport> {
  // The answer is our own program's, on a socket that only its user can open.
  return (await askGateway(args, "/v1/reload", { body, patience: PATIENCE })) as ReloadReport;
}

/** Ten thousand devices, on a small machine that is busy. */
const PATIENCE = 120_000;
