import { systemClock } from "../clock.ts";
import { type ForgetWish, type Forgotten, isMeant } from "../gateway/waiting/forgetting.ts";
import { HISTORY_FILE } from "../gateway/waiting/store-report.ts";
import { openStore, StoreError } from "../store/store.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { confirmed } from "./confirmed.ts";
import { counted } from "./counted.ts";
import { prefixText } from "./export-filter.ts";
import { shortServerId } from "./server-option.ts";
import { statePlace } from "./state-directory.ts";
import { stderrLogger } from "./stderr-logger.ts";
import { storeReportOf } from "./store-report.ts";

/** For good: no server gets it any more. */
export const storeForget: Command = {
  name: "store forget",
  summary: "Drops what waits for a server, what a device measured, or all of it.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    server: { type: "string", value: "ID", help: "What waits for this server." },
    device: { type: "string", value: "PREFIX", help: "What this device measured, which may be configured no more." },
    all: { type: "boolean", help: "Everything that waits." },
    yes: { type: "boolean", help: "Does not ask; needed where there is no terminal." },
    json: { type: "boolean", help: "Prints how many reports that were as JSON." },
  },
  async run(args) {
    const wish = wishOf(args);
    if (!args.flag("yes") && !process.stdin.isTTY)
      throw new UsageError("there is no terminal to ask at: needs --yes", { code: "LG105" });
    const { source, servers } = await storeReportOf(args);
    const meant = servers.flatMap(({ queues }) => queues).filter(({ id }) => isMeant(id, wish));
    if (meant.length === 0) {
      print(args, 0, "nothing waits there");
      return EXIT.ok;
    }
    const reports = meant.reduce((sum, { entries }) => sum + entries, 0);
    if (
      !args.flag("yes") &&
      !(await confirmed(
        `Forget ${counted(reports, "report")} of ${counted(meant.length, "queue")}? No server will get them.`,
      ))
    ) {
      print(args, 0, "nothing is forgotten");
      return EXIT.ok;
    }
    const forgotten = source === "gateway" ? await askToForget(args, wish) : await forgetOnDisk(args, wish);
    const { reports: dropped, unwritten } = forgotten;
    if (unwritten === undefined) {
      print(args, dropped, `${counted(dropped, "report")} forgotten`);
      return EXIT.ok;
    }
    throw new FailureError(
      `${counted(dropped, "report")} forgotten, but the disk does not know it yet, and would bring them back after a restart: ${unwritten}`,
    );
  },
};

function print(args: Arguments, reports: number, text: string): void {
  process.stdout.write(`${args.flag("json") ? JSON.stringify({ reports }) : text}\n`);
}

/** Throws UsageError where nothing, or everything and something, is named. */
function wishOf(args: Arguments): ForgetWish {
  const [server, device] = [args.text("server"), args.text("device")];
  const named = server !== undefined || device !== undefined;
  if (named === args.flag("all")) throw new UsageError("expected --server ID, --device PREFIX, both, or --all alone");
  return {
    ...(server === undefined ? {} : { server: shortServerId(server) }),
    ...(device === undefined ? {} : { device: prefixText(device) }),
  };
}

async function askToForget(args: Arguments, wish: ForgetWish): Promise<Forgotten> {
  const body = Object.keys(wish).length === 0 ? { all: true } : wish;
  // The answer is our own program's, on a socket that only its user can open.
  return (await askGateway(args, "/v1/store/forget", { body, patience: PATIENCE })) as Forgotten;
}

/** The disk may be slow, and has to have it before it is true. */
const PATIENCE = 60_000;

/** As a gateway would: one that starts meanwhile is told that its files are in use, or we are. */
async function forgetOnDisk(args: Arguments, wish: ForgetWish): Promise<Forgotten> {
  const { directory } = await statePlace(args, HISTORY_FILE);
  try {
    const store = await openStore({ directory, log: stderrLogger });
    try {
      const history = await store.openHistory({ clock: systemClock });
      const reports = history.forgetWhere((id) => isMeant(id, wish));
      await history.flush();
      return { reports };
    } finally {
      await store.close();
    }
  } catch (error) {
    throw error instanceof StoreError ? new FailureError(error.message, { cause: error }) : error;
  }
}
