import { SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { storeReportOf } from "./store-report.ts";
import { formatStore } from "./store-stats-text.ts";

/** Needs no running gateway, but says where it asked none. */
export const storeStats: Command = {
  name: "store stats",
  summary: "Shows what waits for each server, what was dropped, and how long there is room.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    queues: { type: "boolean", help: "Lists every queue, and not the greatest of each server alone." },
    json: { type: "boolean", help: "Prints all of it as JSON." },
  },
  async run(args) {
    const report = await storeReportOf(args);
    const text = args.flag("json") ? JSON.stringify(report, undefined, 2) : formatStore(report, args.flag("queues"));
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
